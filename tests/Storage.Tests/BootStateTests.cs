using System.Data.Common;
using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;
using Dapper;
using static Anvil.Storage.Tests.MachineRows;

namespace Anvil.Storage.Tests;

/// <summary>Boot records beside machines' documents: one version counts the writes of both.</summary>
public abstract class BootStateTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string Uuid = Id(1);

    /// <summary>An empty database.</summary>
    protected abstract Database Store { get; }

    /// <summary>Its boot records.</summary>
    protected abstract IBootStateStore Boots { get; }

    /// <summary>Its stream of events, for edges.</summary>
    protected abstract IMachineFeed Feed { get; }

    /// <summary>Waits until what was written so far is behind the horizon up to which events are read.</summary>
    protected virtual Task SettledAsync() => Task.CompletedTask;

    private MachineQueries Queries => new(Store, TimeProvider.System);

    [Fact]
    public async Task ARecordTakesThePlaceOfWhatTheDocumentSaysAndTheDocumentStaysAsItIs()
    {
        const string Awkward = """{"z":1.50,"a":{"Boot":[1e2,12345678901234567890123],"Machine":null},"Address":"\"é"}""";
        var state = State(1) with { Job = new Job { Uuid = "j", Task = "t" } };
        state = state with
        {
            Machine = state.Machine! with
            {
                Params = new Dictionary<string,
            JsonElement>
                { ["x/y"] = Parsed(Awkward) }
            }
        };
        Assert.Equal(1, await WriteAsync(null, state));
        var record = Record(Phase.Installing, "10.0.0.7", 2);
        Assert.Equal([Uuid], await Boots.WriteAsync([new BootWrite(Uuid, 1, record, [Told("installing")])], None));

        var (read, version) = await ReadAsync();
        Assert.Equal(2, version);
        Assert.Equal(Json.Write(record.Over(state)), Json.Write(read));
        Assert.Equal(Awkward, read!.Machine!.Params["x/y"].GetRawText());
        Assert.Equal((2, "boot-2"), (read.Revision, read.BootId));
        var found = (await Queries.FindAsync(Uuid, None))!;
        Assert.Equal(("10.0.0.7", Phase.Installing, "on its way"), (found.Address, found.Boot.Phase, found.Boot.Reason));
        Assert.Equal(1L, await ScalarAsync("SELECT version FROM grain_state"));
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM event WHERE detail = 'installing' AND principal = 'edge'"));
    }

    [Fact]
    public async Task AWriteOfTheDocumentEndsTheRecordAndARecordUponTheVersionBeforeIsRefused()
    {
        await WriteAsync(null, State(1));
        await Boots.WriteAsync([Write(1, Record(Phase.Installing, "10.0.0.7", 2))], None);
        // A stale activation, or a silo that read before the record was written.
        Assert.Null(await WriteAsync(1, State(2) with { BootId = "stale" }));
        var (read, version) = await ReadAsync();
        Assert.Equal((Phase.Installing, 2), (read!.Machine!.Boot.Phase, version));
        var changed = read.Machine with { Description = "changed", Boot = new MachineBoot { Phase = Phase.Installed } };
        var next = read with { Machine = changed, Revision = 3 };
        Assert.Equal(3, await WriteAsync(2, next));
        foreach (var stale in new long[] { 1, 2, 4 })
            Assert.Empty(await Boots.WriteAsync([Write(stale, Record(Phase.Failed, "10.9.9.9", 9), "stale")], None));
        (read, version) = await ReadAsync();
        Assert.Equal((Json.Write(next), 3), (Json.Write(read), version));
        Assert.Equal(Phase.Installed, (await Queries.FindAsync(Uuid, None))!.Boot.Phase);
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM event WHERE detail = 'stale'"));
    }

    [Fact]
    public async Task OfRecordsInOneTransactionEachStandsForItself()
    {
        await WriteAsync(null, State(1), 1);
        await WriteAsync(null, State(1), 2);
        var written = await Boots.WriteAsync([
            Write(1, Record(Phase.Installing, "10.0.0.2", 2), "of the second", 2), Write(1, Record(Phase.Failed, "", 2), "of nobody", 3),
            Write(7, Record(Phase.Failed, "", 2), "stale", 1)], None);
        Assert.Equal([Id(2)], written);
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM event"));
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM event WHERE detail = 'of the second'"));
        Assert.Equal((Phase.Unknown, Phase.Installing),
            ((await Queries.FindAsync(Id(1), None))!.Boot.Phase, (await Queries.FindAsync(Id(2), None))!.Boot.Phase));
    }

    [Fact]
    public async Task ADeletedMachineHasNoRecordAndItsSuccessorABlankOne()
    {
        await WriteAsync(null, State(1));
        await Boots.WriteAsync([Write(1, Record(Phase.Installing, "10.0.0.7", 2))], None);
        Assert.Equal(3, await WriteAsync(2, new MachineState { Revision = 3 }));
        Assert.Equal(4L, await ClearAsync("m-" + Uuid, "machine", 3));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM boot_state"));
        Assert.Empty(await Boots.WriteAsync([Write(3, Record(Phase.Failed, "", 4)), Write(4, Record(Phase.Failed, "", 4), "", 2)], None));
        Assert.Equal((null, 4), await ReadAsync());
        Assert.Equal(5, await WriteAsync(4, State(1)));
        Assert.Equal((Phase.Unknown, ""),
            ((await Queries.FindAsync(Uuid, None))!.Boot.Phase, (await Queries.FindAsync(Uuid, None))!.Address));
        Assert.Equal([Uuid], await Boots.WriteAsync([Write(5, Record(Phase.Working, "", 2))], None));
    }

    [Fact]
    public async Task ListsGoByTheRecord()
    {
        for (var i = 1; i <= 4; i++) await WriteAsync(null, State(1), i);
        await Boots.WriteAsync([
            Write(1, Record(Phase.Installing, "10.0.0.30", 2), "", 1), Write(1, Record(Phase.Installing, "10.0.0.4", 2), "", 3)], None);
        foreach (var (words, expected) in new[]
        {
            ("Boot.Phase=Installing", "1 3"), ("Boot.Phase=Unknown", "2 4"), ("Address=10.0.0.4", "3"), ("sort=Address", "2 4 3 1"),
            ("sort=Boot.Phase", "1 3 2 4"), ("Boot.Reason=Re(^on)", "1 3"), ("Boot.Stuck=true", "1 3"), ("Address=Lt(10.0.0.9)", "3"),
            ("Boot.LastSeen=Gt(2026-01-01T00:00:00Z)", "1 3"), ("Boot.Reason=", "2 4"),
            ("Name=m3", "3"), ("Address=Re(4$)&sort=Name&reverse=true", "3"),
        })
        {
            var query = words.Split('&').Select(w => w.Split('=', 2))
                .Select(w => KeyValuePair.Create<string, IReadOnlyList<string>>(w[0], [w[1]]));
            var page = await Queries.PageAsync(ListParser.Query(MachineFields.Table, query.ToList(), _ => ParamUse.Known), None);
            Assert.Equal((words, expected), (words, string.Join(' ', page.Rows.Select(m => m.Name[1..]))));
        }

        Assert.True(MachineFields.Table.TryFind("Boot.Phase", _ => ParamUse.Known, out var phase));
        var facets = await Queries.FacetAsync(new ListQuery(MachineFields.Table), phase, None);
        Assert.Equal(["Installing 2", "Unknown 2"], facets.Select(f => $"{f.Value} {f.Count}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EdgesAreNotSentToTheDocumentForWhatTheySaw()
    {
        await WriteAsync(null, State(1));
        await SettledAsync();
        var place = await Feed.EndAsync(None);
        await Boots.WriteAsync([Write(1, Record(Phase.Installing, "10.0.0.7", 2))], None);
        var page = await Feed.ChangedAsync(place, 10, None);
        Assert.Empty(page.Uuids);
        var known = Assert.Single(await Feed.ReadAsync([Uuid], None));
        Assert.Equal((1, "m1"), (known.Version, known.Machine!.Name));
    }

    /// <summary>A ring of names and cards with a document beside it, and a machine that is made; nothing of it where one has moved
    /// on.</summary>
    [Fact]
    public async Task MachinesThatExchangeWhatIsUniqueAreWrittenInOneTransactionAllOrNone()
    {
        await WriteAsync(null, Named(1, "m1", 1), 1);
        await WriteAsync(null, Named(2, "m2", 2), 2);
        await Boots.WriteAsync([Write(1, Record(Phase.Installing, "10.0.0.7", 2), "", 2)], None);
        var moves = new MachineMoveStore(Store, TimeProvider.System, "anvil");
        var reservation = new Reservation { Addr = "10.0.0.1", Token = "02:00:00:00:00:02" };
        List<CatalogChange> changes = [new("reservations", reservation.Key, reservation)];
        var revision = (long)(await ScalarAsync("SELECT revision FROM catalog_revision"))!;
        List<MachineRow> rows = [Row(1, "m2", 2, 1), Row(2, "m1", 1, 1), Row(3, "m3", 3, null)];
        await Assert.ThrowsAsync<StaleMachineException>(() => moves.WriteAsync(revision, changes, "who", rows, None));
        rows[1] = Row(2, "m1", 1, 2);
        Assert.Null(await moves.WriteAsync(revision + 1, changes, "who", rows, None));
        List<MachineRow> twice = [.. rows, Row(4, "m4", 1, null)];
        await Assert.ThrowsAnyAsync<DbException>(() => moves.WriteAsync(revision, changes, "who", twice, None));
        Assert.Equal("m1:1 m2:2", await AllAsync());
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM document WHERE prefix = 'reservations'"));
        Assert.Equal(revision, await ScalarAsync("SELECT revision FROM catalog_revision"));

        Assert.Equal(revision + 1, await moves.WriteAsync(revision, changes, "who", rows, None));
        Assert.Equal("m1:1 m2:2 m3:3", await AllAsync());
        Assert.Equal((Id(2), Id(1)), (await Queries.UuidOfNameAsync("m1", None), await Queries.UuidOfNameAsync("M2", None)));
        Assert.Equal(Id(1), await Queries.UuidOfMacAsync("02:00:00:00:00:02", None));
        Assert.Equal(1L, await ScalarAsync("SELECT count(*) FROM event WHERE type = 'reservations' AND principal = 'who'"));
        Assert.Equal(revision + 1, await moves.WriteAsync(revision + 1, [], "who", [Row(1, "m2", 2, 2), Row(2, "m1", 1, 3)], None));

        async Task<string> AllAsync()
        {
            var all = await Queries.ListAsync(new ListQuery(MachineFields.Table) { Sort = [MachineFields.Table["Name"]] }, None);
            return string.Join(' ', all.Select(m => $"{m.Name}:{m.HardwareAddrs[0][^1]}"));
        }

        static MachineState Named(int machine, string name, int card) => State(1) with
        {
            Machine = State(1).Machine! with { Uuid = Id(machine), Name = name, HardwareAddrs = [$"02:00:00:00:00:0{card}"] },
        };

        static MachineRow Row(int machine, string name, int card, long? version) => new(Id(machine), "m-" + Id(machine), name,
            System.Text.Encoding.UTF8.GetBytes(Json.Write(Named(machine, name, card))), version);
    }

    /// <summary>What a database was before this script is taken over.</summary>
    [Fact]
    public async Task WhatIsBesidesMachinesIsReadAndWrittenAsBefore()
    {
        Assert.Equal(1L, await StoreAsync("x", "other", null, "{}"));
        Assert.Equal(2L, await StoreAsync("x", "other", 1, "{\"a\":1}"));
        Assert.Null(await StoreAsync("x", "other", 1, "{}"));
        Assert.Equal(("{\"a\":1}", 2), await LoadAsync("x", "other"));
    }

    /// <summary>A machine's state.</summary>
    protected static MachineState State(long revision) => new()
    {
        Machine = new Machine { Uuid = Uuid, Name = "m1", BootEnv = "discovery" },
        BootId = $"boot-{revision}",
        Revision = revision,
    };

    /// <summary>A record that is to be written.</summary>
    protected static BootWrite Write(long version, BootRecord record, string detail = "", int machine = 1)
        => new(Id(machine), version, record, [Told(detail)]);

    /// <summary>A record.</summary>
    protected static BootRecord Record(Phase phase, string address, long revision)
    {
        var seen = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero).AddTicks(7);
        var boot = new MachineBoot { Phase = phase, Reason = "on its way", Attempts = 3, Firmware = "uefi", Via = "ipxe" };
        boot = boot with { LastSeen = seen, Stuck = true };
        return new BootRecord { Address = address, Boot = boot, BootId = $"boot-{revision}", Revision = revision };
    }

    /// <summary>Writes a state as Orleans' provider does; the version after it, null for a conflict.</summary>
    protected async Task<int?> WriteAsync(int? version, MachineState state, int machine = 1)
    {
        if (state.Machine is { } own) state = state with { Machine = own with { Uuid = Id(machine), Name = $"m{machine}" } };
        return (int?)await StoreAsync("m-" + Id(machine), "machine", version, Json.Write(state));
    }

    /// <summary>One value out of the database.</summary>
    protected async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = await Store.ConnectAsync(None);
        var value = await connection.ExecuteScalarAsync<object>(sql);
        return value is int number ? (long)number : value;
    }

    private static JsonElement Parsed(string json) => JsonDocument.Parse(json).RootElement;

    private static MachineEvent Told(string detail)
        => new(DateTimeOffset.UnixEpoch, "machines", "boot", Uuid, detail) { Principal = "edge" };

    private static DynamicParameters Parameters(int? version, string? payload, string ext, string type = "machine")
    {
        var parameters = new DynamicParameters(new
        {
            ServiceId = "anvil",
            GrainTypeString = type,
            GrainIdN0 = 0L,
            GrainIdN1 = 0L,
            GrainIdExtensionString = ext,
            GrainStateVersion = version,
        });
        parameters.Add("PayloadBinary", payload is null ? null : System.Text.Encoding.UTF8.GetBytes(payload), System.Data.DbType.Binary);
        return parameters;
    }

    private async Task<string> TextAsync(string key)
        => (string)(await ScalarAsync($"SELECT QueryText FROM OrleansQuery WHERE QueryKey = '{key}'"))!;

    /// <summary>Writes a state as the silo does.</summary>
    /// <returns>The version after it; null for a conflict.</returns>
    protected virtual Task<long?> StoreAsync(string ext, string type, int? version, string state)
        => ChangeAsync("WriteToStorageKey", ext, type, version, state);

    /// <summary>Clears a state as the silo does.</summary>
    /// <returns>The version after it; null for a conflict.</returns>
    protected virtual Task<long?> ClearAsync(string ext, string type, int version)
        => ChangeAsync("ClearStorageKey", ext, type, version, null);

    private async Task<long?> ChangeAsync(string key, string ext, string type, int? version, string? state)
    {
        await using var connection = await Store.ConnectAsync(None);
        await using var reader = await connection.ExecuteReaderAsync(await TextAsync(key), Parameters(version, state, ext, type));
        long? written = null;
        do
        {
            while (await reader.ReadAsync()) written = reader.IsDBNull(0) ? null : Convert.ToInt64(reader.GetValue(0), null);
        }
        while (await reader.NextResultAsync());
        return written;
    }

    /// <summary>Reads a state as the silo does.</summary>
    protected virtual async Task<(string? State, int Version)> LoadAsync(string ext, string type)
    {
        await using var connection = await Store.ConnectAsync(None);
        await using var reader = await connection.ExecuteReaderAsync(
            await TextAsync("ReadFromStorageKey"), Parameters(null, null, ext, type));
        Assert.True(await reader.ReadAsync());
        var payload = reader.GetOrdinal("PayloadBinary");
        return (reader.IsDBNull(payload) ? null : System.Text.Encoding.UTF8.GetString((byte[])reader.GetValue(payload)),
            Convert.ToInt32(reader.GetValue(reader.GetOrdinal("Version")), null));
    }

    private async Task<(MachineState? State, int Version)> ReadAsync()
    {
        var (state, version) = await LoadAsync("m-" + Uuid, "machine");
        return (state is null ? null : Json.Read<MachineState>(state), version);
    }
}

