using Anvil.Contracts.Catalog;
using Anvil.Contracts.Timeline;
using Anvil.Grains.Retention;
using Anvil.Provisioning.Catalog;
using Anvil.Storage;
using Anvil.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests;

/// <summary>What is old goes by the silo's clock, each hour.</summary>
public sealed class RetentionServiceTests : ICatalog, IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-retention-");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public CatalogSnapshot Current { get; } = new(1, [new Pref { Name = "keepTimelineDays", Val = "2" }]);

    public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(Current);

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task WhatBecomesOldIsTrimmedWithinTheHourAndAFaultIsGotOver()
    {
        var none = CancellationToken.None;
        using var database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));
        await database.MigrateAsync(none);
        var store = new RetentionStore(database, _time);
        var timelines = new SqliteTimelineStore(database);
        var logs = new FileJobLogs(Path.Combine(_folder.FullName, "job-logs"));
        using var service = new RetentionService(store, logs, new MachineQueries(database, _time),
            new UnapprovedMachines(new MachineQueries(database, _time), new SqliteLeaseStore(database), null!, this, _time), this,
            database, _time, NullLogger<RetentionService>.Instance);
        await timelines.AppendAsync([.. Enumerable.Range(0, 2500).Select(
            i => new TimelineEntry(_time.GetUtcNow().AddHours(-47), "u1", "", "dhcp", $"{i}", "", ""))], none);
        async Task<long> TrimmedAsync()
            => (await store.OfMachineAsync("u1", none))?.Rows ?? (await store.TotalsAsync(none)).Sum(t => t.Rows);
        await service.StartAsync(none);
        Assert.True(await service.TrimAsync(none));
        Assert.Equal(0, await TrimmedAsync());
        await using (var connection = await database.OpenAsync(none))
        {
            // The first rounds fail: the next ones do what they did not.
            await using var command = connection.CreateCommand();
            command.CommandText = "ALTER TABLE retention RENAME TO away";
            await command.ExecuteNonQueryAsync(none);
            for (var hours = 0; hours < 3; hours++)
            {
                _time.Advance(RetentionService.Each);
                await Task.Yield();
            }

            command.CommandText = "ALTER TABLE away RENAME TO retention";
            await command.ExecuteNonQueryAsync(none);
        }

        await Wait.UntilAsync(async () =>
        {
            _time.Advance(RetentionService.Each);
            return await TrimmedAsync() == 2500;
        }, Soon, () => "what is old is not trimmed");
        await service.StopAsync(none);
        Assert.Empty(await timelines.ReadAsync("u1", [], 10, none));
    }
}
