using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Keeps this silo's snapshot of the catalog: asks the store for what changed twice a second, and at once when the writer tells of a
/// change. Each snapshot
/// is made from the last one and what changed.
/// </summary>
public sealed partial class CatalogCache(
    ICatalogStore store, BuiltInContent builtIn, IEnumerable<ICatalogFollower> followers, TimeProvider time, ILogger<CatalogCache> logger)
    : BackgroundService, ICatalog
{
    /// <summary>Half of what a view may be old.</summary>
    private static readonly TimeSpan Period = ICatalog.OldestView / 2;

    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly IReadOnlyList<ICatalogFollower> _followers = [.. followers];
    private CatalogSnapshot? _current;
    private long _confirmed;

    /// <inheritdoc/>
    public CatalogSnapshot Current
        => Volatile.Read(ref _current) ?? throw new InvalidOperationException("the catalog has not been read yet");

    /// <summary>True once there is a snapshot.</summary>
    public bool IsLoaded => Volatile.Read(ref _current) is not null;

    /// <inheritdoc/>
    public TimeSpan Age => IsLoaded ? time.GetElapsedTime(Volatile.Read(ref _confirmed)) : TimeSpan.MaxValue;

    /// <inheritdoc/>
    public async Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation)
        => Volatile.Read(ref _current) is { } current && current.Revision >= revision ? current : await ReadAsync(revision, cancellation);

    /// <summary>The newest snapshot that the store can give.</summary>
    public Task<CatalogSnapshot> RefreshAsync(CancellationToken cancellation) => ReadAsync(long.MaxValue, cancellation);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (pack, file, reason) in builtIn.Packs.Faults) LogNotTaken(pack, file, reason);
        foreach (var (pack, file, note) in builtIn.Packs.Notes) LogNote(pack, file, note);
        await RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _loading.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReadFailed(e);
            }
        }
    }

    private async Task<CatalogSnapshot> ReadAsync(long revision, CancellationToken cancellation)
    {
        await _loading.WaitAsync(cancellation);
        try
        {
            if (_current is { } known && known.Revision >= revision) return known;
            var asked = time.GetTimestamp();
            var last = _current ?? CatalogSnapshot.Of(builtIn.Packs);
            var delta = await store.ChangesSinceAsync(_current is null ? -1 : last.Revision, cancellation);
            // What was true when the question was sent is certain; what came after it is not.
            if (_current is not null && delta is { IsWhole: false, Written.Count: 0, Removed.Count: 0 } && delta.Revision == last.Revision)
            {
                Volatile.Write(ref _confirmed, asked);
                return last;
            }

            var snapshot = last.With(delta);
            Volatile.Write(ref _current, snapshot);
            Volatile.Write(ref _confirmed, asked);
            LogLoaded(delta.Revision, delta.Written.Count, delta.Removed.Count);
            foreach (var follower in _followers) follower.Follow(snapshot);
            return snapshot;
        }
        finally
        {
            _loading.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "catalog revision {Revision} read: {Written} documents written, {Removed} removed")]
    private partial void LogLoaded(long revision, int written, int removed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the catalog could not be read; the last snapshot stays in use")]
    private partial void LogReadFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "content pack {Pack}: {File} was not taken: {Reason}")]
    private partial void LogNotTaken(string pack, string file, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "content pack {Pack}: {File}: {Note}")]
    private partial void LogNote(string pack, string file, string note);
}
