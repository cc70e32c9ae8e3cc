using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Storage.Sqlite;
using Dapper;
using SQLitePCL;
using static Anvil.Storage.Tests.MachineRows;

namespace Anvil.Storage.Tests;

/// <summary>
/// What is written and read by a key costs the same however many machines there are. Steps of SQLite's machine are counted: they are the
/// same on each computer, and whoever walks over all machines takes many.
/// </summary>
public sealed class SqliteStepsTests : IAsyncLifetime
{
    private const double Most = 1.2;
    private const int Asked = 50;
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-steps-");
    private readonly SqliteDatabase _database;
    private int _made;

    public SqliteStepsTests() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));

    public async ValueTask InitializeAsync() => await _database.MigrateAsync(None);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task WritesTakeNoMoreBesideManyMachines()
    {
        var leases = new SqliteLeaseStore(_database);
        var (epoch, _) = await leases.OpenAsync("net", None);
        await MakeAsync(10);
        var few = await OfWritesAsync(leases, epoch);
        await MakeAsync(1_000);
        var many = await OfWritesAsync(leases, epoch);
        foreach (var (what, steps) in few)
        {
            Assert.True(steps > 0, what);
            Assert.True(many[what] <= steps * Most, $"{what}: {many[what]} steps beside 1,000 machines, {steps} beside 10");
        }
    }

    [Fact]
    public async Task WhatEdgesReadOfChangedMachinesTakesNoMoreBesideManyOthers()
    {
        await MakeAsync(Asked);
        var few = await OfFeedAsync();
        await MakeAsync(1_000);
        var many = await OfFeedAsync();
        Assert.True(few > 0);
        Assert.True(many <= few * Most, $"{many} hundred steps beside 1,000 machines, {few} beside {Asked}");
    }

    /// <summary>The steps of a write of each kind.</summary>
    private async Task<Dictionary<string, int>> OfWritesAsync(SqliteLeaseStore leases, long epoch)
    {
        var states = new SqliteStates(_database);
        var boots = new SqliteBootStateStore(_database);
        var all = new Dictionary<string, int>(StringComparer.Ordinal);
        // A row that is cleared stays, so that each has one of its own.
        var uuid = Id(1_000_000 + _made);
        var told = new MachineEvent(DateTimeOffset.UnixEpoch, "machines", "update", uuid, "");
        var state = Json.Write(State(1_000_000 + _made) with { Events = [told] });
        var lease = new Lease { Addr = IPv4.Format(0x0a000000 + (uint)_made), Token = uuid, State = Lease.Ack };
        await NoteAsync("make", () => states.WriteAsync("m-" + uuid, "machine", null, state));
        await NoteAsync("amend", () => states.WriteAsync("m-" + uuid, "machine", 1, state));
        await NoteAsync("boot", () => boots.WriteAsync([new BootWrite(uuid, 2, new BootRecord { Revision = 2 }, [told])], None));
        await NoteAsync("remove", () => states.RemoveAsync("m-" + uuid, "machine", "3", Json.Write(new MachineState { Events = [told] })));
        await NoteAsync("lease", () => leases.WriteAsync("net", epoch, [lease], None));
        await NoteAsync("lease again", () => leases.WriteAsync("net", epoch, [lease], None));
        await using var connection = await _database.OpenAsync(None);
        Assert.Equal(_made, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM machine"));
        return all;

        async Task NoteAsync(string what, Func<Task> write)
        {
            var before = await _database.WriteAsync(isForTheWire: false, s => s.Steps, None);
            await write();
            all[what] = await _database.WriteAsync(isForTheWire: false, s => s.Steps, None) - before;
        }
    }

    /// <summary>The steps of what an edge asks for machines that have changed, in hundreds.</summary>
    private async Task<int> OfFeedAsync()
    {
        var feed = new SqliteMachineFeed(_database, new SqliteEventStore(_database));
        var hundreds = 0;
        // The pool gives the connection that came back last.
        await using (var connection = await _database.OpenAsync(None))
            raw.sqlite3_progress_handler(connection.Handle, 100, Count, null);
        Assert.Equal(Asked, (await feed.ReadAsync([.. Enumerable.Range(0, Asked).Select(Id)], None)).Count);
        await using (var connection = await _database.OpenAsync(None)) raw.sqlite3_progress_handler(connection.Handle, 0, null, null);
        return hundreds;

        int Count(object? _)
        {
            hundreds++;
            return 0;
        }
    }

    /// <summary>Makes machines until there are so many.</summary>
    private async Task MakeAsync(int machines)
    {
        var states = new SqliteStates(_database);
        var made = await Task.WhenAll(Enumerable.Range(_made, machines - _made)
            .Select(i => states.WriteAsync("m-" + Id(i), "machine", null, Json.Write(State(i)))));
        Assert.DoesNotContain(null, made);
        _made = machines;
    }

    private static MachineState State(int number)
        => new() { Machine = new Machine { Uuid = Id(number), Name = $"m{number}", BootEnv = "discovery" }, Revision = 1 };
}
