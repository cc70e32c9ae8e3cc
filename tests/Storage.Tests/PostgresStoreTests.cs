using System.Data.Common;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Retention;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Storage.Postgres;
using Anvil.Support;
using Dapper;
using Npgsql;

[assembly: AssemblyFixture(typeof(Anvil.Storage.Tests.PostgresFixture))]

namespace Anvil.Storage.Tests;

/// <summary>The PostgreSQL server of this run.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    public SharedPostgres Server { get; } = new();

    /// <summary>
    /// Waits until every transaction that runs now has ended. Events are read up to a horizon that is the whole server's: transactions of
    /// other tests, in other databases, hold it.
    /// </summary>
    public static Task SettledAsync(PostgresDatabase database) => Settled.WaitAsync(database.ConnectionString);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>The stores on PostgreSQL, and the statements that Orleans' providers run there.</summary>
public sealed class PostgresStoreTests(PostgresFixture postgres) : StoreTests, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    protected override ICatalogStore Catalog => new CatalogStore(_database, TimeProvider.System);

    protected override ILeaseStore Leases => new PostgresLeaseStore(_database);

    protected override ITimelineStore Timelines => new PostgresTimelineStore(_database);

    protected override IRetentionStore Retention => new RetentionStore(_database, TimeProvider.System);

    protected override IMachineQueries Queries => new MachineQueries(_database, TimeProvider.System);

    protected override string DamageLease => "UPDATE lease SET document = @document WHERE address = 167772165";

    protected override IReservationStore Reservations => new ReservationStore(_database, TimeProvider.System);

    protected override IEventStore Events => new PostgresEventStore(_database);

    protected override IMachineFeed Feed => new PostgresMachineFeed(_database, Events);

    protected override IJobLogs Logs => new PostgresJobLogs(_database);

    protected override async Task<DbConnection> ConnectAsync() => await _database.OpenAsync(CancellationToken.None);

    protected override Task SettledAsync() => PostgresFixture.SettledAsync(_database);

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await postgres.Server.CreateDatabaseAsync());
        // Silos of a cluster start together.
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _database.MigrateAsync(CancellationToken.None)));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task ASchemaThatThisVersionCannotUseIsRefused()
    {
        await using var connection = await _database.OpenAsync(CancellationToken.None);
        await connection.ExecuteAsync("INSERT INTO schema_version (version, name, oldest) VALUES (90, 'compatible', 1)");
        await _database.MigrateAsync(CancellationToken.None);
        await connection.ExecuteAsync("INSERT INTO schema_version (version, name, oldest) VALUES (91, 'not', 91)");
        Assert.Contains("version with schema 91 or later",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => _database.MigrateAsync(CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task MembershipChangesCompareTheVersionOfTheWholeTable()
    {
        await using var connection = await _database.OpenAsync(CancellationToken.None);
        var queries = (await connection.QueryAsync<(string Key, string Text)>(
            "SELECT QueryKey, QueryText FROM OrleansQuery")).ToDictionary(q => q.Key, q => q.Text, StringComparer.Ordinal);
        var now = DateTime.UtcNow;
        object Member(int generation, int version, int status = 2) => new
        {
            DeploymentId = "d",
            Address = "10.0.0.1",
            Port = 1,
            Generation = generation,
            SiloName = "s",
            HostName = "h",
            Status = status,
            ProxyPort = 0,
            StartTime = now,
            IAmAliveTime = now,
            SuspectTimes = (string?)null,
            Version = version,
        };
        Task<long> Run(string key, object parameters) => connection.ExecuteScalarAsync<long>(queries[key], parameters);
        async Task<(int Members, int Version)> ReadAsync()
        {
            var rows = (await connection.QueryAsync<(DateTime? StartTime, int Version)>(
                queries["MembershipReadAllKey"].Replace("SELECT m.address AS \"Address\"", "SELECT m.started, v.version, m.address",
                    StringComparison.Ordinal), new { DeploymentId = "d" })).AsList();
            return (rows.Count(r => r.StartTime is not null), rows[0].Version);
        }

        Assert.Equal(1, await Run("InsertMembershipVersionKey", new { DeploymentId = "d" }));
        Assert.Equal(0, await Run("InsertMembershipVersionKey", new { DeploymentId = "d" }));
        Assert.Equal((0, 0), await ReadAsync());
        Assert.Equal(1, await Run("InsertMembershipKey", Member(1, 0)));
        Assert.Equal((1, 1), await ReadAsync());
        Assert.Equal(0, await Run("InsertMembershipKey", Member(2, 0)));
        Assert.Equal(0, await Run("InsertMembershipKey", Member(1, 1)));
        Assert.Equal((1, 1), await ReadAsync());
        Assert.Equal(0, await Run("UpdateMembershipKey", Member(1, 0, 3)));
        Assert.Equal(0, await Run("UpdateMembershipKey", Member(7, 1, 3)));
        Assert.Equal(1, await Run("UpdateMembershipKey", Member(1, 1, 3)));
        Assert.Equal((1, 2), await ReadAsync());
        await Run("CleanupDefunctSiloEntriesKey", new { DeploymentId = "d", IAmAliveTime = now.AddDays(1) });
        Assert.Equal((1, 2), await ReadAsync());
        Assert.Equal(1, await Run("UpdateMembershipKey", Member(1, 2, 6)));
        await Run("CleanupDefunctSiloEntriesKey", new { DeploymentId = "d", IAmAliveTime = now.AddDays(1) });
        Assert.Equal((0, 3), await ReadAsync());
    }

    [Fact]
    public async Task OfSilosThatJoinAtOnceOnlyOneWinsEachVersion()
    {
        await using var reader = await _database.OpenAsync(CancellationToken.None);
        var insert = await reader.ExecuteScalarAsync<string>("SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'InsertMembershipKey'");
        await reader.ExecuteAsync("INSERT INTO membership_version (deployment, version) VALUES ('d', 0)");
        var won = 0;
        await Task.WhenAll(Enumerable.Range(1, 16).Select(async generation =>
        {
            await using var connection = await _database.OpenAsync(CancellationToken.None);
            var made = await connection.ExecuteScalarAsync<long>(insert!,
                new
                {
                    DeploymentId = "d",
                    Address = "a",
                    Port = 1,
                    Generation = generation,
                    SiloName = "s",
                    HostName = "h",
                    Status = 2,
                    ProxyPort = 0,
                    StartTime = DateTime.UtcNow,
                    IAmAliveTime = DateTime.UtcNow,
                    Version = 0
                });
            if (made == 1) Interlocked.Increment(ref won);
        }));
        Assert.Equal(1, won);
        Assert.Equal(1, await reader.ExecuteScalarAsync<long>("SELECT count(*) FROM membership"));
    }

    [Fact]
    public async Task AStateWrittenTwiceUponOneVersionIsAConflict()
    {
        await using var connection = await _database.OpenAsync(CancellationToken.None);
        Task<int?> Write(int? version)
            => connection.ExecuteScalarAsync<int?>("SELECT grain_state_write('anvil', 'other', 0, 0, 'x', '\\x7b7d', @version)",
                new { version });
        Assert.Equal(1, await Write(null));
        Assert.Null(await Write(null));
        Assert.Equal(2, await Write(1));
        Assert.Null(await Write(1));
        Assert.Null(await Write(7));
    }

    [Fact]
    public async Task AnEventWhoseTransactionEndsLateIsNotPassedOver()
    {
        var events = new PostgresEventStore(_database);
        const string Insert = "INSERT INTO event (time, type, action, key, detail) VALUES (now(), 't', 'create', @key, '')";
        await using var slow = await _database.OpenAsync(CancellationToken.None);
        await SettledAsync();
        var place = await events.EndAsync(CancellationToken.None);
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.ExecuteAsync(Insert, new { key = "late" }, transaction);
        await using (var quick = await _database.OpenAsync(CancellationToken.None))
            await quick.ExecuteAsync(Insert, new { key = "early" });
        Assert.Empty(await events.ReadAsync(place, 10, CancellationToken.None));
        await transaction.CommitAsync();
        await SettledAsync();
        Assert.Equal(["late", "early"], (await events.ReadAsync(place, 10, CancellationToken.None)).Select(e => e.Key));
    }

    [Fact]
    public async Task AChangeIsNamedAtOnceAlsoWhileAnEarlierTransactionStillRuns()
    {
        const string Insert = "INSERT INTO event (time, type, action, key, detail) VALUES (now(), 'machines', 'update', @key, '')";
        await using var slow = await _database.OpenAsync(CancellationToken.None);
        await SettledAsync();
        var place = await Feed.EndAsync(CancellationToken.None);
        await using var transaction = await slow.BeginTransactionAsync();
        await slow.ExecuteAsync(Insert, new { key = "late" }, transaction);
        await using (var quick = await _database.OpenAsync(CancellationToken.None))
            await quick.ExecuteAsync(Insert, new { key = "early" });
        var page = await Feed.ChangedAsync(place, 10, CancellationToken.None);
        Assert.Equal(["early"], page.Uuids);
        await transaction.CommitAsync();
        Assert.Contains("late", (await Feed.ChangedAsync(page.Place, 10, CancellationToken.None)).Uuids);
    }

    [Fact]
    public async Task WithoutAServerTheFailureIsNamedOne()
    {
        await using var nowhere = new PostgresDatabase("Host=/nowhere;Username=anvil;Database=none");
        Assert.True(DatabaseFailure.Is(await Assert.ThrowsAnyAsync<Exception>(() => nowhere.ConnectAsync(CancellationToken.None))));
        Assert.DoesNotContain("secret", new PostgresDatabase("Host=h;Username=anvil;Password=secret;Database=none").Name,
            StringComparison.Ordinal);
    }

    /// <summary>A connection is a lease that is not written: whoever sends or takes a log slowly holds none.</summary>
    [Fact]
    public async Task WhoSendsOrTakesALogSlowlyHoldsNoConnection()
    {
        await using var one = new PostgresDatabase(_database.ConnectionString + ";Maximum Pool Size=1;Timeout=2");
        var (logs, job) = (new PostgresJobLogs(one), Guid.NewGuid());
        using var sender = new HeldStream(1 << 20);
        var sending = logs.AppendAsync(job, sender, CancellationToken.None);
        await sender.Held.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(LogAppend.Whole, await logs.AppendAsync(job, new MemoryStream(new byte[7]), CancellationToken.None));
        using var taker = new HeldStream(300 << 10);
        var taking = logs.CopyToAsync(job, taker, CancellationToken.None);
        await taker.Held.WaitAsync(TimeSpan.FromSeconds(30));
        await (await one.ConnectAsync(CancellationToken.None)).DisposeAsync();
        Assert.Equal(LogAppend.Whole, await logs.AppendAsync(job, new MemoryStream(new byte[9]), CancellationToken.None));
        sender.Go();
        Assert.Equal(LogAppend.Whole, await sending);
        taker.Go();
        await taking;
        // Nothing left out and nothing twice: the last row has grown before it was read.
        Assert.Equal((1 << 20) + 16, taker.Length);
        Assert.Equal((1 << 20) + 16, (await logs.ListAsync(CancellationToken.None)).Single(l => l.Job == job).Octets);
    }

    [Fact]
    public async Task ShortPiecesOfALogJoinAndItsLengthIsKept()
    {
        const int Writers = 4;
        const int Pieces = 600;
        var job = Guid.NewGuid();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Pieces).Select(n => (char)('a' + (n % 26)))));
        foreach (var octet in text) await Logs.AppendAsync(job, new MemoryStream([octet]), CancellationToken.None);
        using var read = new MemoryStream();
        await Logs.CopyToAsync(job, read, CancellationToken.None);
        Assert.Equal(text, read.ToArray());
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var n = 0; n < Pieces; n++) await Logs.AppendAsync(job, new MemoryStream([1]), CancellationToken.None);
        }));
        await using var connection = await _database.OpenAsync(CancellationToken.None);
        var key = job.ToString();
        Assert.InRange(await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM job_log WHERE job = @key", new { key }), 1, 4);
        // As the version before writes.
        await connection.ExecuteAsync("INSERT INTO job_log (job, chunk) VALUES (@key, 'xyz')", new { key });
        async Task<long?> LengthAsync()
            => await connection.ExecuteScalarAsync<long?>("SELECT octets FROM job_log_length WHERE job = @key", new { key });
        Assert.Equal(((Writers + 1) * Pieces) + 3, await LengthAsync());
        await Logs.TrimAsync(job, "gone", CancellationToken.None);
        Assert.Null(await LengthAsync());
        await Logs.AppendAsync(job, new MemoryStream([2]), CancellationToken.None);
        Assert.Equal(1, await LengthAsync());
        await Logs.DeleteAsync(job, CancellationToken.None);
        Assert.Null(await LengthAsync());
    }

    /// <summary>A client that stops after so many octets until it is told to go on.</summary>
    private sealed class HeldStream(long after) : MemoryStream(new byte[4 << 20])
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goes = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _passed;

        public Task Held => _held.Task;

        public override long Length => _passed;

        public void Go() => _goes.TrySetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_passed >= after)
            {
                await HoldAsync();
                return 0;
            }

            var read = (int)Math.Min(buffer.Length, after - _passed);
            buffer.Span[..read].Clear();
            _passed += read;
            return read;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_passed >= after) await HoldAsync();
            _passed += buffer.Length;
        }

        private Task HoldAsync()
        {
            _held.TrySetResult();
            return _goes.Task;
        }
    }
}
