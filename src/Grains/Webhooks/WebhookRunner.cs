using System.Threading.Channels;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Webhooks;

/// <summary>
/// Sees to it that each webhook's grain is awake on some silo: on every core, at once when the catalog changes and every few seconds
/// besides, since the silo that had one may be gone. To be woken twice does no harm.
/// </summary>
public sealed partial class WebhookRunner(Func<ICatalog> catalog, GrainFinder grains, TimeProvider time, ILogger<WebhookRunner> logger)
    : BackgroundService, ICatalogFollower
{
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, Provisioning.Documents.Document>? _last;

    /// <inheritdoc/>
    public void Follow(CatalogSnapshot snapshot) => _changes.Writer.TryWrite(true);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Each, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        var change = _changes.Reader.WaitToReadAsync(stoppingToken).AsTask();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAny(tick, change);
            var isChange = change.IsCompleted;
            if (isChange)
            {
                while (_changes.Reader.TryRead(out _))
                {
                    // Many changes are looked at once.
                }

                change = _changes.Reader.WaitToReadAsync(stoppingToken).AsTask();
            }

            if (tick.IsCompleted) tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            else if (ReferenceEquals(catalog().Current.OfKind(Webhook.Kind), _last)) continue;
            await WakeAsync(stoppingToken);
        }
    }

    private async Task WakeAsync(CancellationToken cancellation)
    {
        var all = catalog().Current.OfKind(Webhook.Kind);
        _gone.UnionWith((_last?.Keys ?? []).Where(k => !all.ContainsKey(k)));
        _gone.ExceptWith(all.Keys);
        _last = all;
        var names = all.Values.Where(d => d is Webhook { Enabled: true }).Select(d => d.Key).Concat(_gone).ToList();
        var awake = await Task.WhenAll(names.Select(name => WakeAsync(name, cancellation)));
        _gone.ExceptWith(names.Where((_, i) => awake[i]));
    }

    private async Task<bool> WakeAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await grains.Webhook(name).Wake().WaitAsync(Patience, time, cancellation);
            return true;
        }
        catch (Exception e)
        {
            // It is asked again.
            LogAsleep(name, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "webhook {Name} could not be woken: {Reason}")]
    private partial void LogAsleep(string name, string reason);
}
