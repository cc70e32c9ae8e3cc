using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Anvil.Storage.Sqlite;

namespace Anvil.Storage.Tests;

/// <summary>What every database must do. SQLite today; another one is another subclass of <see cref="StoreTests"/>.</summary>
public abstract class StoreTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A catalog store on an empty database.</summary>
    protected abstract ICatalogStore Catalog { get; }

    /// <summary>A lease store on the same database.</summary>
    protected abstract ILeaseStore Leases { get; }

    /// <summary>A timeline store on the same database.</summary>
    protected abstract ITimelineStore Timelines { get; }

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

    private static Lease Lease(string address) => new() { Addr = address, Token = "02:00:00:00:00:01", State = Provisioning.Network.Lease.Ack };
}

/// <summary>The stores on SQLite.</summary>
public sealed class SqliteStoreTests : StoreTests, IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-sqlite-");
    private readonly SqliteDatabase _database;

    public SqliteStoreTests() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));

    protected override ICatalogStore Catalog => new SqliteCatalogStore(_database);

    protected override ILeaseStore Leases => new SqliteLeaseStore(_database);

    protected override ITimelineStore Timelines => new SqliteTimelineStore(_database);

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
    public async Task ADatabaseOfANewerVersionIsRefused()
    {
        await using (var connection = await _database.OpenAsync(CancellationToken.None))
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync();
        }

        Assert.Contains("newer than this version", (await Assert.ThrowsAsync<InvalidOperationException>(() => _database.MigrateAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
    }
}
