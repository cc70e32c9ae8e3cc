using System.Threading.Channels;
using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>One who listens: the events that wait for it, from the moment it began.</summary>
public sealed class EventListener : IDisposable
{
    private readonly Channel<StoredEvent> _events = Channel.CreateBounded<StoredEvent>(
        new BoundedChannelOptions(ListenerBounds.MostWaiting) { SingleReader = true });

    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EventStream _stream;

    internal EventListener(EventStream stream, EventPlace from)
    {
        _stream = stream;
        From = from;
    }

    /// <summary>Ends when more waited than may (<see cref="ListenerBounds.MostWaiting"/>): what came after is not delivered.</summary>
    public Task Cut => _cut.Task;

    /// <summary>The events in their order.</summary>
    public ChannelReader<StoredEvent> Events => _events.Reader;

    /// <summary>It is told what comes behind this place.</summary>
    public EventPlace From { get; }

    /// <summary>Nobody reads it any more.</summary>
    public void Dispose() => _stream.Forget(this);

    internal bool TryTell(StoredEvent happened)
    {
        if (_events.Writer.TryWrite(happened)) return true;
        _cut.TrySetResult();
        _events.Writer.TryComplete();
        return false;
    }
}
