using System.Threading.Channels;
using Anvil.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Timeline;

/// <summary>Takes timeline lines off the hot path and writes them in batches. When the queue is full the oldest lines are shed, and counted.</summary>
public sealed partial class TimelineWriter(ITimelineStore store, TimeProvider time, ILogger<TimelineWriter> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private readonly Channel<TimelineEntry> _queue = Channel.CreateBounded<TimelineEntry>(new BoundedChannelOptions(50_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Notes one line.</summary>
    public void Note(string machine, string mac, string source, string what, string outcome, string detail = "")
        => _queue.Writer.TryWrite(new TimelineEntry(time.GetUtcNow(), machine, mac, source, what, outcome, Shorten(detail)));

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        await DrainAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var trimmed = time.GetUtcNow();
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            await DrainAsync(stoppingToken);
            if (time.GetUtcNow() - trimmed < TimeSpan.FromHours(1)) continue;
            trimmed = time.GetUtcNow();
            await store.TrimAsync(trimmed - Keep, stoppingToken);
        }
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        var batch = new List<TimelineEntry>();
        while (true)
        {
            batch.Clear();
            while (batch.Count < Batch && _queue.Reader.TryRead(out var entry)) batch.Add(entry);
            if (batch.Count == 0) return;
            try
            {
                await store.AppendAsync(batch, cancellation);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogLost(e, batch.Count);
            }
        }
    }

    private static string Shorten(string text) => text.Length <= 2000 ? text : text[..2000] + "…";

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} timeline lines could not be written")]
    private partial void LogLost(Exception exception, int count);
}
