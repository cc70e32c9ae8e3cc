using System.Data.Common;
using System.Text;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Lists;
using Anvil.Contracts.Machines;
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

    /// <summary>A catalog store on an empty database.</summary>
    protected abstract ICatalogStore Catalog { get; }

    /// <summary>A lease store on the same database.</summary>
    protected abstract ILeaseStore Leases { get; }

    /// <summary>A timeline store on the same database.</summary>
    protected abstract ITimelineStore Timelines { get; }

    /// <summary>The query tables of the same database.</summary>
    protected abstract IMachineQueries Queries { get; }

    /// <summary>Reservations in the same database.</summary>
    protected abstract IReservationStore Reservations { get; }

    /// <summary>The stream of events of the same database.</summary>
    protected abstract IEventStore Events { get; }

    /// <summary>Job logs on the same database.</summary>
    protected abstract IJobLogs Logs { get; }

    /// <summary>A connection to the same database.</summary>
    protected abstract Task<DbConnection> ConnectAsync();

    [Fact]
    public async Task AChangedCatalogIsReadBackWithANewRevision()
    {
        var (revision, _) = await Catalog.ReadAsync(None);
        var written = await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "t1", new TaskDefinition { Name = "t1", Description = "d" })], None);
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
        Assert.NotNull(await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "first", new TaskDefinition { Name = "first" })], None));
        Assert.Null(await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "second", new TaskDefinition { Name = "second" })], None));
        Assert.Equal(["first"], (await Catalog.ReadAsync(None)).Documents.Select(d => d.Key));
    }

    /// <summary>Silos of the version before write reservations as any document: their rows are found by address, token and change all the same.</summary>
    [Fact]
    public async Task AReservationIsFoundByItsIndexes()
    {
        var first = await WriteAsync(Reserved("10.0.0.5", 1), Reserved("10.0.0.200", 2) with { Scoped = true, Subnet = "net" }, Reserved("10.1.0.5", 1) with { Options = [new DhcpOptionSetting(3, "10.1.0.1")] });
        Assert.Equal(Mac(1), (await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Token);
        Assert.Null(await Reservations.FindAsync(IPv4.Parse("10.0.0.6"), None));
        Assert.Equal(["10.0.0.200", "10.0.0.5", "10.1.0.5"], (await Reservations.FindManyAsync([IPv4.Parse("10.0.0.200")], [Mac(1), Mac(9)], None)).Select(r => r.Addr).Order(StringComparer.Ordinal));
        Assert.Equal("10.0.0.200", Assert.Single(await Reservations.ScopedToAsync("net", 5, None)).Addr);
        Assert.Equal(3, await Reservations.CountAsync(None));
        Assert.Equal(["10.0.0.5", "10.0.0.200", "10.1.0.5"], (await Reservations.ListAsync(ListFilter.All, None)).Select(r => r.Addr));
        Assert.Equal(["10.1.0.5"], (await Reservations.ListAsync(ListFilter.Where("Token", FieldKind.Text, Mac(1)) with { Offset = 1, Limit = 5 }, None)).Select(r => r.Addr));
        Assert.Equal("10.1.0.1", (await Reservations.FindAsync(IPv4.Parse("10.1.0.5"), None))!.Options[0].Value);
        Assert.Empty((await Catalog.ReadAsync(None)).Documents);
        Assert.Equal((first, 0L), (await Reservations.RevisionAsync(IPv4.Parse("10.0.0.5"), None), await Reservations.RevisionAsync(1, None)));
    }

    [Fact]
    public async Task ChangesOfReservationsAreReadSinceARevision()
    {
        var network = new Cidr(IPv4.Parse("10.0.0.0"), 24);
        var empty = await Reservations.ChangesAsync(network, 0, None);
        Assert.Equal((await Catalog.RevisionAsync(None), 0, 0), (empty.Revision, empty.Set.Count, empty.Gone.Count));
        var first = await WriteAsync(Reserved("10.0.0.0", 1), Reserved("10.0.0.255", 2), Reserved("10.0.1.0", 3));
        Assert.Equal(2, (await Reservations.ChangesAsync(network, empty.Revision, None)).Set.Count);
        var second = await Catalog.WriteAsync(first, [new CatalogChange("reservations", "0A000000", null), new CatalogChange("reservations", "0A0000FF", Reserved("10.0.0.255", 9))], None);
        var changes = await Reservations.ChangesAsync(network, first, None);
        Assert.Equal((second, Mac(9), IPv4.Parse("10.0.0.0")), (changes.Revision, Assert.Single(changes.Set).Token, Assert.Single(changes.Gone)));
        await WriteAsync(Reserved("10.0.0.0", 4));
        changes = await Reservations.ChangesAsync(network, first, None);
        Assert.Equal((2, 0), (changes.Set.Count, changes.Gone.Count));
        Assert.Empty((await Reservations.ChangesAsync(network, changes.Revision, None)).Set);
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
        foreach (var all in new[] { await Reservations.ListAsync(ListFilter.All, None), (await Reservations.ChangesAsync(network, 0, None)).Set })
        {
            var damaged = all.Single(r => !r.Available);
            Assert.Equal(("0A000005", "10.0.0.6"), (damaged.Key, all.Single(r => r.Available).Addr));
            Assert.StartsWith("the stored object is damaged", Assert.Single(damaged.Errors), StringComparison.Ordinal);
        }

        Assert.False((await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Available);
        await WriteAsync(Reserved("10.0.0.5", 1));
        Assert.True((await Reservations.FindAsync(IPv4.Parse("10.0.0.5"), None))!.Available);
    }

    [Fact]
    public async Task AnOlderEpochCannotWriteLeases()
    {
        var (old, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", old, [Lease("10.0.0.1")], None);
        var (current, found) = await Leases.OpenAsync("net", None);
        Assert.Equal("10.0.0.1", Assert.Single(found).Addr);
        await Assert.ThrowsAsync<StaleEpochException>(() => Leases.WriteAsync("net", old, [Lease("10.0.0.2")], None));
        await Assert.ThrowsAsync<StaleEpochException>(() => Leases.DeleteAsync("net", old, IPv4.Parse("10.0.0.1"), None));
        await Leases.WriteAsync("net", current, [Lease("10.0.0.3")], None);
        Assert.Equal(["10.0.0.1", "10.0.0.3"], (await Leases.ListAsync(None)).Select(l => l.Addr));
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
        TimelineEntry Entry(int second, string machine, string mac, string what) => new(start.AddSeconds(second), machine, mac, "dhcp", what, "ok", "");
        await Timelines.AppendAsync([Entry(2, "u1", "", "b"), Entry(1, "", "m1", "a"), Entry(3, "u2", "m2", "other")], None);
        Assert.Equal(["a", "b"], (await Timelines.ReadAsync("u1", ["m1"], 10, None)).Select(e => e.What));
        Assert.Equal(["other"], (await Timelines.ReadAsync("", ["m2"], 10, None)).Select(e => e.What));
        Assert.Equal(2, await Timelines.TrimAsync(start.AddSeconds(3), None));
        Assert.Empty(await Timelines.ReadAsync("u1", ["m1"], 10, None));
    }

    [Fact]
    public async Task OfSeveralStatesOfOneAddressInABatchTheLastCounts()
    {
        var (epoch, _) = await Leases.OpenAsync("net", None);
        await Leases.WriteAsync("net", epoch, [Lease("10.0.0.1") with { State = "OFFER" }, Lease("10.0.0.1")], None);
        Assert.Equal("ACK", (await Leases.FindAsync(IPv4.Parse("10.0.0.1"), None))!.State);
        Assert.Null(await Leases.FindAsync(IPv4.Parse("10.0.0.2"), None));
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
        await Leases.DeleteAsync("net", epoch, IPv4.Parse("10.0.0.1"), None);
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
        foreach (var text in new[] { "one ", "two" }) Assert.True(await Logs.AppendAsync(job, new MemoryStream(Encoding.UTF8.GetBytes(text)), None));
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
        Assert.False(await Logs.AppendAsync(Guid.NewGuid(), endless, None));
    }

    [Fact]
    public async Task AMachinesRowIsKeptByTheStatementThatStoresItsState()
    {
        var machine = Machine(1) with { HardwareAddrs = ["02:00:00:00:00:01", "02:00:00:00:00:02"] };
        await StoreAsync(new MachineState { Machine = machine, ChangedJobs = [new Job { Uuid = "j1", Machine = machine.Uuid, Task = "t" }] });
        Assert.Equal("m1", (await Queries.FindByMacAsync("02:00:00:00:00:02", None))!.Name);
        Assert.Equal("t", (await Queries.FindJobAsync("j1", None))!.Task);
        await StoreAsync(new MachineState { Machine = machine with { Name = "renamed", HardwareAddrs = ["02:00:00:00:00:02"] } });
        Assert.Null(await Queries.FindByMacAsync("02:00:00:00:00:01", None));
        Assert.Equal(machine.Uuid, (await Queries.FindByNameAsync("renamed", None))!.Uuid);
        Assert.Equal([("02:00:00:00:00:02", machine.Uuid)], await Queries.MacsAsync(None));
        await StoreAsync(new MachineState(), machine.Uuid);
        Assert.Equal((0L, null), (await Queries.CountAsync(None), await Queries.FindByMacAsync("02:00:00:00:00:02", None)));
        Assert.NotNull(await Queries.FindJobAsync("j1", None));
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

    public static TheoryData<string, FieldTest[][], string[]> Filters => new()
    {
        { "text", [[new FieldTest("Name", FieldKind.Text, Comparison.Equal, "m2")]], ["m2"] },
        { "text in the document", [[new FieldTest("BootEnv", FieldKind.Text, Comparison.Equal, "local")]], ["m1", "m3"] },
        { "not", [[new FieldTest("BootEnv", FieldKind.Text, Comparison.NotEqual, "local")]], ["m2", "m4"] },
        { "empty text", [[new FieldTest("Stage", FieldKind.Text, Comparison.Equal, "")]], ["m1", "m2", "m3", "m4"] },
        { "less", [[new FieldTest("Name", FieldKind.Text, Comparison.Less, "m3")]], ["m1", "m2"] },
        { "at least and at most", [[new FieldTest("Description", FieldKind.Text, Comparison.AtLeast, "b"), new FieldTest("Description", FieldKind.Text, Comparison.AtMost, "c")]], ["m2", "m3"] },
        { "either", [[new FieldTest("Name", FieldKind.Text, Comparison.Equal, "m1")], [new FieldTest("Name", FieldKind.Text, Comparison.Equal, "m4")]], ["m1", "m4"] },
        { "truth", [[new FieldTest("Runnable", FieldKind.Truth, Comparison.Equal, true)]], ["m3"] },
        { "not true", [[new FieldTest("Runnable", FieldKind.Truth, Comparison.NotEqual, true)]], ["m1", "m2", "m4"] },
        { "number", [[new FieldTest("CurrentTask", FieldKind.Number, Comparison.Equal, 3d)]], ["m3"] },
        { "greater number", [[new FieldTest("CurrentTask", FieldKind.Number, Comparison.More, 2d)]], ["m3", "m4"] },
        { "in a list", [[new FieldTest("Profiles", FieldKind.List, Comparison.Equal, "even")]], ["m2", "m4"] },
        { "not in a list", [[new FieldTest("Profiles", FieldKind.List, Comparison.NotEqual, "even")]], ["m1", "m3"] },
        { "key of a map", [[new FieldTest("Params", FieldKind.Map, Comparison.Equal, "a/b")]], ["m4"] },
        { "quotes", [[new FieldTest("Description", FieldKind.Text, Comparison.Equal, "' OR 1=1 --\"}")]], [] },
        { "nothing", [[new FieldTest("Name", FieldKind.Text, Comparison.Equal, "m1"), new FieldTest("Name", FieldKind.Text, Comparison.Equal, "m2")]], [] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task AListIsFilteredByTheDatabase(string what, FieldTest[][] condition, string[] expected)
    {
        await StoreFourAsync();
        var found = await Queries.ListAsync(new ListFilter { Conditions = [condition] }, None);
        Assert.True(expected.SequenceEqual(found.Select(m => m.Name)), $"{what}: {string.Join(' ', found.Select(m => m.Name))}");
    }

    [Fact]
    public async Task AListIsSortedAndPagedByTheDatabase()
    {
        await StoreFourAsync();
        async Task<string> ListAsync(ListFilter filter) => string.Join(' ', (await Queries.ListAsync(filter, None)).Select(m => m.Name));
        Assert.Equal("m2 m3", await ListAsync(new ListFilter { Offset = 1, Limit = 2 }));
        Assert.Equal("m4 m3 m2 m1", await ListAsync(new ListFilter { Reverse = true }));
        Assert.Equal("m2 m4 m1 m3", await ListAsync(new ListFilter { Sort = [("BootEnv", FieldKind.Text)] }));
        Assert.Equal("m4 m3 m2 m1", await ListAsync(new ListFilter { Sort = [("CurrentTask", FieldKind.Number)], Reverse = true }));
        Assert.Equal("m3 m1", await ListAsync(new ListFilter { Sort = [("Runnable", FieldKind.Truth), ("Name", FieldKind.Text)], Reverse = true, Limit = 1 }) + " " + await ListAsync(new ListFilter { Limit = 1 }));
        await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(new ListFilter { Sort = [("x' --", FieldKind.Text)] }));
    }

    [Fact]
    public async Task EventsOfMachinesAndOfTheCatalogAreReadInOrderFromAPlaceOn()
    {
        await StoreAsync(new MachineState { Machine = Machine(1), Events = [new MachineEvent(DateTimeOffset.UtcNow, "machines", "create", "before", "by x")] });
        var place = await Events.EndAsync(None);
        await StoreAsync(new MachineState { Machine = Machine(1), Events = [new MachineEvent(DateTimeOffset.UtcNow, "machines", "update", "m1", "by x")] });
        var (revision, _) = await Catalog.ReadAsync(None);
        await Catalog.WriteAsync(revision, [new CatalogChange("tasks", "t", new TaskDefinition { Name = "t" }) { IsNew = true }], None);
        await Catalog.WriteAsync(revision + 1, [new CatalogChange("tasks", "t", null)], None);
        var first = await Events.ReadAsync(place, 2, None);
        Assert.Equal([("machines", "update", "m1"), ("tasks", "create", "t")], first.Select(e => (e.Type, e.Action, e.Key)));
        Assert.Equal(("tasks", "delete", "t"), (await Events.ReadAsync(first[^1].Place, 10, None)).Select(e => (e.Type, e.Action, e.Key)).Single());
        Assert.Empty(await Events.ReadAsync(await Events.EndAsync(None), 10, None));
    }

    [Fact]
    public async Task OldLinesEventsAndHoldsAreDropped()
    {
        await StoreAsync(new MachineState { Machine = Machine(1), Events = [new MachineEvent(DateTimeOffset.UtcNow.AddDays(-40), "machines", "create", "k", ""), new MachineEvent(DateTimeOffset.UtcNow, "machines", "update", "k", "")] });
        await Timelines.TrimAsync(DateTimeOffset.UtcNow.AddDays(-30), None);
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM event";
        Assert.Equal(1L, await command.ExecuteScalarAsync());
    }

    private static string Mac(int n) => $"02:00:00:00:00:{n:x2}";

    private static Reservation Reserved(string address, int client) => new() { Addr = address, Token = Mac(client), Strategy = "MAC", Available = true };

    private async Task<long> WriteAsync(params Reservation[] reservations)
    {
        var written = await Catalog.WriteAsync(await Catalog.RevisionAsync(None), [.. reservations.Select(r => new CatalogChange("reservations", r.Key, r))], None);
        return Assert.NotNull(written);
    }

    private async Task StoreFourAsync()
    {
        await StoreAsync(new MachineState { Machine = Machine(1) with { Description = "a", BootEnv = "local", CurrentTask = 1 } });
        await StoreAsync(new MachineState { Machine = Machine(2) with { Description = "b", CurrentTask = 2, Profiles = ["even"] } });
        await StoreAsync(new MachineState { Machine = Machine(3) with { Description = "c", BootEnv = "local", Runnable = true, CurrentTask = 3 } });
        await StoreAsync(new MachineState { Machine = Machine(4) with { Description = "d", CurrentTask = 4, Profiles = ["even", "last"], Params = new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal) { ["a/b"] = Json.Element(1) } } });
    }

    private static Machine Machine(int number) => new() { Uuid = $"00000000-0000-4000-8000-{number:d12}", Name = $"m{number}", BootEnv = "discovery", Runnable = false, CurrentTask = 0 };

    /// <summary>What Orleans' provider does: one statement on the state's table.</summary>
    private async Task StoreAsync(MachineState state, string? uuid = null)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) VALUES ('anvil', 'machine', 0, 0, @ext, @payload, 1)
            ON CONFLICT (service, type, n0, n1, ext) DO UPDATE SET payload = excluded.payload, version = grain_state.version + 1
            """;
        void Add(string name, object value)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        Add("ext", "m-" + (uuid ?? state.Machine!.Uuid));
        Add("payload", Encoding.UTF8.GetBytes(Json.Write(state)));
        await command.ExecuteNonQueryAsync();
    }

    private static Lease Lease(string address) => new() { Addr = address, Token = "02:00:00:00:00:01", State = Provisioning.Network.Lease.Ack, ExpireTime = DateTimeOffset.UtcNow.AddHours(1) };
}
