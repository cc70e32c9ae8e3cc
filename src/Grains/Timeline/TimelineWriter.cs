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

    /// <summary>
    /// How long the first line waits for others: a commit costs as much for one as for many, and nobody waits for a line but who reads.
    /// </summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TellEach = TimeSpan.FromSeconds(10);
    private readonly TimelineGate _gate = new(time);
    private readonly Channel<Item> _queue =
        Channel.CreateBounded<Item>(
            new BoundedChannelOptions(50_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            shed => shed.Written?.TrySetResult());

    private TaskCompletionSource _hurry = Source();
    private volatile bool _stopping;

    /// <inheritdoc/>
    public void Note(string machine, string mac, string source, string what, string outcome, string detail = "")
        => Take(machine, mac, source, what, outcome, detail, isMiss: false);

    /// <inheritdoc/>
    public void Miss(string machine, string mac, string source, string what, string outcome, string detail = "")
        => Take(machine, mac, source, what, outcome, detail, isMiss: true);

    /// <inheritdoc/>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var written = Source();
        if (!_queue.Writer.TryWrite(new Item(null, written))) return;
        Volatile.Read(ref _hurry).TrySetResult();
        await Task.WhenAny(written.Task, Task.Delay(LongestFlush, time, cancellation));
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        Tell(isEnd: true);
        _queue.Writer.TryComplete();
        _stopping = true;
        await base.StopAsync(cancellationToken);
        await DrainAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(WriteAllAsync(stoppingToken), TellAllAsync(stoppingToken));
    }

    private void Take(string machine, string mac, string source, string what, string outcome, string detail, bool isMiss)
    {
        var line = new TimelineEntry(time.GetUtcNow(), machine, mac, source, Shorten(what), Shorten(outcome), Shorten(detail));
        if (_gate.Refuse(line, isMiss) is { } reason)
            AnvilDiagnostics.TimelineNoise.Add(1, new KeyValuePair<string, object?>("reason", reason));
        else _queue.Writer.TryWrite(new Item(line, null));
    }

    /// <summary>Writes what was counted instead of kept.</summary>
    private void Tell(bool isEnd)
    {
        var due = _gate.Due(isEnd, out var ofStrangers);
        foreach (var line in due) _queue.Writer.TryWrite(new Item(line, null));
        if (ofStrangers > 0) LogStrangers(ofStrangers);
    }

    private async Task TellAllAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TellEach, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Tell(isEnd: false);
    }

    private async Task WriteAllAsync(CancellationToken stoppingToken)
    {
        while (await _queue.Reader.WaitToReadAsync(stoppingToken))
        {
            if (_queue.Reader.Count < Batch)
                await Task.WhenAny(Volatile.Read(ref _hurry).Task, Task.Delay(Gather, time, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
            // Whoever hurried so far is in the queue.
            Interlocked.Exchange(ref _hurry, Source());
            await DrainAsync(stoppingToken);
        }
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        var batch = new List<TimelineEntry>();
        var asked = new List<TaskCompletionSource>();
        while (true)
        {
            batch.Clear();
            asked.Clear();
            while (batch.Count < Batch && _queue.Reader.TryRead(out var item))
            {
                if (item.Line is { } line) batch.Add(line);
                if (item.Written is { } written) asked.Add(written);
            }

            if (batch.Count + asked.Count == 0) return;
            while (batch.Count > 0)
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

            foreach (var written in asked) written.TrySetResult();
        }
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Bounds a text, and takes out what is no character or would steer a terminal: packets bring both, and a database refuses the first.
    /// </summary>
    private static string Shorten(string text)
    {
        text = ShortText.Of(text, LongestText);
        if (text.Contains('\0', StringComparison.Ordinal) || text.Any(char.IsSurrogate))
            text = string.Concat(text.EnumerateRunes().Select(r => r.Value == 0 ? Rune.ReplacementChar : r));
        return PrintableText.Of(text);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} timeline lines of MAC addresses that are no machines were counted, not kept: a flood, or much that is new")]
    private partial void LogStrangers(long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} timeline lines could not be written")]
    private partial void LogLost(Exception exception, int count);

    /// <summary>What waits: a line, or somebody who waits until those before are written.</summary>
    private readonly record struct Item(TimelineEntry? Line, TaskCompletionSource? Written);
}
