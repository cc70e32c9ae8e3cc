using System.Diagnostics;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Storage.Sqlite;
using Dapper;
using Microsoft.Data.Sqlite;
using static Anvil.Storage.Tests.MachineRows;

namespace Anvil.Storage.Tests;

/// <summary>Writes that share a connection, its statements and their commits.</summary>
public sealed class SqliteWriterTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-writer-");
    private readonly SqliteDatabase _database;

    public SqliteWriterTests() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));

    public async ValueTask InitializeAsync() => await _database.MigrateAsync(None);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task WhatBreaksARuleFailsAloneAndWhatWaitedBesideItIsWritten()
    {
        Task<long?>[] all;
        using (await _database.WriteTurnAsync(None))
            all = [.. Enumerable.Range(0, 20).Select(i => StoreAsync(Id(i), i % 5 == 4 ? "m0" : $"m{i}"))];
        for (var i = 0; i < all.Length; i++)
        {
            if (i % 5 == 4) Assert.Equal(UniqueRule.Name, UniqueViolation.Of(await Assert.ThrowsAsync<SqliteException>(() => all[i])));
            else Assert.Equal(1, await all[i]);
        }

        Assert.Equal(16L, await CountAsync("machine"));
        Assert.Equal(16L, await CountAsync("grain_state"));
        Assert.Equal(1, await StoreAsync(Id(4), "m4"));
    }

    /// <summary>A document that came first does not make the wire wait behind others who write, nor does a commit that is full.</summary>
    [Fact]
    public async Task TheWireGoesFirstWhateverWaitedBeforeIt()
    {
        const string Epoch = "INSERT INTO subnet_epoch (subnet, epoch) VALUES ($subnet, 1)";
        var turns = new WriteTurns();
        using var writer = new SqliteWriter(_database, turns);
        var held = await turns.TakeAsync(isForTheWire: false, None);
        var other = turns.TakeAsync(isForTheWire: false, None).AsTask();
        var document = writer.RunAsync(isForTheWire: false, s => s.Execute(Epoch, ("$subnet", "document")), None);
        await Wait.UntilAsync(() => Task.FromResult(turns.Waiting == 2), TimeSpan.FromMinutes(1), () => "the document does not wait");
        var leases = Enumerable.Range(0, SqliteWriter.MostForTheWire + 1)
            .Select(i => writer.RunAsync(isForTheWire: true, s => s.Execute(Epoch, ("$subnet", $"lease-{i}")), None)).ToList();
        held.Dispose();
        using (await other.WaitAsync(TimeSpan.FromMinutes(1)))
            Assert.Equal(SqliteWriter.MostForTheWire + 2L, await CountAsync("subnet_epoch"));
        await Task.WhenAll([document, .. leases]);
    }

    [Fact]
    public async Task WhatThrowsIsUndoneWhateverItThrows()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => _database.WriteAsync<int>(isForTheWire: true, statements =>
        {
            statements.Execute("INSERT INTO subnet_epoch (subnet, epoch) VALUES ('a', 1)");
            throw new InvalidTimeZoneException();
        }, None));
        Assert.Equal(0L, await CountAsync("subnet_epoch"));
    }

    [Fact]
    public async Task WhatEndsTheTransactionFailsAllInItAndTheNextWriteIsAsEver()
    {
        Task<int> ended, beside;
        using (await _database.WriteTurnAsync(None))
        {
            beside = EpochAsync("beside");
            ended = _database.WriteAsync(isForTheWire: true, s => s.Execute("ROLLBACK"), None);
        }

        await Assert.ThrowsAsync<SqliteException>(() => ended);
        await Assert.ThrowsAsync<SqliteException>(() => beside);
        Assert.Equal(0L, await CountAsync("subnet_epoch"));
        Assert.Equal(1, await EpochAsync("next"));
        Assert.Equal(1L, await CountAsync("subnet_epoch"));
    }

    /// <summary>SQLite undoes a whole transaction that finds no room: what is small is written all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatFindsNoRoomFailsAlone(bool isLargeFirst)
    {
        Task<int> large, beside;
        using (await _database.WriteTurnAsync(None))
        {
            beside = isLargeFirst ? Task.FromResult(0) : EpochAsync("beside");
            large = _database.WriteAsync(isForTheWire: true, s =>
            {
                // As small as the file is now.
                s.Scalar("PRAGMA max_page_count = 1");
                return s.Execute("INSERT INTO subnet_epoch (subnet, epoch) VALUES ($large, 1)", ("$large", new string('x', 1 << 20)));
            }, None);
            if (isLargeFirst) beside = EpochAsync("beside");
        }

        Assert.Equal(13, (await Assert.ThrowsAsync<SqliteException>(() => large)).SqliteErrorCode);
        Assert.Equal(1, await beside);
        Assert.Equal(1L, await CountAsync("subnet_epoch"));
    }

    /// <summary>Leases without end hold no document up, nor do many large documents a lease.</summary>
    [Fact]
    public async Task EachCommitTakesOneDocumentAndMoreWhileTheyAreShort()
    {
        var order = new List<string>();
        Task<int> Note(bool isForTheWire, string name, int milliseconds) => _database.WriteAsync(isForTheWire, s =>
        {
            order.Add(name);
            var clock = Stopwatch.StartNew();
            SpinWait.SpinUntil(() => clock.ElapsedMilliseconds >= milliseconds);
            return 0;
        }, None);
        List<Task<int>> all = [];
        using (await _database.WriteTurnAsync(None))
        {
            all.AddRange(Enumerable.Range(0, 3).Select(i => Note(isForTheWire: false, $"large {i}", 20)));
            all.AddRange(Enumerable.Range(0, SqliteWriter.MostForTheWire + 1).Select(_ => Note(isForTheWire: true, "lease", 0)));
        }

        await Task.WhenAll(all);
        Assert.Equal([SqliteWriter.MostForTheWire, SqliteWriter.MostForTheWire + 2, SqliteWriter.MostForTheWire + 3],
            Enumerable.Range(0, 3).Select(i => order.IndexOf($"large {i}")));
    }

    [Fact]
    public async Task WhatIsCalledOffBeforeItsTurnIsNotWritten()
    {
        using var off = new CancellationTokenSource();
        Task<int> called, other;
        using (await _database.WriteTurnAsync(None))
        {
            called = EpochAsync("off", off.Token);
            other = EpochAsync("other");
            await off.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => called);
        }

        Assert.Equal(1, await other);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EpochAsync("late", off.Token));
        Assert.Equal(1L, await CountAsync("subnet_epoch"));
    }

    /// <summary>A machine's write is compiled with all triggers of its table: ten times what it takes to run it.</summary>
    [Fact]
    public async Task StatementsAreCompiledOnce()
    {
        var states = new SqliteStates(_database);
        // Statements of larger values are not kept; the first round compiles them.
        foreach (var (round, length) in new[] { 10, 200_000, 10 }.Index())
        {
            for (var i = 0; i < 20; i++)
            {
                var (_, version) = await states.ReadAsync(Key(i), "machine");
                var state = Json.Write(State(Id(i), $"m{i}") with { BootId = new string('x', length) });
                Assert.NotNull(await states.WriteAsync(Key(i), "machine", version is null ? null : long.Parse(version, null), state));
                await EpochAsync($"{round}-{i}");
            }
        }

        // Of 120 runs: that of a type which is bound is compiled again each time.
        Assert.InRange(await _database.WriteAsync(isForTheWire: false, s => s.CompiledAgain, None), 0, 5);
    }

    [Fact]
    public async Task AStateIsFencedByItsVersionAndClearedWithIt()
    {
        var states = new SqliteStates(_database);
        Assert.Equal((null, null), await states.ReadAsync("a", "kind"));
        Assert.Equal(1, await states.WriteAsync("a", "kind", null, "one"));
        Assert.Null(await states.WriteAsync("a", "kind", null, "again"));
        Assert.Null(await states.WriteAsync("a", "other", 1, "another kind"));
        Assert.Equal(2, await states.WriteAsync("a", "kind", 1, "two"));
        Assert.Null(await states.WriteAsync("a", "kind", 1, "stale"));
        Assert.Equal(("two", "2"), await states.ReadAsync("a", "kind"));
        Assert.Null(await states.ClearAsync("a", "kind", "1"));
        Assert.Equal("3", await states.ClearAsync("a", "kind", "2"));
        Assert.Equal((null, "3"), await states.ReadAsync("a", "kind"));
        Assert.Null(await states.WriteAsync("a", "kind", null, "who did not read"));
        Assert.Equal(4, await states.WriteAsync("a", "kind", 3, "four"));
        Assert.Equal(("four", "4"), await states.ReadAsync("a", "kind"));
    }

    /// <summary>What a deletion tells is there if the machine is gone, and only then; whoever makes it again goes on from there.</summary>
    [Fact]
    public async Task AMachineIsRemovedWithWhatThatTellsInOneTransaction()
    {
        var states = new SqliteStates(_database);
        var told = new MachineEvent(DateTimeOffset.UnixEpoch, "machines", "delete", Id(1), "");
        var last = Json.Write(new MachineState { Events = [told] });
        Assert.Equal(1, await StoreAsync(Id(1), "m1"));
        Assert.Equal(2, await states.WriteAsync(Key(1), "machine", 1, Json.Write(State(Id(1), "m1"))));
        Assert.Null(await states.RemoveAsync(Key(1), "machine", "1", last));
        Assert.Equal((0L, 1L), (await CountAsync("event"), await CountAsync("machine")));
        // The second half fails: neither is done.
        await using (var connection = await _database.OpenAsync(None))
            await connection.ExecuteAsync("CREATE TRIGGER fails BEFORE UPDATE ON grain_state WHEN NEW.payload IS NULL "
                + "BEGIN SELECT RAISE(ABORT, 'no'); END");
        await Assert.ThrowsAsync<SqliteException>(() => states.RemoveAsync(Key(1), "machine", "2", last));
        Assert.Equal((0L, 1L), (await CountAsync("event"), await CountAsync("machine")));
        Assert.Equal("2", (await states.ReadAsync(Key(1), "machine")).Version);
        await using (var connection = await _database.OpenAsync(None)) await connection.ExecuteAsync("DROP TRIGGER fails");
        Assert.Equal("4", await states.RemoveAsync(Key(1), "machine", "2", last));
        Assert.Equal((1L, 0L, 0L), (await CountAsync("event"), await CountAsync("machine"), await CountAsync("boot_state")));
        Assert.Equal((null, "4"), await states.ReadAsync(Key(1), "machine"));
        Assert.Equal(5, await states.WriteAsync(Key(1), "machine", 4, Json.Write(State(Id(1), "m1"))));
        Assert.Equal(1L, await CountAsync("machine"));
    }

    private Task<int> EpochAsync(string subnet, CancellationToken cancellation = default) => _database.WriteAsync(isForTheWire: true,
        s => s.Execute("INSERT INTO subnet_epoch (subnet, epoch) VALUES ($subnet, 1)", ("$subnet", subnet)), cancellation);

    private Task<long?> StoreAsync(string uuid, string name)
        => new SqliteStates(_database).WriteAsync("m-" + uuid, "machine", null, Json.Write(State(uuid, name)));

    private async Task<long> CountAsync(string table)
    {
        await using var connection = await _database.OpenAsync(None);
        return await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}");
    }

    private static string Key(int number) => "m-" + Id(number);

    private static MachineState State(string uuid, string name)
        => new() { Machine = new Machine { Uuid = uuid, Name = name, BootEnv = "discovery" }, Revision = 1 };
}
