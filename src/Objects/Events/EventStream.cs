using System.Collections.Concurrent;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Objects.Events;

/// <summary>
/// Reads events while somebody listens and hands them to the listeners of this gateway. They come from the database, so it does not
/// matter which silo wrote them. Who is too slow is cut off (<see cref="ListenerBounds.MostWaiting"/>), and can ask for the objects again.
/// </summary>
public sealed partial class EventStream(IEventStore events, TimeProvider time, ILogger<EventStream> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<EventListener, bool> _listeners = new();
    private EventPlace? _place;
    private volatile StoredEvent? _last;

    /// <summary>The last event that was read for the listeners; null while none was.</summary>
    public StoredEvent? Last => _last;

    /// <summary>Every event from now on, until it is disposed.</summary>
    public async Task<EventListener> ListenAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            // From here on nothing is missed, whenever it is read.
            var end = await events.EndAsync(cancellation);
            _place ??= end;
            var listener = new EventListener(this, end);
            _listeners[listener] = true;
            return listener;
        }
        finally
        {
            _gate.Release();
        }
    }

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
            if (batch.Count > 0) _last = batch[^1];
            foreach (var happened in batch) Tell(happened);
            if (batch.Count > 0) _place = batch[^1].Place;
        }
        while (batch.Count == Batch);
    }

    /// <summary>Nobody reads it any more.</summary>
    internal void Forget(EventListener listener) => _listeners.TryRemove(listener, out _);

    private void Tell(StoredEvent happened)
    {
        foreach (var listener in _listeners.Keys)
        {
            if (happened.Place.IsAfter(listener.From) && !listener.TryTell(happened)) Forget(listener);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "events cannot be read; listeners wait")]
    private partial void LogAway(Exception exception);
}
