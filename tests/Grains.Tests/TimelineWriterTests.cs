using System.Collections.Concurrent;
using Anvil.Contracts.Timeline;
using Anvil.Grains.Timeline;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests;

/// <summary>Lines of timelines wait for each other, but not when somebody reads.</summary>
public sealed class TimelineWriterTests : ITimelineStore, IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly ConcurrentQueue<IReadOnlyList<string>> _written = new();
    private readonly TimelineWriter _writer;
    private TaskCompletionSource? _held;

    public TimelineWriterTests() => _writer = new TimelineWriter(this, _time, NullLogger<TimelineWriter>.Instance);

    async Task ITimelineStore.AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellation)
    {
        var lines = entries.Select(e => e.What).ToList();
        if (_held is { } held) await held.Task;
        _written.Enqueue(lines);
    }

    Task<IReadOnlyList<TimelineEntry>> ITimelineStore.ReadAsync(string machine, IReadOnlyCollection<string> macs, int most,
        CancellationToken cancellation) => throw new NotSupportedException();

    public void Dispose() => _writer.Dispose();

    [Fact]
    public async Task LinesAreWrittenTogetherOnceTheirTimeIsOverOrSomebodyReads()
    {
        await _writer.StartAsync(None);
        Note("a", "b");
        await _writer.FlushAsync(None).WaitAsync(Soon, None);
        Assert.Equal(["a", "b"], Assert.Single(_written));
        // Nothing waits: nothing is written.
        await _writer.FlushAsync(None).WaitAsync(Soon, None);
        Assert.Single(_written);
        Note("c", "d", "e");
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            return Task.FromResult(_written.Count == 2);
        }, Soon, () => "the lines are not written");
        Assert.Equal(["c", "d", "e"], _written.Last());
        Note("f");
        await _writer.StopAsync(None);
        Assert.Equal(["f"], _written.Last());
        Assert.Equal(3, _written.Count);
        await _writer.FlushAsync(None).WaitAsync(Soon, None);
    }

    [Fact]
    public async Task WhoReadsWaitsASecondForADatabaseThatDoesNotAnswer()
    {
        _held = new TaskCompletionSource();
        await _writer.StartAsync(None);
        Note("a");
        var flush = _writer.FlushAsync(None);
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            return Task.FromResult(flush.IsCompleted);
        }, Soon, () => "who reads waits on");
        Assert.Empty(_written);
        _held.SetResult();
        await Wait.UntilAsync(() => Task.FromResult(_written.Count == 1), Soon, () => "the line is lost");
        await _writer.StopAsync(None);
    }

    private void Note(params string[] lines)
    {
        foreach (var line in lines) _writer.Note("m", "", "api", line, "");
    }
}
