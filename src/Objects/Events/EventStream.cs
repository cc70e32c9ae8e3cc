using System.Collections.Concurrent;
using System.Threading.Channels;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Objects.Events;

/// <summary>
/// Reads events while somebody listens and hands them to the listeners of this gateway. They come from the database, so it does not
/// matter which silo wrote them. Who is too slow is cut off, and can ask for the objects again.
/// </summary>
public sealed partial class EventStream(IEventStore events, TimeProvider time, ILogger<EventStream> logger) : BackgroundService
{
    private const int Batch = 500;
    private const int MostWaiting = 10_000;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<Channel<StoredEvent>, EventPlace> _listeners = new();
    private EventPlace? _place;

    /// <summary>Every event from now on, until given back; ends when the listener is too slow.</summary>
    public async Task<Channel<StoredEvent>> ListenAsync(CancellationToken cancellation)
    {
        var channel = Channel.CreateBounded<StoredEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
        await _gate.WaitAsync(cancellation);
        try
        {
            // From here on nothing is missed, whenever it is read.
            var end = await events.EndAsync(cancellation);
            _place ??= end;
            _listeners[channel] = end;
            return channel;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Nobody reads it any more.</summary>
    public void Forget(Channel<StoredEvent> channel) => _listeners.TryRemove(channel, out _);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gate.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await _gate.WaitAsync(stoppingToken);
            try
            {
                if (_listeners.IsEmpty) _place = null;
                else await ReadAsync(stoppingToken);
            }
            catch (Exception e) when (DatabaseFailure.Is(e) && !stoppingToken.IsCancellationRequested)
            {
                // The place is kept: nothing is passed over when the database is back.
                LogAway(e);
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<StoredEvent> batch;
        do
        {
            batch = await events.ReadAsync(_place!.Value, Batch, cancellation);
            foreach (var happened in batch) Tell(happened);
            if (batch.Count > 0) _place = batch[^1].Place;
        }
        while (batch.Count == Batch);
    }

    private void Tell(StoredEvent happened)
    {
        foreach (var (channel, from) in _listeners)
        {
            if (!happened.Place.IsAfter(from) || channel.Writer.TryWrite(happened)) continue;
            channel.Writer.TryComplete();
            Forget(channel);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "events cannot be read; listeners wait")]
    private partial void LogAway(Exception exception);
}