/// <summary>On SQLite.</summary>
public sealed class SqliteBootStateTests : BootStateTests, IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-boots-");
    private readonly SqliteDatabase _database;

    public SqliteBootStateTests() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));

    protected override Database Store => _database;

    protected override IBootStateStore Boots => new SqliteBootStateStore(_database);

    protected override IMachineFeed Feed => new SqliteMachineFeed(_database, new SqliteEventStore(_database));

    protected override Task<long?> StoreAsync(string ext, string type, int? version, string state)
        => new SqliteStates(_database).WriteAsync(ext, type, version, state);

    protected override async Task<long?> ClearAsync(string ext, string type, int version)
        => await new SqliteStates(_database).ClearAsync(ext, type, $"{version}") is { } after ? long.Parse(after, null) : null;

    protected override async Task<(string? State, int Version)> LoadAsync(string ext, string type)
    {
        var (state, version) = await new SqliteStates(_database).ReadAsync(ext, type);
        return (state, int.Parse(Assert.IsType<string>(version), null));
    }

    /// <summary>What a sighting writes, counted in the log of this one database.</summary>
    [Fact]
    public async Task ARecordCostsTheSameHoweverLargeTheDocumentIs()
    {
        const int Params = 4_000_000;
        const int Records = 20;
        var state = State(1);
        var big = new Dictionary<string, JsonElement> { ["big"] = Json.Element(new string('x', Params)) };
        await WriteAsync(null, state with { Machine = state.Machine! with { Params = big } });
        await WrittenAsync();
        for (var i = 1; i <= Records; i++)
            Assert.Single(await Boots.WriteAsync([Write(i, Record(Phase.Working, $"10.0.0.{i}", i + 1))], CancellationToken.None));
        var written = await WrittenAsync();
        Assert.True(written < Params / 4, $"{Records} records of a machine with {Params} octets of params wrote {written} octets");
        Assert.Equal($"10.0.0.{Records}",
            (await new MachineQueries(Store, TimeProvider.System).FindAsync(Id(1), CancellationToken.None))!.Address);
    }

    public async ValueTask InitializeAsync() => await _database.MigrateAsync(CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Length of the write-ahead log, which is emptied.</summary>
    private async Task<long> WrittenAsync()
    {
        var length = new FileInfo(Path.Combine(_folder.FullName, "anvil.db-wal")).Length;
        await ScalarAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        return length;
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class PostgresBootStateTests(PostgresFixture postgres) : BootStateTests, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    protected override Database Store => _database;

    protected override IBootStateStore Boots => new PostgresBootStateStore(_database);

    protected override IMachineFeed Feed => new PostgresMachineFeed(_database, new PostgresEventStore(_database));

    protected override Task SettledAsync() => PostgresFixture.SettledAsync(_database);

    /// <summary>A row that is written anew has another place: those with the document keep theirs.</summary>
    [Fact]
    public async Task ARecordLeavesTheRowsWithTheDocumentWhereTheyAre()
    {
        await WriteAsync(null, State(1));
        const string Places = "SELECT (SELECT string_agg(ctid::text || xmin::text, ' ') FROM grain_state) "
            + "|| (SELECT string_agg(ctid::text || xmin::text, ' ') FROM machine)";
        var before = await ScalarAsync(Places);
        for (var i = 1; i <= 5; i++)
            Assert.Single(await Boots.WriteAsync([Write(i, Record(Phase.Working, "10.0.0.1", i + 1))], CancellationToken.None));
        Assert.Equal(before, await ScalarAsync(Places));
        Assert.NotNull(await WriteAsync(6, State(7)));
        Assert.NotEqual(before, await ScalarAsync(Places));
    }

    /// <summary>Writers of records and of documents of the same machines: each version is written once, and none is lost.</summary>
    [Fact]
    public async Task WritersAtOnceEachTakeAVersionOfTheirOwn()
    {
        const int Machines = 4;
        const int Writers = 6;
        const int Turns = 40;
        for (var i = 1; i <= Machines; i++) await WriteAsync(null, State(1), i);
        var won = new int[Machines + 1];
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var random = new Random(writer);
            for (var turn = 0; turn < Turns; turn++)
            {
                var versions = new Dictionary<int, int>();
                for (var i = 1; i <= Machines; i++)
                    versions[i] = (int)(long)(await ScalarAsync($"SELECT version FROM boot_state WHERE uuid = '{Id(i)}'"))!;
                if (writer % 3 == 0)
                {
                    var one = random.Next(1, Machines + 1);
                    if (await WriteAsync(versions[one], State(2), one) is not null) Interlocked.Increment(ref won[one]);
                    continue;
                }

                var writes = versions.Select(v => Write(v.Value, Record(Phase.Working, "", 2), "", v.Key)).ToArray();
                random.Shuffle(writes);
                var written = await Boots.WriteAsync(writes, CancellationToken.None);
                for (var i = 1; i <= Machines; i++) if (written.Contains(Id(i))) Interlocked.Increment(ref won[i]);
            }
        }));
        for (var i = 1; i <= Machines; i++)
            Assert.Equal(1L + won[i], await ScalarAsync($"SELECT version FROM boot_state WHERE uuid = '{Id(i)}'"));
    }

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await postgres.Server.CreateDatabaseAsync());
        await _database.MigrateAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
