using System.Threading.Channels;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Files;

/// <summary>
/// Keeps the contents of this silo as the catalog says: what it names is fetched before anybody asks, as far as there is room for it, and
/// what it does not name any more goes. What it never named while this process was there, an older database or another one may name:
/// that stays for a day.
/// </summary>
public sealed partial class BlobKeeper(
    IBlobStore store, IBlobFetcher fetcher, BlobRoom room, Func<ICatalog> current, TimeProvider time, ILogger<BlobKeeper> logger)
    : BackgroundService, ICatalogFollower
{
    /// <summary>How long a content stays that nothing names, and that nothing was seen to name.</summary>
    private static readonly TimeSpan StrangersStay = TimeSpan.FromDays(1);

    /// <summary>How often it is looked again for what could not be had.</summary>
    private static readonly TimeSpan Each = TimeSpan.FromMinutes(1);

    /// <summary>One content is not waited for longer: it may be large, and goes on coming.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
    });

    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _strangers = new(StringComparer.Ordinal);
    private CatalogSnapshot? _catalog;
    private IReadOnlyDictionary<string, Provisioning.Documents.Document>? _files;
    private IReadOnlyDictionary<string, Provisioning.Documents.Document>? _isos;

    /// <inheritdoc/>
    public void Follow(CatalogSnapshot snapshot)
    {
        var (files, isos) = (snapshot.OfKind(UploadedFile.Kind), snapshot.OfKind(UploadedIso.Kind));
        Volatile.Write(ref _catalog, snapshot);
        if (ReferenceEquals(files, _files) && ReferenceEquals(isos, _isos)) return;
        (_files, _isos) = (files, isos);
        _news.Writer.TryWrite(true);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = "";
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (Volatile.Read(ref _catalog) is { } catalog) await KeepAsync(catalog, stoppingToken);
                store.Clean(time.GetUtcNow() - FileBounds.UnfinishedKept);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                var news = _news.Reader.ReadAsync(wait.Token).AsTask();
                await Task.WhenAny(news, Task.Delay(Each, time, wait.Token));
                await wait.CancelAsync();
                told = "";
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A silo that cannot keep contents does everything else as well as before.
                if (told != e.Message) LogFailed(e);
                told = e.Message;
                await Task.Delay(Each, time, stoppingToken);
            }
        }
    }

    private async Task KeepAsync(CatalogSnapshot catalog, CancellationToken cancellation)
    {
        List<StoredFile> all = [.. FilesOf(catalog)];
        RemoveUnnamed(all);
        var kept = store.List().Sum(b => b.Length);
        foreach (var file in all.Where(f => f.Validated && store.LengthOf(f.Sha256) != f.Size).OrderBy(f => f.Size))
        {
            // The list may have changed while the last one came.
            if (Volatile.Read(ref _catalog)?.Find(new DocumentKey(file.Prefix, file.Path)) is not StoredFile now
                || now.Sha256 != file.Sha256) continue;
            if (!room.Fits(file.Size, kept)) continue;
            if (await fetcher.EnsureAsync(file.Sha256, file.Size, Patience, cancellation) is "") kept += file.Size;
        }
    }

    private void RemoveUnnamed(List<StoredFile> all)
    {
        // Of one that cannot be read it is not known what it names.
        if (all.Any(f => !f.Validated)) return;
        var named = all.Select(f => f.Sha256).ToHashSet(StringComparer.Ordinal);
        foreach (var blob in store.List().Where(b => !named.Contains(b.Sha256)))
        {
            if (!_named.Contains(blob.Sha256) && !blob.IsOwn)
            {
                _strangers.TryAdd(blob.Sha256, time.GetTimestamp());
                if (time.GetElapsedTime(_strangers[blob.Sha256]) < StrangersStay) continue;
            }

            if (store.Remove(blob.Sha256, () => IsNamed(blob.Sha256)) > 0) LogRemoved(blob.Sha256, blob.Length);
            _strangers.Remove(blob.Sha256);
        }

        _named.UnionWith(named);
        _named.RemoveWhere(s => !named.Contains(s) && store.LengthOf(s) is null);
    }

    /// <summary>What was uploaded a moment ago is in the catalog before its writer gives it out of his hands.</summary>
    private bool IsNamed(string sha256) => FilesOf(current().Current).Any(f => !f.Validated || f.Sha256 == sha256);

    private static IEnumerable<StoredFile> FilesOf(CatalogSnapshot catalog)
        => catalog.OfKind(UploadedFile.Kind).Values.Concat(catalog.OfKind(UploadedIso.Kind).Values).Cast<StoredFile>();

    [LoggerMessage(Level = LogLevel.Information, Message = "content {Sha256} ({Length} octets) is removed: no file has it any more")]
    private partial void LogRemoved(string sha256, long length);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the contents of uploaded files cannot be kept as the catalog says; it is tried again")]
    private partial void LogFailed(Exception exception);
}
