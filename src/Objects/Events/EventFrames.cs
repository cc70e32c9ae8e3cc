using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>
/// The texts of events, each read and written once for all who listen, however many they are. What is held and what is kept for the next
/// listener is bounded together (<see cref="ListenerBounds.FrameOctets"/>): the kept goes first, then those who read too slowly.
/// </summary>
public sealed class EventFrames(EventObjects objects, TimeProvider time) : IDisposable
{
    /// <summary>Texts that are made at once: each takes a multiple of its octets meanwhile.</summary>
    private const int AtOnce = 2;

    /// <summary>Octets that are kept while nobody holds them: the next listener has the same event within milliseconds.</summary>
    private const long KeptOctets = 8 << 20;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _making = new(AtOnce, AtOnce);
    private readonly Dictionary<EventPlace, EventText> _texts = [];
    private readonly LinkedList<EventText> _kept = [];
    private readonly LinkedList<EventFrame> _held = [];
    private TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _octets;
    private long _keptOctets;

    /// <summary>The text of an event; the first who asks makes it. It is disposed as soon as it is sent.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="cancellation">Ends the waiting; others go on.</param>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    public async Task<EventFrame> TakeAsync(StoredEvent happened, CancellationToken cancellation)
    {
        EventText? text;
        var isFirst = false;
        lock (_gate)
        {
            if (!_texts.TryGetValue(happened.Place, out text))
            {
                _texts[happened.Place] = text = new EventText(happened);
                isFirst = true;
            }

            text.Holders++;
            if (text.Kept is not null) Unkeep(text);
        }

        if (isFirst) _ = MakeAsync(text);
        try
        {
            await text.Made.WaitAsync(cancellation);
        }
        catch
        {
            lock (_gate) Release(text);
            throw;
        }

        var frame = new EventFrame(this, text, time.GetTimestamp());
        lock (_gate) _held.AddLast(frame);
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose() => _making.Dispose();

    internal void GiveBack(EventFrame frame)
    {
        lock (_gate)
        {
            if (_held.Remove(frame)) Release(frame.Text);
        }
    }

    private async Task MakeAsync(EventText text)
    {
        await _making.WaitAsync();
        try
        {
            await RoomAsync();
            lock (_gate)
            {
                // All who waited for it have gone.
                if (text.Holders == 0 && _texts.Remove(text.Event.Place)) return;
            }

            var octets = await objects.TextAsync(text.Event, CancellationToken.None);
            lock (_gate)
            {
                text.Make(octets);
                _octets += octets.Length;
                if (text.Holders == 0) Keep(text);
            }
        }
        catch (Exception e)
        {
            lock (_gate) _texts.Remove(text.Event.Place);
            text.Fail(e);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Waits until there is room for a text more; who reads one for longer than others can wait is ended.</summary>
    private async Task RoomAsync()
    {
        while (true)
        {
            Task freed;
            lock (_gate)
            {
                while (_octets >= ListenerBounds.FrameOctets && _kept.First is { } oldest) Forget(oldest.Value);
                if (_octets < ListenerBounds.FrameOctets) return;
                if (_held.First is { } slowest && time.GetElapsedTime(slowest.Value.Since) >= ListenerBounds.Pressed)
                    slowest.Value.Revoke();
                freed = _freed.Task;
            }

            await Task.WhenAny(freed, Task.Delay(ListenerBounds.Pressed / 4, time));
        }
    }

    private void Release(EventText text)
    {
        if (--text.Holders > 0 || !text.Made.IsCompletedSuccessfully || !_texts.ContainsKey(text.Event.Place)) return;
        Keep(text);
        _freed.TrySetResult();
        _freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Keep(EventText text)
    {
        text.Kept = _kept.AddLast(text);
        _keptOctets += text.Octets.Length;
        while (_keptOctets > KeptOctets && _kept.First is { } oldest) Forget(oldest.Value);
    }

    private void Unkeep(EventText text)
    {
        _kept.Remove(text.Kept!);
        text.Kept = null;
        _keptOctets -= text.Octets.Length;
    }

    private void Forget(EventText text)
    {
        Unkeep(text);
        _texts.Remove(text.Event.Place);
        _octets -= text.Octets.Length;
    }
}
