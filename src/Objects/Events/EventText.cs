using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>The text of an event, made once; who counts its holders is <see cref="EventFrames"/>.</summary>
internal sealed class EventText(StoredEvent happened)
{
    private readonly TaskCompletionSource<byte[]> _made = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StoredEvent Event { get; } = happened;

    public Task<byte[]> Made => _made.Task;

    public ReadOnlyMemory<byte> Octets => _made.Task.IsCompletedSuccessfully ? _made.Task.Result : default;

    /// <summary>Listeners that wait for it or are sent it.</summary>
    public int Holders { get; set; }

    /// <summary>Its place among those that nobody holds; null while somebody does.</summary>
    public LinkedListNode<EventText>? Kept { get; set; }

    public void Make(byte[] octets) => _made.TrySetResult(octets);

    public void Fail(Exception exception)
    {
        _made.TrySetException(exception);
        // Whoever waited may have gone.
        _ = _made.Task.Exception;
    }
}
