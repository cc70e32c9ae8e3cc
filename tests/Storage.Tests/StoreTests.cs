using System.Data.Common;
using System.Globalization;
using System.Text;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Retention;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Storage.Tests;

/// <summary>What every database must do. Each is a subclass.</summary>
public abstract class StoreTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly CatalogKind Kind = CatalogRules.Kinds["reservations"];

    /// <summary>A catalog store on an empty database.</summary>
    protected abstract ICatalogStore Catalog { get; }

    /// <summary>A lease store on the same database.</summary>
    protected abstract ILeaseStore Leases { get; }

    /// <summary>A timeline store on the same database.</summary>
    protected abstract ITimelineStore Timelines { get; }

    /// <summary>Under test.</summary>
    protected abstract IRetentionStore Retention { get; }

    /// <summary>The query tables of the same database.</summary>
    protected abstract IMachineQueries Queries { get; }

    /// <summary>Writes @document into the row of 10.0.0.5, past what watches over it.</summary>
    protected abstract string DamageLease { get; }

    /// <summary>Reservations in the same database.</summary>
    protected abstract IReservationStore Reservations { get; }

    /// <summary>The stream of events of the same database.</summary>
    protected abstract IEventStore Events { get; }

    /// <summary>What edges keep of machines, out of the same database.</summary>
    protected abstract IMachineFeed Feed { get; }

    /// <summary>Job logs on the same database.</summary>
    protected abstract IJobLogs Logs { get; }

    /// <summary>A connection to the same database.</summary>
    protected abstract Task<DbConnection> ConnectAsync();

    /// <summary>Waits until what was written so far is behind the horizon up to which events are read.</summary>
    protected virtual Task SettledAsync() => Task.CompletedTask;

    [Fact]
    public async Task AChangedCatalogIsReadBackWithANewRevision()
    {
        var (revision, _) = await Catalog.ReadAsync(None);
        var written = await Catalog.WriteAsync(revision,
            [new CatalogChange("tasks", "t1", new TaskDefinition { Name = "t1", Description = "d" })], None);
        Assert.Equal(revision + 1, written);
        var (after, documents) = await Catalog.ReadAsync(None);
        Assert.Equal(written, after);
        Assert.Equal("d", Assert.IsType<TaskDefinition>(Assert.Single(documents)).Description);
        await Catalog.WriteAsync(after, [new CatalogChange("tasks", "t1", null)], None);
        Assert.Empty((await Catalog.ReadAsync(None)).Documents);
    }

    [Fact]
    public async Task TheSlowerOfTwoWritersChangesNothing()
    {
        var (revision, _) = await Catalog.ReadAsync(None);
        Assert.NotNull(await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "first", new TaskDefinition { Name = "first" })],
            None));
        Assert.Null(await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "second", new TaskDefinition { Name = "second" })],
            None));
        Assert.Equal(["first"], (await Catalog.ReadAsync(None)).Documents.Select(d => d.Key));
    }

    /// <summary>
    /// Silos of the version before write reservations as any document: their rows are found by address, token and change all the same.
    /// </summary>
    [Fact]
    public async Task AReservationIsFoundByItsIndexes()
    {
        var first = await WriteAsync(
            Reserved("10.0.0.5", 1), Reserved("10.0.0.200", 2) with { Scoped = true, Subnet = "net" },
            Reserved("10.1.0.5", 1) with { Options = [new DhcpOptionSetting(3, "10.1.0.1")], Subnet = "net" });
        Assert.Equal(Mac(1), (await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Token);
        Assert.Null(await Reservations.FindAsync(IPv4.Parse("10.0.0.6"), None));
        var found = await Reservations.FindManyAsync([IPv4.Parse("10.0.0.200")], [Mac(1), Mac(9)], None);
        Assert.Equal(["10.0.0.200", "10.0.0.5", "10.1.0.5"], found.Select(r => r.Addr).Order(StringComparer.Ordinal));
        Assert.Equal("10.0.0.200", Assert.Single((await Reservations.PageAsync(
            Kind.References.Single().UsersOf(Kind.Fields, "net") with { Limit = 1 }, None)).Rows).Addr);
        Assert.Equal(3, await Reservations.CountAsync(None));
        Assert.Equal("10.1.0.1", (await Reservations.FindAsync(IPv4.Parse("10.1.0.5"), None))!.Options[0].Value);
        Assert.Empty((await Catalog.ReadAsync(None)).Documents);
        Assert.Empty((await Catalog.ChangesSinceAsync(first - 1, None)).Written);
        Assert.Equal((first, first),
            (await Catalog.RevisionAsync(None), (await Reservations.ReadAsync(IPv4.Parse("10.0.0.5"), None))!.Revision));
        Assert.Null(await Reservations.ReadAsync(1, None));
    }

    [Fact]
    public async Task ReservationsAreListedByTheListLanguage()
    {
        await WriteAsync(Reserved("10.0.0.5", 1), Reserved("10.0.0.200", 2) with { Scoped = true, Subnet = "net" },
            Reserved("10.1.0.5", 1));
        var fields = CatalogFields.Tables["reservations"];
        var first = await Reservations.PageAsync(new ListQuery(fields) { Limit = 2 }, None);
        Assert.Equal((3L, "10.0.0.5 10.0.0.200"), (first.Total, string.Join(' ', first.Rows.Select(r => r.Addr))));
        Assert.NotNull(first.Next);
        var rest = await Reservations.PageAsync(new ListQuery(fields) { Limit = 2 }.From(Json.Element(first.Rows[1])), None);
        Assert.Equal(("10.1.0.5", null), (Assert.Single(rest.Rows).Addr, rest.Next));
        var own = await Reservations.PageAsync(ListQuery.Where(fields, "Token", Mac(1)) with { Offset = 1, Limit = 5 }, None);
        Assert.Equal((2L, "10.1.0.5"), (own.Filtered, Assert.Single(own.Rows).Addr));
        Assert.Equal("10.0.0.200",
            Assert.Single((await Reservations.PageAsync(ListQuery.Where(fields, "Subnet", "net"), None)).Rows).Addr);
        Assert.Equal("10.1.0.5",
            Assert.Single((await Reservations.PageAsync(ListQuery.Where(fields, "Addr", "10.1.0.5"), None)).Rows).Addr);
    }

    [Fact]
    public async Task ChangesOfReservationsAreReadSinceARevision()
    {
        var network = new Cidr(IPv4.Parse("10.0.0.0"), 24);
        var empty = await Reservations.ChangesAsync(network, 0, None);
        Assert.Equal((await Catalog.RevisionAsync(None), 0, 0), (empty.Revision, empty.Set.Count, empty.Gone.Count));
        var first = await WriteAsync(Reserved("10.0.0.0", 1), Reserved("10.0.0.255", 2), Reserved("10.0.1.0", 3));
        Assert.Equal(2, (await Reservations.ChangesAsync(network, empty.Revision, None)).Set.Count);
        CatalogChange[] both = [new("reservations", "0A000000", null), new("reservations", "0A0000FF", Reserved("10.0.0.255", 9))];
        var second = await Catalog.WriteAsync(first, both, None);
        Assert.Empty((await Catalog.ChangesSinceAsync(first, None)).Removed);
        var changes = await Reservations.ChangesAsync(network, first, None);
        Assert.Equal((second, Mac(9), IPv4.Parse("10.0.0.0")),
            (changes.Revision, Assert.Single(changes.Set).Token, Assert.Single(changes.Gone)));
        await WriteAsync(Reserved("10.0.0.0", 4));
        changes = await Reservations.ChangesAsync(network, first, None);
        Assert.Equal((2, 0), (changes.Set.Count, changes.Gone.Count));
        Assert.Empty((await Reservations.ChangesAsync(network, changes.Revision, None)).Set);
    }

    /// <summary>
    /// InfiniBand addresses of 20 octets that a silo of the version before stored are found by their ports, and so read; of two machines
    /// with one port the database keeps both.
    /// </summary>
    [Fact]
    public async Task AddressesOfInfiniBandAreFoundByTheirPorts()
    {
        const string Long = "80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:2c:b9:81";
        const string Other = "80:00:00:49:fe:80:00:00:00:00:00:00:f4:52:14:03:00:2c:b9:82";
        const string Identifier = "00:61:62:63:64:65:66:67:68:69:6a:6b:6c:6d:6e:6f:70:71:72:73";
        await StoreAsync(1, "a", Long);
        await StoreAsync(2, "b", Other);
        await StoreAsync(3, "c", Other[36..]);
        await using (var connection = await ConnectAsync())
        {
            await RunAsync(connection, "INSERT INTO document (prefix, key, body) VALUES "
                + $$"""('reservations', '0A000005', '{"Addr":"10.0.0.5","Token":"{{Long}}","Strategy":"MAC","Available":true}'), """
                + $$"""('reservations', '0A000006', '{"Addr":"10.0.0.6","Token":"{{Identifier}}","Strategy":"MAC","Available":true}'), """
                + "('reservations', '0A000007', '{broken')");
            await RunAsync(connection, Script("infiniband-ports"));
        }

        Assert.Equal(MachineRows.Id(1), await Queries.UuidOfMacAsync(Long[36..], None));
        Assert.Equal(MachineRows.Id(3), await Queries.UuidOfMacAsync(Other[36..], None));
        Assert.Equal([Long[36..]], (await Queries.FindAsync(MachineRows.Id(1), None))!.HardwareAddrs);
        Assert.Equal([Other[36..]], (await Queries.FindAsync(MachineRows.Id(2), None))!.HardwareAddrs);
        Assert.Equal(Long[36..], Assert.Single(await Reservations.FindManyAsync([], [Long[36..]], None)).Token);
        Assert.Equal(Identifier, Assert.Single(await Reservations.FindManyAsync([], [Identifier], None)).Token);
        foreach (var text in new[] { Long, Long[36..], Long.Replace(":", "", StringComparison.Ordinal) })
        {
            var by = ListQuery.Where(CatalogFields.Tables["reservations"], "Token", text);
            Assert.Equal("10.0.0.5", Assert.Single((await Reservations.PageAsync(by, None)).Rows).Addr);
        }

        Task StoreAsync(int number, string name, string card) => StoreTextAsync(
            $$$"""{"Machine":{"Uuid":"{{{MachineRows.Id(number)}}}","Name":"{{{name}}}","HardwareAddrs":["{{{card}}}"]}}""",
            "m-" + MachineRows.Id(number));

        string Script(string name)
        {
            var assembly = typeof(Database).Assembly;
            var folder = this is SqliteStoreTests ? ".Sqlite." : ".Postgres.";
            using var reader = new StreamReader(assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(n =>
                n.Contains(folder, StringComparison.Ordinal) && n.EndsWith($"-{name}.sql", StringComparison.Ordinal)))!);
            return reader.ReadToEnd();
        }

        static async Task RunAsync(DbConnection connection, string sql)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>A row that is handed on as it is stored is what reading and writing it gives, octet by octet.</summary>
    [Fact]
    public async Task WhatIsHandedOnIsWhatWouldBeWritten()
    {
        var machine = Machine(1) with
        {
            Description = "quotes \" and \\, <tags>, umlauts \u00e4\u00f6, \u2028, an emoji \U0001f600 and a\ttab",
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["color"] = "blue" },
            Params = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal)
            {
                ["a/b"] = Json.Element(new { Deep = new object[] { 1, 1.5, "x", null!, true } }),
                ["secret"] = Json.Element("s"),
            },
            HardwareAddrs = ["02:00:00:00:00:01"],
            Errors = ["one"],
            Boot = new MachineBoot
            {
                Phase = Phase.Working,
                Since = DateTimeOffset.UnixEpoch.AddTicks(1_234_500),
                Reason = "r",
                Doubt = "d",
            },
        };
        await StoreAsync(new MachineState { Machine = machine });
        var long20 = "80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:2c:b9:81";
        await StoreTextAsync(Json.Write(new MachineState { Machine = Machine(2) with { HardwareAddrs = ["02:00:00:00:00:02"] } })
            .Replace("02:00:00:00:00:02", long20, StringComparison.Ordinal), "m-" + MachineRows.Id(2));
        await StoreTextAsync($$$"""{"Machine":{"Uuid":"{{{MachineRows.Id(3)}}}","Name":"old","Address":7}}""", "m-" + MachineRows.Id(3));
        var rows = (await Queries.StoredAsync(new ListQuery(MachineFields.Table), None)).Rows;
        Assert.Equal(3, rows.Count);
        Assert.All(rows, r => Assert.Equal(Json.Write(r.Read()), r.AsWritten(_ => false) ?? Json.Write(r.Read())));
        var first = rows.Single(r => r.Read().Uuid == machine.Uuid);
        // PostgreSQL keeps members in an order of its own.
        Assert.Equal(this is SqliteStoreTests, first.AsWritten(_ => false) is not null);
        Assert.Null(first.AsWritten(name => name == "secret"));
        Assert.All(rows.Where(r => r != first), r => Assert.Null(r.AsWritten(_ => false)));
    }

    /// <summary>One damaged row is unavailable and says why; the others are read as ever.</summary>
    [Theory]
    [InlineData("{broken")]
    [InlineData("[]")]
    [InlineData("{\"Addr\":\"10.0.0.5\",\"Options\":[null]}")]
    [InlineData("{\"Addr\":\"10.0.0.5\",\"Token\":{\"a\":1}}")]
    public async Task ADamagedReservationHarmsNoOther(string body)
    {
        await WriteAsync(Reserved("10.0.0.5", 1), Reserved("10.0.0.6", 2));
        var everything = new ListQuery(CatalogFields.Tables["reservations"]);
        await using (var connection = await ConnectAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE document SET body = @body WHERE key = '0A000005'";
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("body", body);
            command.Parameters.Add(parameter);
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        var network = new Cidr(IPv4.Parse("10.0.0.0"), 24);
        foreach (var all in new[] { (await Reservations.PageAsync(everything, None)).Rows,
            (await Reservations.ChangesAsync(network, 0, None)).Set })
        {
            var damaged = all.Single(r => !r.Available);
            Assert.Equal(("0A000005", "10.0.0.6"), (damaged.Key, all.Single(r => r.Available).Addr));
            Assert.StartsWith("the stored object is damaged", Assert.Single(damaged.Errors), StringComparison.Ordinal);
        }

        // A page's place is found again, and so is a row by a regular expression, whatever the row has become.
        var first = await Reservations.PageAsync(everything with { Limit = 1 }, None);
        Assert.Equal("10.0.0.6",
            Assert.Single((await Reservations.PageAsync(everything.From(Json.Element(first.Rows[0])), None)).Rows).Addr);
        var pattern = new ListCondition(everything.Fields["Addr"], [new ListTest(ListFunction.Re, [], ListPattern.Parse("."))]);
        Assert.Contains((await Reservations.PageAsync(everything with { Conditions = [pattern] }, None)).Rows, r => !r.Available);
        Assert.False((await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Available);
        await WriteAsync(Reserved("10.0.0.5", 1));
        Assert.True((await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Available);
    }

    [Fact]
    public async Task WhatChangedSinceARevisionIsReadWithoutTheRest()
    {
        static Profile Named(string name) => new() { Name = name };
        var (start, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(start,
            [new CatalogChange("profiles", "p1", Named("p1")), new CatalogChange("profiles", "p2", Named("p2"))], None);
        await Catalog.WriteAsync(start + 1,
            [new CatalogChange("profiles", "p1", Named("p1") with { Description = "new" }), new CatalogChange("profiles", "p2", null)],
            None);
        await Catalog.WriteAsync(start + 2, [new CatalogChange("profiles", "p3", Named("p3"))], None);
        var delta = await Catalog.ChangesSinceAsync(start + 1, None);
        Assert.Equal((start + 3, false), (delta.Revision, delta.IsWhole));
        Assert.Equal([("p1", start + 2), ("p3", start + 3)], delta.Written.Select(e => (e.Key.Key, e.Revision)).Order());
        Assert.Equal([new DocumentKey("profiles", "p2")], delta.Removed);
        var none = await Catalog.ChangesSinceAsync(start + 3, None);
        Assert.Equal((start + 3, 0, 0, false), (none.Revision, none.Written.Count, none.Removed.Count, none.IsWhole));
        await Catalog.WriteAsync(start + 3, [new CatalogChange("profiles", "p2", Named("p2"))], None);
        Assert.Empty((await Catalog.ChangesSinceAsync(start + 1, None)).Removed);
        foreach (var unknown in new[] { -1, start + 90 })
        {
            var whole = await Catalog.ChangesSinceAsync(unknown, None);
            Assert.Equal((true, 3, 0), (whole.IsWhole, whole.Written.Count, whole.Removed.Count));
        }
    }

    [Fact]
    public async Task AReaderThatIsOlderThanWhatIsRememberedOfDeletionsReadsEverything()
    {
        var (start, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(start,
            [new CatalogChange("tasks", "gone", new TaskDefinition { Name = "gone" }),
                new CatalogChange("tasks", "kept", new TaskDefinition { Name = "kept" })], None);
        await Catalog.WriteAsync(start + 1, [new CatalogChange("tasks", "gone", null)], None);
        await ExecuteAsync("UPDATE catalog_revision SET revision = revision + 20000");
        await Catalog.WriteAsync(start + 20002, [new CatalogChange("tasks", "late", new TaskDefinition { Name = "late" })], None);
        await Catalog.WriteAsync(start + 20003, [new CatalogChange("tasks", "late", null)], None);
        Assert.True((await Catalog.ChangesSinceAsync(start + 1, None)).IsWhole);
        var near = await Catalog.ChangesSinceAsync(start + 20002, None);
        Assert.Equal((false, "late"), (near.IsWhole, Assert.Single(near.Removed).Key));
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM document_gone"));
    }

    [Fact]
    public async Task WhatAVersionBeforeWritesIsStampedAsWell()
    {
        var (start, _) = await Catalog.ReadAsync(None);
        // The statements of the version that did not know the column.
        await ExecuteAsync("UPDATE catalog_revision SET revision = revision + 1");
        await ExecuteAsync(
            "INSERT INTO document (prefix, key, body) VALUES ('profiles', 'older', '{\"Name\":\"older\"}') ON CONFLICT (prefix, key) DO "
                + "UPDATE SET body = excluded.body");
        Assert.Equal(start + 1, Assert.Single((await Catalog.ChangesSinceAsync(start, None)).Written).Revision);
        await ExecuteAsync("UPDATE catalog_revision SET revision = revision + 1");
        await ExecuteAsync(
            "INSERT INTO document (prefix, key, body) VALUES ('profiles', 'older', '{\"Name\":\"older\"}') ON CONFLICT (prefix, key) DO "
                + "UPDATE SET body = excluded.body");
        Assert.Equal(start + 2, Assert.Single((await Catalog.ChangesSinceAsync(start + 1, None)).Written).Revision);
        await ExecuteAsync("UPDATE catalog_revision SET revision = revision + 1");
        await ExecuteAsync("DELETE FROM document WHERE prefix = 'profiles' AND key = 'older'");
        Assert.Equal("older", Assert.Single((await Catalog.ChangesSinceAsync(start + 2, None)).Removed).Key);
    }

    [Theory]
    [InlineData("stages", "{")]
    [InlineData("stages", "null")]
    [InlineData("stages", "[]")]
    [InlineData("stages", "{\"Name\":\"bad\",\"Tasks\":[null]}")]
    [InlineData("stages", "{\"Name\":\"bad\",\"Tasks\":5}")]
    [InlineData("stages", "{\"Name\":\"another\"}")]
    [InlineData("prefs", "{\"Name\":\"bad\",\"Val\":{}}")]
    public async Task ARowThatCannotBeReadComesWithTheReasonAndTheOthersAreRead(string prefix, string body)
    {
        var (start, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(start,
            [new CatalogChange("profiles", "good", new Profile { Name = "good" }),
                new CatalogChange(prefix, "bad", CatalogRules.Stored[prefix].Empty("bad"))], None);
        await ExecuteAsync($"UPDATE document SET body = '{body}' WHERE key = 'bad'");
        var all = await Catalog.ChangesSinceAsync(-1, None);
        Assert.Equal("", all.Written.Single(e => e.Key.Key == "good").Fault);
        var bad = all.Written.Single(e => e.Key == new DocumentKey(prefix, "bad"));
        Assert.StartsWith("The stored object cannot be read: ", bad.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", bad.Fault, StringComparison.Ordinal);
        var catalog = CatalogSnapshot.Of([]).With(all);
        Assert.False(catalog.OfKind(prefix)["bad"].Available);
        Assert.NotNull(await Catalog.WriteAsync(all.Revision, [new CatalogChange(prefix, "bad", null)], None));
        Assert.Equal([new DocumentKey(prefix, "bad")], (await Catalog.ChangesSinceAsync(all.Revision, None)).Removed);
    }

    [Fact]
    public async Task ARowOfAKindThatIsNotKnownIsLeftOut()
    {
        await ExecuteAsync("INSERT INTO document (prefix, key, body) VALUES ('racks', 'r1', '{}')");
        Assert.Empty((await Catalog.ChangesSinceAsync(-1, None)).Written);
    }

    [Fact]
    public async Task AnEventSaysWhoDidItInAFieldOfItsOwn()
    {
        await SettledAsync();
        var place = await Events.EndAsync(None);
        var (start, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(start, [new CatalogChange("tasks", "t", new TaskDefinition { Name = "t" })], "rugby fan", None);
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(1),
                Events = [new MachineEvent(DateTimeOffset.UtcNow, "machines", "create", "m1", "by x") { Principal = "rugby fan" }]
            });
        // The version before writes no such field.
        await StoreTextAsync(
            """
            {"Machine":null,"Events":[{"Time":"2026-01-01T00:00:00Z","Type":"machines","Action":"delete","Key":"m2",
            "Detail":"by y"}]}
            """, "m-2");
        await SettledAsync();
        Assert.Equal([("t", "rugby fan"), ("m1", "rugby fan"), ("m2", "")],
            (await Events.ReadAsync(place, 10, None)).Select(e => (e.Key, e.Principal)));
    }

    [Fact]
    public async Task AnOlderEpochCannotWriteLeases()
    {
        var (old, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", old, [Lease("10.0.0.1")], None);
        var (current, found) = await Leases.OpenAsync("net", None);
        Assert.Equal("10.0.0.1", Assert.Single(found).Addr);
        await Assert.ThrowsAsync<StaleEpochException>(() => Leases.WriteAsync("net", old, [Lease("10.0.0.2")], None));
        await Assert.ThrowsAsync<StaleEpochException>(
            () => Leases.DeleteAsync("net", old, IPv4.Parse("10.0.0.1"), Gone("0A000001"), None));
        await Leases.WriteAsync("net", current, [Lease("10.0.0.3")], None);
        Assert.Equal(["10.0.0.1", "10.0.0.3"],
            (await Leases.PageAsync(new ListQuery(CatalogFields.Leases), None)).Rows.Select(l => l.Addr));
    }

    [Fact]
    public async Task LeasesAreListedByTheListLanguageInTheOrderOfTheirAddresses()
    {
        var (one, _) = await Leases.OpenAsync("one", None);
        var (two, _) = await Leases.OpenAsync("two", None);
        await Leases.WriteAsync("one", one,
            [Lease("10.0.0.200"), Lease("10.0.0.9") with { Token = Mac(9) }, Lease("9.0.0.1") with { State = "OFFER" }], None);
        await Leases.WriteAsync("two", two, [Lease("10.0.0.30"), Lease("200.0.0.1")], None);
        var all = new ListQuery(CatalogFields.Leases);
        Assert.Equal(["9.0.0.1", "10.0.0.9", "10.0.0.30", "10.0.0.200", "200.0.0.1"], await AddressesAsync(all));
        Assert.Equal(["10.0.0.30", "10.0.0.200"], await AddressesAsync(all with { Offset = 2, Limit = 2 }));
        Assert.Equal(["10.0.0.9", "9.0.0.1"], await AddressesAsync(all with { Reverse = true, Offset = 3 }));
        Assert.Equal(["10.0.0.9"], await AddressesAsync(ListQuery.Where(all.Fields, "Token", Mac(9).ToUpperInvariant())));
        Assert.Equal(["9.0.0.1"], await AddressesAsync(ListQuery.Where(all.Fields, "State", "OFFER")));
        Assert.Equal(["10.0.0.30"], await AddressesAsync(ListQuery.Where(all.Fields, "Addr", "10.0.0.30")));
        Assert.Empty(await AddressesAsync(ListQuery.Where(all.Fields, "Addr", "10.0.0.31")));
        Assert.Equal(["9.0.0.1", "200.0.0.1"], await AddressesAsync(all with
        {
            Conditions = [new ListCondition(all.Fields["Addr"], [new ListTest(ListFunction.Re, [], ListPattern.Parse("0.0.1$"))])],
        }));

        var first = await Leases.PageAsync(all with { Limit = 2 }, None);
        Assert.Equal((5, 5, true), (first.Total, first.Filtered, first.Next is not null));
        var rest = await Leases.PageAsync((all with { Limit = 9 }).From(Json.Element(first.Rows[1])), None);
        Assert.Equal(["10.0.0.30", "10.0.0.200", "200.0.0.1"], rest.Rows.Select(l => l.Addr));
        Assert.Null(rest.Next);
        var counted = await Leases.PageAsync(ListQuery.Where(all.Fields, "State", "OFFER") with { Limit = 0 }, None);
        Assert.Equal((0, 5, 1), (counted.Rows.Count, counted.Total, counted.Filtered));

        async Task<IEnumerable<string>> AddressesAsync(ListQuery query)
            => (await Leases.PageAsync(query, None)).Rows.Select(l => l.Addr);
    }

    /// <summary>Its subnet opens, its address is given to nobody, lists show it and why, and it can be deleted.</summary>
    [Theory]
    [InlineData("{broken")]
    [InlineData("[]")]
    [InlineData("{\"Addr\":\"10.0.0.5\",\"State\":\"ACK\",\"Options\":[null]}")]
    [InlineData("{\"Addr\":\"10.0.0.5\",\"State\":\"ACK\",\"Token\":{\"a\":1}}")]
    [InlineData("{\"Addr\":\"10.0.0.5\",\"State\":\"HELD\"}")]
    [InlineData("{\"Addr\":\"10.0.0.4\",\"State\":\"ACK\"}")]
    public async Task ADamagedLeaseHarmsNoOther(string document)
    {
        var (epoch, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", epoch, [Lease("10.0.0.4"), Lease("10.0.0.5"), Lease("10.0.0.6")], None);
        await using (var connection = await ConnectAsync())
        {
            await using var command = connection.CreateCommand();
            // The history reads what it is given, so that only a row that went bad by itself is like this.
            command.CommandText = DamageLease;
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("document", document);
            command.Parameters.Add(parameter);
            await command.ExecuteNonQueryAsync();
        }

        var all = new ListQuery(CatalogFields.Leases);
        (epoch, var opened) = await Leases.OpenAsync("net", None);
        foreach (var read in new[] { opened, (await Leases.PageAsync(all, None)).Rows })
        {
            Assert.Equal(["10.0.0.4", "10.0.0.6"], read.Where(l => l.Available).Select(l => l.Addr).Order());
            var damaged = read.Single(l => !l.Available);
            Assert.Equal(("10.0.0.5", "INVALID", ""), (damaged.Addr, damaged.State, damaged.Token));
            Assert.True(damaged.IsLive(TimeProvider.System.GetUtcNow()));
            Assert.Contains("damaged", Assert.Single(damaged.Errors), StringComparison.Ordinal);
        }

        var first = await Leases.PageAsync(all with { Limit = 2 }, None);
        Assert.Equal("10.0.0.6", Assert.Single((await Leases.PageAsync(all.From(Json.Element(first.Rows[1])), None)).Rows).Addr);
        Assert.Single((await Leases.PageAsync(ListQuery.Where(all.Fields, "Addr", "10.0.0.5"), None)).Rows);
        Assert.False((await Leases.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Available);
        await Leases.DeleteAsync("net", epoch, IPv4.Parse("10.0.0.5"), Gone("0A000005"), None);
        Assert.Equal(2, (await Leases.PageAsync(all, None)).Total);
    }

    [Fact]
    public async Task SubnetsHaveEpochsOfTheirOwn()
    {
        var (first, _) = await Leases.OpenAsync("one", None);
        await Leases.OpenAsync("two", None);
        await Leases.WriteAsync("one", first, [Lease("10.0.0.1")], None);
        Assert.Empty((await Leases.OpenAsync("two", None)).Leases);
    }

    [Fact]
    public async Task ATimelineIsReadByMachineAndByMac()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        TimelineEntry Entry(int second, string machine, string mac, string what)
            => new(start.AddSeconds(second), machine, mac, "dhcp", what, "ok", "");
        await Timelines.AppendAsync([Entry(2, "u1", "", "b"), Entry(1, "", "m1", "a"), Entry(3, "u2", "m2", "other")], None);
        Assert.Equal(["a", "b"], (await Timelines.ReadAsync("u1", ["m1"], 10, None)).Select(e => e.What));
        Assert.Equal(["other"], (await Timelines.ReadAsync("", ["m2"], 10, None)).Select(e => e.What));
    }

    [Fact]
    public async Task OfSeveralStatesOfOneAddressInABatchTheLastCounts()
    {
        var (epoch, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", epoch, [Lease("10.0.0.1") with { State = "OFFER" }, Lease("10.0.0.1")], None);
        Assert.Equal("ACK", (await Leases.FindAsync(IPv4.Parse("10.0.0.1"), None))!.State);
        Assert.Null(await Leases.FindAsync(IPv4.Parse("10.0.0.2"), None));
    }

    /// <summary>Whatever else a card has had, and in whichever subnet: what has ended hides nothing, and is not found.</summary>
    [Fact]
    public async Task TheLiveLeasesOfCardsAreFoundAmongAllThatTheyHaveHad()
    {
        const string Card = "02:00:00:00:00:99";
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Lease Of(string address, string state, int seconds, string token = Card)
            => Lease(address) with { Token = token, State = state, ExpireTime = now.AddSeconds(seconds) };
        var (epoch, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", epoch,
            [
                .. Enumerable.Range(1, 40).Select(n => Of($"10.0.0.{n}", "EXPIRED", 600)),
                .. Enumerable.Range(41, 20).Select(n => Of($"10.0.0.{n}", "OFFER", 600)),
                Of("10.0.0.98", "ACK", -1), Of("10.0.0.99", "ACK", 600), Of("10.0.0.100", "ACK", 600, "02:00:00:00:00:98"),
            ], None);
        (epoch, _) = await Leases.OpenAsync("other", None);
        await Leases.WriteAsync("other", epoch, [Of("10.1.0.7", "ACK", 600), Of("10.1.0.8", "FAKE", 600)], None);
        Assert.Equal(["10.0.0.99", "10.1.0.7"],
            (await Leases.LiveOfAsync([Card, "02:00:00:00:00:97"], now, None)).Select(l => l.Addr).Order(StringComparer.Ordinal));
        Assert.Empty(await Leases.LiveOfAsync([], now, None));
        (epoch, _) = await Leases.OpenAsync("net", None);
        await Leases.DeleteAsync("net", epoch, IPv4.Parse("10.0.0.99"), told: null, None);
        Assert.Equal("10.1.0.7", Assert.Single(await Leases.LiveOfAsync([Card], now, None)).Addr);
    }

    /// <summary>Who writes all day has a share; others' lines, and those of MAC addresses, stay.</summary>
    [Fact]
    public async Task OneMachineHasAShareOfAllLines()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        IEnumerable<TimelineEntry> Lines(string machine, int number) => Enumerable.Range(0, number)
            .Select(n => new TimelineEntry(start.AddSeconds(n), machine, machine.Length == 0 ? "m" : "", "http", $"{n}", "404", ""));
        await Timelines.AppendAsync([.. Lines("loud", 2600), .. Lines("", 100), .. Lines("still", 50), .. Lines("full", 60)], None);
        Assert.Equal(2540, await Retention.TrimSharesAsync(60, None));
        Assert.Equal(0, await Retention.TrimSharesAsync(60, None));
        foreach (var (machine, number) in new[] { ("loud", 60), ("still", 50), ("full", 60) })
            Assert.Equal(number, (await Timelines.ReadAsync(machine, [], 5000, None)).Count);
        Assert.Equal(100, (await Timelines.ReadAsync("", ["m"], 5000, None)).Count);
        Assert.Equal("2540", (await Timelines.ReadAsync("loud", [], 5000, None))[0].What);
        Assert.Equal((2540, null), ((await Retention.OfMachineAsync("loud", None))!.Rows, await Retention.OfMachineAsync("full", None)));
    }

    [Fact]
    public async Task AnEpochTakenWhileOthersWriteComesWhollyBeforeOrAfterEachWrite()
    {
        // Each writer counts what it was told is durable; the last to open must find all of that.
        var durable = 0;
        async Task WriteAsync(int writer)
        {
            var (epoch, _) = await Leases.OpenAsync("net", None);
            for (var i = 0; i < 20; i++)
            {
                try
                {
                    await Leases.WriteAsync("net", epoch, [Lease($"10.0.{writer}.{i}")], None);
                }
                catch (StaleEpochException)
                {
                    return;
                }

                Interlocked.Increment(ref durable);
            }
        }

        await Task.WhenAll(Enumerable.Range(1, 8).Select(w => Task.Run(() => WriteAsync(w))));
        Assert.Equal(durable, (await Leases.OpenAsync("net", None)).Leases.Count);
        Assert.True(durable >= 20, $"only {durable} writes came through");
    }

    [Fact]
    public async Task TheHistoryOfAnAddressHasARowForEachHold()
    {
        var (epoch, _) = await Leases.OpenAsync("net", None);
        var later = DateTimeOffset.UtcNow.AddHours(1);
        var first = Lease("10.0.0.1") with { ExpireTime = later };
        Task Write(Lease lease) => Leases.WriteAsync("net", epoch, [lease], None);
        await Write(first with { State = "OFFER" });
        await Write(first);
        await Write(first with { ExpireTime = later.AddHours(1) });
        await Write(first with { State = "EXPIRED", ExpireTime = DateTimeOffset.UtcNow });
        await Write(first with { Token = "02:00:00:00:00:02" });
        var holds = await Leases.HistoryAsync(IPv4.Parse("10.0.0.1"), None);
        Assert.Equal(["02:00:00:00:00:01", "02:00:00:00:00:02"], holds.Select(h => h.Token));
        Assert.NotNull(holds[0].Ended);
        Assert.Equal(later.AddHours(1), holds[0].Expires, TimeSpan.FromSeconds(1));
        Assert.InRange(holds[0].Ended!.Value, holds[0].Since, holds[1].Since);
        Assert.Null(holds[1].Ended);
        await Leases.DeleteAsync("net", epoch, IPv4.Parse("10.0.0.1"), Gone("0A000001"), None);
        Assert.All(await Leases.HistoryAsync(null, None), h => Assert.NotNull(h.Ended));
    }

    [Fact]
    public async Task AHoldThatRanOutEndsWhenItRanOut()
    {
        var (epoch, _) = await Leases.OpenAsync("net", None);
        var past = DateTimeOffset.UtcNow.AddMinutes(-1);
        await Leases.WriteAsync("net", epoch, [Lease("10.0.0.1") with { ExpireTime = past }], None);
        await Leases.WriteAsync("net", epoch, [Lease("10.0.0.1") with { ExpireTime = DateTimeOffset.UtcNow.AddHours(1) }], None);
        var holds = await Leases.HistoryAsync(null, None);
        Assert.Equal(2, holds.Count);
        Assert.Equal(past, holds[0].Ended!.Value, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task AJobsLogIsAppendedReadAndDeleted()
    {
        var job = Guid.NewGuid();
        foreach (var text in new[] { "one ", "two" })
            Assert.Equal(LogAppend.Whole, await Logs.AppendAsync(job, new MemoryStream(Encoding.UTF8.GetBytes(text)), None));
        async Task<string> ReadAsync()
        {
            using var target = new MemoryStream();
            await Logs.CopyToAsync(job, target, None);
            return Encoding.UTF8.GetString(target.ToArray());
        }

        Assert.Equal("one two", await ReadAsync());
        await Logs.DeleteAsync(job, None);
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task AJobsLogHasAnEnd()
    {
        using var endless = new MemoryStream(new byte[IJobLogs.MostBytes + 1]);
        Assert.Equal(LogAppend.Full, await Logs.AppendAsync(Guid.NewGuid(), endless, None));
    }

    [Fact]
    public async Task AJobsLogHasAnEndHoweverManyWriteIt()
    {
        const int Writers = 3;
        var job = Guid.NewGuid();
        var half = new byte[IJobLogs.MostBytes / 2];
        var taken = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            using var content = new MemoryStream(half);
            return await Logs.AppendAsync(job, content, None);
        })));
        Assert.Contains(LogAppend.Full, taken);
        var log = (await Logs.ListAsync(None)).Single(l => l.Job == job);
        // Nothing that was taken is lost, by who writes beside it.
        Assert.InRange(log.Octets, IJobLogs.MostBytes - (Writers << 16), IJobLogs.MostBytes);
    }

    [Fact]
    public async Task AMachinesRowIsKeptByTheStatementThatStoresItsState()
    {
        var machine = Machine(1) with { HardwareAddrs = ["02:00:00:00:00:01", "02:00:00:00:00:02"] };
        await StoreAsync(
            new MachineState { Machine = machine, ChangedJobs = [new Job { Uuid = "j1", Machine = machine.Uuid, Task = "t" }] });
        Assert.Equal(machine.Uuid, await Queries.UuidOfMacAsync("02:00:00:00:00:02", None));
        Assert.InRange(await Queries.OctetsOfAsync(machine.Uuid, None), 100, 10_000);
        Assert.Equal(0, await Queries.OctetsOfAsync("none", None));
        Assert.Equal("t", (await Queries.FindJobAsync("j1", None))!.Task);
        await StoreAsync(new MachineState { Machine = machine with { Name = "renamed", HardwareAddrs = ["02:00:00:00:00:02"] } });
        Assert.Null(await Queries.UuidOfMacAsync("02:00:00:00:00:01", None));
        Assert.Equal(machine.Uuid, await Queries.UuidOfNameAsync("renamed", None));
        Assert.Equal(default, await Queries.CountUnapprovedAsync("", None));
        await StoreAsync(new MachineState { Machine = machine with { Boot = new MachineBoot { Admission = MachineBoot.Pending } } });
        Assert.Equal(new UnapprovedCount(1, 1, 0, 0), await Queries.CountUnapprovedAsync("", None));
        Assert.Equal(new UnapprovedCount(1, 0, 0, 0), await Queries.CountUnapprovedAsync("net", None));
        await StoreAsync(new MachineState
        {
            Machine = machine with { Boot = new MachineBoot { Admission = MachineBoot.Pending, Doubt = "d", RegisteredIn = "net" } },
        });
        Assert.Equal(new UnapprovedCount(1, 1, 1, 1), await Queries.CountUnapprovedAsync("net", None));
        Assert.Equal(new UnapprovedCount(1, 0, 1, 0), await Queries.CountUnapprovedAsync("", None));
        // It has a job.
        Assert.Empty(await Queries.UnapprovedAsync("", 10, None));
        await StoreAsync(new MachineState(), machine.Uuid);
        Assert.Equal((0L, null), (await Queries.CountAsync(None), await Queries.UuidOfMacAsync("02:00:00:00:00:02", None)));
        Assert.NotNull(await Queries.FindJobAsync("j1", None));
    }

    /// <summary>The next job's write says of the last one that it is no longer the current one.</summary>
    [Fact]
    public async Task ADeletedJobDoesNotComeBackWithTheNextOne()
    {
        var machine = Machine(1);
        Job Of(string uuid, bool current = true) => new() { Uuid = uuid, Machine = machine.Uuid, Task = "t", Current = current };
        await StoreAsync(new MachineState { Machine = machine, Job = Of("j1"), ChangedJobs = [Of("j1")] });
        await StoreAsync(new MachineState { Machine = machine, Job = Of("j2"), ChangedJobs = [Of("j1", current: false), Of("j2")] });
        Assert.Equal((false, true),
            ((await Queries.FindJobAsync("j1", None))!.Current, (await Queries.FindJobAsync("j2", None))!.Current));
        var told = Gone("j2") with { Type = "jobs" };
        var end = await Events.EndAsync(None);
        // What stands in the way is asked of the row as it is then, and nothing is told of what did not happen.
        Assert.Equal(422, (await Queries.DeleteJobAsync("j2", j => ApiError.Invalid("jobs", j.Uuid, "not yet"), told, None))!.Code);
        Assert.NotNull(await Queries.FindJobAsync("j2", None));
        Assert.Null(await Queries.DeleteJobAsync("j2", j => j.Uuid == "j2" ? null : ApiError.NotFound("jobs", "j2"), told, None));
        Assert.Equal(404, (await Queries.DeleteJobAsync("j2", _ => null, told, None))!.Code);
        await SettledAsync();
        var happened = Assert.Single(await Events.ReadAsync(end, 100, None));
        Assert.Equal(("jobs", "delete", "j2", "ann of net", told.Time),
            (happened.Type, happened.Action, happened.Key, happened.Principal, happened.Time));
        await StoreAsync(new MachineState { Machine = machine, Job = Of("j3"), ChangedJobs = [Of("j2", current: false), Of("j3")] });
        Assert.Null(await Queries.FindJobAsync("j2", None));
        Assert.NotNull(await Queries.FindJobAsync("j3", None));
    }

    [Fact]
    public async Task EdgesReadWhatTheyKeepOfMachinesAndWhatChanges()
    {
        await SettledAsync();
        var start = await Feed.EndAsync(None);
        Assert.Empty(await Feed.PageAsync("", 10, None));
        var machines = Enumerable.Range(1, 5).Select(i => Machine(i) with
        {
            HardwareAddrs = [$"02:00:00:00:00:{i:x2}"],
            Stage = "s",
            Boot = new MachineBoot { Admission = i == 3 ? MachineBoot.Pending : i == 4 ? MachineBoot.Open : "", Unleased = i is 4 or 5 },
            Profiles = i == 1 ? ["p", "q"] : [],
            Params = i == 1
                ? new Dictionary<string, System.Text.Json.JsonElement>
                {
                    ["z"] = Json.Read<System.Text.Json.JsonElement>("[1]"),
                    ["boot-loader"] = Json.Read<System.Text.Json.JsonElement>("\"grub\""),
                    ["a/b c"] = Json.Read<System.Text.Json.JsonElement>("null")
                }
                : i == 2 ? new Dictionary<string,
                    System.Text.Json.JsonElement>
                { ["boot-loader"] = Json.Read<System.Text.Json.JsonElement>("7") } : [],
        }).ToList();
        foreach (var machine in machines) await StoreAsync(new MachineState { Machine = machine, Events = [Written(machine.Uuid)] });

        var all = new List<MachineNews>();
        for (IReadOnlyList<MachineNews> page = []; all.Count == 0 || page.Count == 2; all.AddRange(page))
            page = await Feed.PageAsync(all.LastOrDefault()?.Uuid ?? "", 2, None);
        Assert.Equal(machines.Select(m => Json.Write(new MachineNews(m.Uuid, 1, KnownMachine.Of(m)))), all.Select(c => Json.Write(c)));
        Assert.Equal(machines[0].Uuid, (await Feed.FindAsync("02:00:00:00:00:01", None))!.Uuid);
        Assert.Null(await Feed.FindAsync("02:00:00:00:00:99", None));
        await SettledAsync();
        var changed = await Feed.ChangedAsync(start, 100, None);
        Assert.Equal((5, true), (changed.Uuids.Count, changed.Whole));
        Assert.Empty((await Feed.ChangedAsync(changed.Place, 100, None)).Uuids);

        // Page by page, each is named.
        var named = new List<string>();
        var at = start;
        for (var whole = false; !whole;)
        {
            var page = await Feed.ChangedAsync(at, 2, None);
            named.AddRange(page.Uuids);
            (at, whole) = (page.Place, page.Whole);
        }

        Assert.Equal(machines.Select(m => m.Uuid), named.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

        // Deleted, and made again: the version goes on.
        var first = machines[0];
        await StoreAsync(new MachineState { Events = [Written(first.Uuid)] }, first.Uuid);
        await SettledAsync();
        Assert.Equal([first.Uuid], (await Feed.ChangedAsync(changed.Place, 100, None)).Uuids);
        Assert.Equal([new MachineNews(first.Uuid, 2, null)], await Feed.ReadAsync([first.Uuid, Guid.NewGuid().ToString()], None));
        await StoreAsync(new MachineState { Machine = first with { BootEnv = "local" }, Events = [Written(first.Uuid)] });
        var remade = Assert.Single(await Feed.ReadAsync([first.Uuid], None));
        Assert.Equal((3, "local"), (remade.Version, remade.Machine!.BootEnv));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("mac")]
    public async Task WhatIsAnothersFailsTheWholeWrite(string rule)
    {
        await StoreAsync(new MachineState { Machine = Machine(1) with { HardwareAddrs = ["02:00:00:00:00:01"] } });
        var other = rule == "name" ? Machine(2) with { Name = "m1" } : Machine(2) with { HardwareAddrs = ["02:00:00:00:00:01"] };
        var failure = await Assert.ThrowsAnyAsync<DbException>(() => StoreAsync(new MachineState { Machine = other }));
        Assert.Equal(rule, UniqueViolation.Of(failure));
        Assert.Equal(1, await Queries.CountAsync(None));
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM grain_state";
        Assert.Equal(1L, await command.ExecuteScalarAsync());
    }

    /// <summary>Filters of machines: name, value, and the names of the machines that pass.</summary>
    public static TheoryData<string, string, string> Filters => new()
    {
        { "Name", "m2", "m2" },
        { "Key", "00000000-0000-4000-8000-000000000003", "m3" },
        { "BootEnv", "local", "m1 m3" },
        { "BootEnv", "Ne(local)", "m2 m4" },
        { "Stage", "Eq()", "m1 m2 m3 m4" },
        { "Name", "Lt(m3)", "m1 m2" },
        { "Description", "Between(b,c)", "m2 m3" },
        { "Description", "Except(b,c)", "m1 m4" },
        { "Name", "In(m1,m4)", "m1 m4" },
        { "Runnable", "true", "m3" },
        { "Runnable", "Ne(true)", "m1 m2 m4" },
        { "CurrentTask", "3", "m3" },
        { "CurrentTask", "Gt(2)", "m3 m4" },
        { "Profiles", "even", "m2 m4" },
        { "Profiles", "Ne(even)", "m1 m3" },
        { "Profiles", "Re(^l)", "m4" },
        { "Params", "a/b", "m4" },
        { "params.a/b", "Gte(1)", "m4" },
        { "params.a/b", "Ne(1)", "m1 m2 m3" },
        { "Description", "' OR 1=1 --\"}", "" },
        { "Boot.Phase", "Unknown", "m1 m2 m3 m4" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task AListIsFilteredByTheDatabase(string field, string value, string expected)
    {
        await StoreFourAsync();
        var page = await Queries.PageAsync(Parse((field, value)), None);
        Assert.Equal(expected, string.Join(' ', page.Rows.Select(m => m.Name)));
        Assert.Equal((4, page.Rows.Count), (page.Total, page.Filtered));
    }

    [Theory]
    [InlineData("m2 m3", "offset=1", "limit=2")]
    [InlineData("m4 m3 m2 m1", "reverse=true")]
    [InlineData("m2 m4 m1 m3", "sort=BootEnv")]
    [InlineData("m4 m3 m2 m1", "sort=CurrentTask", "reverse=true")]
    [InlineData("m3", "sort=Runnable", "sort=Name", "reverse=true", "limit=1")]
    [InlineData("m1 m2 m3 m4", "sort=params.a/b")]
    public async Task AListIsSortedAndPagedByTheDatabase(string expected, params string[] words)
    {
        await StoreFourAsync();
        var found = await Queries.ListAsync(Parse([.. words.Select(w => (w[..w.IndexOf('=')], w[(w.IndexOf('=') + 1)..]))]), None);
        Assert.Equal(expected, string.Join(' ', found.Select(m => m.Name)));
    }

    [Fact]
    public async Task PagesGoOnWhereTheLastOneEndedWhileOthersWrite()
    {
        await StoreFourAsync();
        var first = await Queries.PageAsync(Parse(("sort", "CurrentTask"), ("limit", "2")), None);
        // By their numbers alone m3 would be missed and m2 come twice.
        await StoreAsync(new MachineState(), first.Rows[0].Uuid);
        await StoreAsync(new MachineState { Machine = Machine(0) with { CurrentTask = 0 } });
        var second = await Queries.PageAsync(Parse(("sort", "CurrentTask"), ("limit", "2"), ("after", first.Next!)), None);
        Assert.Equal(["m1", "m2", "m3", "m4"], first.Rows.Concat(second.Rows).Select(m => m.Name));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task JobsAreListedInTheOrderInWhichTheyWereMade()
    {
        var start = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        TimeSpan[] after = [TimeSpan.FromTicks(1), TimeSpan.Zero, TimeSpan.FromMilliseconds(500), TimeSpan.FromTicks(2)];
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(1),
                ChangedJobs = [.. after.Select(
                    (t, i) => new Job { Uuid = $"j{i}", Machine = Machine(1).Uuid, StartTime = start + t,
                        State = i < 3 ? "finished" : "failed" })]
            });
        var page = await Queries.PageJobsAsync(new ListQuery(JobFields.Table) { Limit = 3 }, None);
        Assert.Equal(["j1", "j0", "j3"], page.Rows.Select(j => j.Uuid));
        Assert.Equal(["j2"],
            (await Queries.PageJobsAsync(
                ListParser.Query(JobFields.Table, [KeyValuePair.Create("after", (IReadOnlyList<string>)[page.Next!])],
                    _ => ParamUse.Unknown), None)).Rows.Select(j => j.Uuid));
        Assert.Equal([("finished", 3L), ("failed", 1L)],
            (await Queries.FacetJobsAsync(new ListQuery(JobFields.Table), JobFields.Table["State"], None)).Select(
                f => (f.Value, f.Count)));
    }

    private static ListQuery Parse(params (string Name, string Value)[] words)
        => ListParser.Query(MachineFields.Table,
            words.GroupBy(w => w.Name).Select(g => KeyValuePair.Create(g.Key, (IReadOnlyList<string>)[.. g.Select(w => w.Value)])),
            _ => ParamUse.Unknown);

    [Fact]
    public async Task EventsOfMachinesAndOfTheCatalogAreReadInOrderFromAPlaceOn()
    {
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(1),
                Events = [new MachineEvent(DateTimeOffset.UtcNow, "machines", "create", "before", "by x")]
            });
        await SettledAsync();
        var place = await Events.EndAsync(None);
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(1),
                Events = [new MachineEvent(DateTimeOffset.UtcNow, "machines", "update", "m1", "by x")]
            });
        var (revision, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "t", new TaskDefinition { Name = "t" }) { IsNew = true }], None);
        await Catalog.WriteAsync(revision + 1, [new CatalogChange("tasks", "t", null)], None);
        await SettledAsync();
        var first = await Events.ReadAsync(place, 2, None);
        Assert.Equal([("machines", "update", "m1"), ("tasks", "create", "t")], first.Select(e => (e.Type, e.Action, e.Key)));
        Assert.Equal(("tasks", "delete", "t"),
            (await Events.ReadAsync(first[^1].Place, 10, None)).Select(e => (e.Type, e.Action, e.Key)).Single());
        await SettledAsync();
        Assert.Empty(await Events.ReadAsync(await Events.EndAsync(None), 10, None));
    }

    [Fact]
    public async Task WhatIsOldOrTooMuchIsDroppedInPiecesBetweenWhichOthersWrite()
    {
        var now = DateTimeOffset.UtcNow;
        var old = now.AddDays(-40);
        TimelineEntry Line(int i, DateTimeOffset at) => new(at, i % 2 == 0 ? "" : "u1", "aa", "dhcp", $"{i}", "", "");
        // A clock that was wrong ahead stands before all.
        await Timelines.AppendAsync([Line(0, now.AddYears(9))], None);
        await Timelines.AppendAsync([.. Enumerable.Range(1, 3500).Select(i => Line(i, old.AddSeconds(i)))], None);
        await Timelines.AppendAsync([.. Enumerable.Range(3501, 20).Select(i => Line(i, now.AddDays(-10)))], None);
        await Timelines.AppendAsync([.. Enumerable.Range(4000, 20).Select(i => Line(i, now))], None);
        var (pieces, rows) = await TrimAsync("timeline", now.AddDays(-30), long.MaxValue);
        Assert.Equal(3500, rows);
        Assert.All(pieces, p => Assert.InRange(p, 0, IRetentionStore.Piece));
        Assert.True(pieces.Count >= 4);
        Assert.Equal(10, (await TrimAsync("strangers", now.AddDays(-7), long.MaxValue)).Rows);
        var dropped = await Retention.OfMachineAsync("u1", None);
        Assert.Equal((1750, old.AddSeconds(3499).ToUnixTimeMilliseconds()), (dropped!.Rows, dropped.UpTo.ToUnixTimeMilliseconds()));
        Assert.Equal([("strangers", 10L), ("timeline", 3500L)],
            (await Retention.TotalsAsync(None)).Select(t => (t.What, t.Rows)).Where(t => t.What is "timeline" or "strangers"));
        Assert.Equal(0, (await TrimAsync("timeline", now.AddDays(-30), long.MaxValue)).Rows);
        Assert.True((await TrimAsync("timeline", now.AddDays(-30), 5)).Rows > 0);
        Assert.True((await Timelines.ReadAsync("", ["aa"], 10_000, None)).Select(l => l.What)
            .SequenceEqual(["4015", "4016", "4017", "4018", "4019"]));
    }

    [Fact]
    public async Task OldEventsAndEndedHoldsAreDroppedAndWhoHoldsAnAddressNowIsNot()
    {
        var now = DateTimeOffset.UtcNow;
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(1),
                Events = [new MachineEvent(now.AddDays(-40), "machines", "create", "k", ""),
                    new MachineEvent(now, "machines", "update", "k", "")]
            });
        Assert.Equal(1, (await TrimAsync("events", now.AddDays(-30), long.MaxValue)).Rows);
        Assert.Equal(1L, Convert.ToInt64(await ScalarAsync("SELECT count(*) FROM event"), CultureInfo.InvariantCulture));

        var (epoch, _) = await Leases.OpenAsync("s", None);
        await Leases.WriteAsync("s", epoch, [Lease("10.0.0.1"), Lease("10.0.0.2"), Lease("10.0.0.3")], None);
        await Leases.DeleteAsync("s", epoch, IPv4.Parse("10.0.0.2"), Gone("0A000002"), None);
        await Leases.DeleteAsync("s", epoch, IPv4.Parse("10.0.0.3"), Gone("0A000003"), None);
        // All of it is old; one address is held.
        Assert.Equal(2, (await TrimAsync("leaseHistory", now.AddDays(1), long.MaxValue)).Rows);
        Assert.Equal("10.0.0.1", Assert.Single(await Leases.HistoryAsync(null, None)).Addr);
        Assert.Equal(0, (await TrimAsync("leaseHistory", now.AddDays(1), 0)).Rows);
        Assert.Equal(2, (await Retention.TotalsAsync(None)).Single(t => t.What == "leaseHistory").Rows);
    }

    [Fact]
    public async Task OfAJobsLogThatWasDroppedANoteIsLeftUntilTheJobGoes()
    {
        var (old, kept) = (Guid.NewGuid(), Guid.NewGuid());
        foreach (var uuid in new[] { old, kept })
        {
            await StoreAsync(new MachineState
            {
                Machine = Machine(1),
                ChangedJobs = [new Job { Uuid = uuid.ToString(), Machine = Machine(1).Uuid, StartTime = DateTimeOffset.UtcNow }],
            });
            for (var i = 0; i < 3; i++) await Logs.AppendAsync(uuid, new MemoryStream(new byte[70_000]), None);
        }

        var logs = await Logs.ListAsync(None);
        Assert.Equal(new[] { old, kept }.Order(), logs.Select(l => l.Job).Order());
        Assert.All(logs, l => Assert.Equal((210_000L, true), (l.Octets, DateTimeOffset.UtcNow - l.At < TimeSpan.FromMinutes(5))));
        await Logs.TrimAsync(old, "[dropped]\n", None);
        Assert.Equal([kept], (await Logs.ListAsync(None)).Select(l => l.Job));
        await Logs.AppendAsync(old, new MemoryStream("after"u8.ToArray()), None);
        async Task<string> ReadAsync()
        {
            using var target = new MemoryStream();
            await Logs.CopyToAsync(old, target, None);
            return Encoding.UTF8.GetString(target.ToArray());
        }

        Assert.Equal("[dropped]\nafter", await ReadAsync());
        await Queries.DeleteJobAsync(old.ToString(), _ => null, Gone(old.ToString()), None);
        await Logs.DeleteAsync(old, None);
        Assert.Equal("", await ReadAsync());
    }

    /// <summary>The event of a deletion.</summary>
    private static MachineEvent Gone(string key)
        => new(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero), "leases", "delete", key, "") { Principal = "ann of net" };

    private async Task<(List<long> Pieces, long Rows)> TrimAsync(string what, DateTimeOffset before, long most)
    {
        await using var turn = await Retention.TakeTurnAsync(None);
        Assert.NotNull(turn);
        var pieces = new List<long>();
        for (long? next = 0; next is { } after;)
        {
            var piece = await Retention.TrimAsync(what, after, before, most, None);
            pieces.Add(piece.Rows);
            // Nothing of the last piece keeps others from writing.
            await ExecuteAsync("UPDATE catalog_revision SET revision = revision + 0");
            next = piece.Next;
        }

        return (pieces, pieces.Sum());
    }

    private static string Mac(int n) => $"02:00:00:00:00:{n:x2}";

    private static Reservation Reserved(string address, int client)
        => new() { Addr = address, Token = Mac(client), Strategy = "MAC", Available = true };

    private async Task<long> WriteAsync(params Reservation[] reservations)
    {
        var changes = reservations.Select(r => new CatalogChange("reservations", r.Key, r)).ToList();
        var written = await Catalog.WriteAsync(await Catalog.RevisionAsync(None), changes, None);
        return Assert.NotNull(written);
    }

    private async Task StoreFourAsync()
    {
        await StoreAsync(new MachineState { Machine = Machine(1) with { Description = "a", BootEnv = "local", CurrentTask = 1 } });
        await StoreAsync(new MachineState { Machine = Machine(2) with { Description = "b", CurrentTask = 2, Profiles = ["even"] } });
        await StoreAsync(
            new MachineState { Machine = Machine(3) with { Description = "c", BootEnv = "local", Runnable = true, CurrentTask = 3 } });
        await StoreAsync(
            new MachineState
            {
                Machine = Machine(4) with
                {
                    Description = "d",
                    CurrentTask = 4,
                    Profiles = ["even", "last"],
                    Params = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal) { ["a/b"] = Json.Element(1) }
                }
            });
    }

    private static Machine Machine(int number)
        => new()
        {
            Uuid = MachineRows.Id(number),
            Name = $"m{number}",
            BootEnv = "discovery",
            Runnable = false,
            CurrentTask = 0
        };

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    private async Task StoreTextAsync(string state, string ext)
    {
        await using var connection = await ConnectAsync();
        await MachineRows.StoreTextAsync(connection, state, ext);
    }

    private static MachineEvent Written(string uuid) => new(DateTimeOffset.UtcNow, "machines", "update", uuid, "");

    private async Task StoreAsync(MachineState state, string? uuid = null)
    {
        await using var connection = await ConnectAsync();
        await MachineRows.StoreAsync(connection, state, uuid);
    }

    private static Lease Lease(string address)
        => new()
        {
            Addr = address,
            Token = "02:00:00:00:00:01",
            State = Provisioning.Network.Lease.Ack,
            ExpireTime = DateTimeOffset.UtcNow.AddHours(1),
            Available = true,
        };
}
