using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Catalog;

/// <summary>Content packs that this silo was started with.</summary>
public sealed record BuiltInContent(IReadOnlyList<Document> Documents);

/// <summary>Keeps this silo's snapshot of the catalog: asks for the revision each second, and at once after a write of its own.</summary>
public sealed partial class CatalogCache(ICatalogStore store, BuiltInContent builtIn, TimeProvider time, ILogger<CatalogCache> logger) : BackgroundService, ICatalog
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile CatalogSnapshot? _current;

    /// <inheritdoc/>
    public CatalogSnapshot Current => _current ?? throw new InvalidOperationException("the catalog has not been read yet");

    /// <summary>True once there is a snapshot.</summary>
    public bool IsLoaded => _current is not null;

    /// <summary>Content packs below the writable documents.</summary>
    public IReadOnlyList<Document> BuiltIn => builtIn.Documents;

    /// <inheritdoc/>
    public async Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation)
    {
        if (_current is { } current && current.Revision >= revision) return current;
        await LoadAsync(revision, cancellation);
        return Current;
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(0, cancellationToken);
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
                var revision = await store.RevisionAsync(stoppingToken);
                if (revision != Current.Revision) await LoadAsync(revision, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReadFailed(e);
            }
        }
    }

    /// <summary>A snapshot of stored documents over the built-in ones.</summary>
    internal CatalogSnapshot Snapshot(long revision, IEnumerable<Document> stored)
    {
        var own = stored.ToList();
        var keys = own.Select(d => (d.Prefix, d.Key)).ToHashSet();
        return new CatalogSnapshot(revision, own.Concat(builtIn.Documents.Where(d => !keys.Contains((d.Prefix, d.Key)))));
    }

    private async Task LoadAsync(long revision, CancellationToken cancellation)
    {
        await _loading.WaitAsync(cancellation);
        try
        {
            if (_current is { } current && revision != 0 && current.Revision >= revision) return;
            var (read, documents) = await store.ReadAsync(cancellation);
            _current = Snapshot(read, documents);
            LogLoaded(read, documents.Count);
        }
        finally
        {
            _loading.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "catalog revision {Revision} read, {Count} stored documents")]
    private partial void LogLoaded(long revision, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the catalog could not be read; the last snapshot stays in use")]
    private partial void LogReadFailed(Exception exception);
}
