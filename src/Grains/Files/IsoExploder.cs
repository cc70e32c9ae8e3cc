using System.Collections.Concurrent;
using System.Threading.Channels;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Anvil.Provisioning.Jobs;
using Anvil.Storage.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Grains.Files;

/// <summary>
/// Makes the folders of boot files that the catalog asks for (<see cref="IsoRules"/>) in this edge's file root, one after another, and
/// tells how far it is. A folder says itself what it was made from, so that nothing is made twice, and nothing is remembered.
/// </summary>
/// <param name="fileRoot">The file root.</param>
/// <param name="store">The contents of ISOs.</param>
/// <param name="fetcher">Brings those that others have.</param>
/// <param name="archives">Reads them.</param>
/// <param name="events">Is told how far it is.</param>
/// <param name="edge">This edge's name.</param>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class IsoExploder(
    string fileRoot, IBlobStore store, IBlobFetcher fetcher, IArchives archives, IEventStore events, Func<string> edge,
    IOptions<FilesOptions> options, TimeProvider time, ILogger<IsoExploder> logger) : BackgroundService, ICatalogFollower, IExplosions
{
    private static readonly TimeSpan Each = TimeSpan.FromMinutes(1);

    /// <summary>How long an ISO may take from another silo.</summary>
    private static readonly TimeSpan Fetching = TimeSpan.FromHours(6);

    /// <summary>Hundredths between two events.</summary>
    private const int Step = 25;

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
    });

    private readonly ConcurrentDictionary<string, ExplosionReport> _reports = new(StringComparer.Ordinal);
    private readonly Dictionary<IsoExplosion, long> _failed = [];
    private CatalogSnapshot? _catalog;
    private (object Isos, object Envs) _seen;

    /// <inheritdoc/>
    public IReadOnlyList<ExplosionReport> Reports => [.. _reports.Values.OrderBy(r => r.Folder, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public void Follow(CatalogSnapshot snapshot)
    {
        Volatile.Write(ref _catalog, snapshot);
        var seen = ((object)snapshot.OfKind(UploadedIso.Kind), (object)snapshot.OfKind("bootenvs"));
        if (ReferenceEquals(seen.Item1, _seen.Isos) && ReferenceEquals(seen.Item2, _seen.Envs)) return;
        _seen = seen;
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
                if (Volatile.Read(ref _catalog) is { } catalog) await MakeAllAsync(catalog, stoppingToken);
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(_news.Reader.ReadAsync(wait.Token).AsTask(), Task.Delay(Each, time, wait.Token));
                await wait.CancelAsync();
                told = "";
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // An edge that cannot explode ISOs boots machines as well as before.
                if (told != e.Message) LogTrouble(e);
                told = e.Message;
                await Task.Delay(Each, time, stoppingToken);
            }
        }
    }

    private async Task MakeAllAsync(CatalogSnapshot catalog, CancellationToken cancellation)
    {
        // Twice what one may take: what is older is nobody's.
        ExplodedFolder.Clean(fileRoot, time.GetUtcNow() - TimeSpan.FromMinutes(2 * options.Value.ExplodeMinutes));
        var wanted = IsoRules.Wanted(catalog);
        foreach (var gone in _reports.Keys.Where(f => wanted.All(w => w.Folder != f))) _reports.TryRemove(gone, out _);
        foreach (var gone in _failed.Keys.Where(f => !wanted.Contains(f)).ToList()) _failed.Remove(gone);
        var open = wanted.OrderBy(w => w.Folder, StringComparer.Ordinal).Where(IsToBeMade).ToList();
        foreach (var explosion in open) Report(explosion, ExplosionReport.Waiting);
        List<string> folders = [.. wanted.Select(w => w.Folder)];
        foreach (var explosion in open)
        {
            // What is asked for may have changed while the last one was made.
            if (!IsoRules.Wanted(Volatile.Read(ref _catalog) ?? catalog).Contains(explosion)) continue;
            await MakeAsync(explosion, folders, cancellation);
        }
    }

    private bool IsToBeMade(IsoExplosion explosion)
    {
        if (ExplodedFolder.MadeFrom(fileRoot, explosion) == explosion.Sha256)
        {
            if (!_reports.TryGetValue(explosion.Folder, out var told) || told.State != ExplosionReport.Done
                || told.Sha256 != explosion.Sha256) Report(explosion, ExplosionReport.Done);
            return false;
        }

        return !_failed.TryGetValue(explosion, out var at) || time.GetElapsedTime(at).TotalMinutes >= options.Value.RetryMinutes;
    }

    private async Task MakeAsync(IsoExplosion explosion, List<string> folders, CancellationToken cancellation)
    {
        try
        {
            if (ExplodedFolder.Problem(fileRoot, explosion, folders) is { } problem) throw new ArchiveFaultException(problem);
            Report(explosion, ExplosionReport.Fetching);
            if (await fetcher.EnsureAsync(explosion.Sha256, explosion.Size, Fetching, cancellation) is { Length: > 0 } why)
                throw new ArchiveFaultException(why);
            await TellAsync(Report(explosion, ExplosionReport.Exploding), cancellation);
            using var folder = new ExplodedFolder(fileRoot, options.Value.ReserveMiB, options.Value.ExplodedEntries);
            await FillAsync(folder, explosion, cancellation);
            await Task.Run(() => folder.Finish(explosion, folders), cancellation);
            _failed.Remove(explosion);
            LogDone(explosion.Iso, explosion.Folder, folder.Entries, folder.Octets, folder.LeftOut);
            await TellAsync(Report(explosion, ExplosionReport.Done, folder), cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            _failed[explosion] = time.GetTimestamp();
            LogFailed(explosion.Iso, explosion.Folder, e.Message);
            var reason = PrintableText.Of(ShortText.Of(e.Message, 500));
            await TellAsync(Report(explosion, ExplosionReport.Failed, reason: reason), cancellation);
        }
    }

    private async Task FillAsync(ExplodedFolder folder, IsoExplosion explosion, CancellationToken cancellation)
    {
        var file = store.PathOf(explosion.Sha256) ?? throw new ArchiveFaultException("its content has gone meanwhile");
        var told = 0L;
        await foreach (var entry in archives.ReadAsync(file, cancellation))
        {
            await folder.AddAsync(entry, explosion.FoldsNames, cancellation);
            var report = Report(explosion, ExplosionReport.Exploding, folder);
            if (report.Percent < told + Step) continue;
            told = report.Percent / Step * Step;
            await TellAsync(report, cancellation);
        }
    }

    private ExplosionReport Report(IsoExplosion explosion, string state, ExplodedFolder? folder = null, string reason = "")
        => _reports[explosion.Folder] = new ExplosionReport(explosion.Iso, explosion.Sha256, explosion.Folder, state, folder?.Octets ?? 0,
            explosion.Size, folder?.Entries ?? 0, reason);

    /// <summary>Whoever listens hears of it; that it cannot be told keeps nothing from being done.</summary>
    private async Task TellAsync(ExplosionReport report, CancellationToken cancellation)
    {
        try
        {
            var text = $"{edge()}: {report.Text}";
            await events.AppendAsync(new MachineEvent(time.GetUtcNow(), UploadedIso.Kind, "explode", report.Iso, text)
            {
                Principal = "iso-explosion",
            }, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogNotTold(e, report.Iso);
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "ISO {Iso} is exploded into {Folder}: {Entries} files, {Octets} octets; {LeftOut} links were left out")]
    private partial void LogDone(string iso, string folder, long entries, long octets, long leftOut);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ISO {Iso} could not be exploded into {Folder}: {Reason}")]
    private partial void LogFailed(string iso, string folder, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "the file root cannot be looked at; it is tried again")]
    private partial void LogTrouble(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "how far ISO {Iso} is could not be told as an event")]
    private partial void LogNotTold(Exception exception, string iso);
}
