using System.Data.Common;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Retention;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Storage.Sqlite;

namespace Anvil.Storage.Tests;

/// <summary>The stores on SQLite.</summary>
public sealed class SqliteStoreTests : StoreTests, IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-sqlite-");
    private readonly SqliteDatabase _database;
    private readonly FileJobLogs _logs;

    public SqliteStoreTests()
        => (_database, _logs) = (new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db")),
            new FileJobLogs(Path.Combine(_folder.FullName, "logs")));

    protected override ICatalogStore Catalog => new CatalogStore(_database, TimeProvider.System);

    protected override ILeaseStore Leases => new SqliteLeaseStore(_database);

    protected override ITimelineStore Timelines => new SqliteTimelineStore(_database);

    protected override IRetentionStore Retention => new RetentionStore(_database, TimeProvider.System);

    protected override IMachineQueries Queries => new MachineQueries(_database, TimeProvider.System);

    protected override string DamageLease => """
        DROP TRIGGER lease_renewed; DROP TRIGGER lease_changed;
        UPDATE lease SET document = @document WHERE address = 167772165
        """;

    protected override IReservationStore Reservations => new ReservationStore(_database, TimeProvider.System);

    protected override IEventStore Events => new SqliteEventStore(_database);

    protected override IMachineFeed Feed => new SqliteMachineFeed(_database, Events);

    protected override IJobLogs Logs => _logs;

    protected override async Task<DbConnection> ConnectAsync() => await _database.OpenAsync(CancellationToken.None);

    public async ValueTask InitializeAsync()
    {
        await _database.MigrateAsync(CancellationToken.None);
        await _database.MigrateAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task LogsLeaveTheLastOfTheDiskToTheDatabase()
    {
        var job = Guid.NewGuid();
        using var content = new MemoryStream([65]);
        Assert.Equal(LogAppend.NoSpace, await new FileJobLogs(Path.Combine(_folder.FullName, "logs"), long.MaxValue)
            .AppendAsync(job, content, CancellationToken.None));
        using var again = new MemoryStream([65]);
        Assert.Equal(LogAppend.Whole, await Logs.AppendAsync(job, again, CancellationToken.None));
    }

    [Fact]
    public async Task ADatabaseOfANewerVersionIsRefused()
    {
        await using (var connection = await _database.OpenAsync(CancellationToken.None))
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync();
        }

        Assert.Contains("newer than this version",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => _database.MigrateAsync(CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }
}
