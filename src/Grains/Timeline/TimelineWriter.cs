using System.Text;
using System.Threading.Channels;
using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Timeline;

/// <summary>
/// Takes timeline lines off the hot path and writes them in batches. When the queue is full the oldest lines are shed, and counted.
/// </summary>
public sealed partial class TimelineWriter(ITimelineStore store, TimeProvider time, ILogger<TimelineWriter> logger)
    : BackgroundService, ITimeline
{
    private const int Batch = 500;
    private const int LongestText = 2000;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private readonly Channel<TimelineEntry> _queue =
        Channel.CreateBounded<TimelineEntry>(
            new BoundedChannelOptions(50_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private volatile bool _stopping;

    /// <inheritdoc/>
    public void Note(string machine, string mac, string source, string what, string outcome, string detail = "")
        => _queue.Writer.TryWrite(
            new TimelineEntry(time.GetUtcNow(), machine, mac, source, Shorten(what), Shorten(outcome), Shorten(detail)));

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        _stopping = true;
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
            try
            {
                await store.TrimAsync(trimmed - Keep, stoppingToken);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                LogNotTrimmed(e);
            }
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
            while (true)
            {
                try
                {
                    await store.AppendAsync(batch, cancellation);
                    break;
                }
                catch (Exception e) when (DatabaseFailure.Is(e) && !cancellation.IsCancellationRequested && !_stopping)
                {
                    // The database is away: the lines wait, and the queue sheds its oldest when it is full.
                    await Task.Delay(Retry, time, cancellation);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogLost(e, batch.Count);
                    AnvilDiagnostics.TimelineLost.Add(batch.Count);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// Bounds a text, and takes out what is no character or would steer a terminal: packets bring both, and a database refuses the first.
    /// </summary>
    private static string Shorten(string text)
    {
        if (text.Length > LongestText) text = text[..LongestText] + "…";
        if (text.Contains('\0', StringComparison.Ordinal) || text.Any(char.IsSurrogate))
            text = string.Concat(text.EnumerateRunes().Select(r => r.Value == 0 ? Rune.ReplacementChar : r));
        return PrintableText.Of(text);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "old timeline lines could not be dropped; the next hour tries again")]
    private partial void LogNotTrimmed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} timeline lines could not be written")]
    private partial void LogLost(Exception exception, int count);
}
