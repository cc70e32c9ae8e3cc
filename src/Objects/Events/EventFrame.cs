namespace Anvil.Objects.Events;

/// <summary>The text of an event while it is sent to one listener; its octets are shared by all.</summary>
public sealed class EventFrame : IDisposable
{
    private readonly CancellationTokenSource _revoked = new();
    private readonly EventFrames _frames;

    internal EventFrame(EventFrames frames, EventText text, long since)
    {
        _frames = frames;
        Text = text;
        Since = since;
    }

    /// <summary>The JSON text, UTF-8.</summary>
    public ReadOnlyMemory<byte> Octets => Text.Octets;

    /// <summary>Others need the room: who reads it is too slow.</summary>
    public CancellationToken Revoked => _revoked.Token;

    internal EventText Text { get; }

    internal long Since { get; }

    /// <summary>It is sent, or never will be.</summary>
    public void Dispose()
    {
        _frames.GiveBack(this);
        _revoked.Dispose();
    }

    /// <summary>Called while it is held, under the lock that gives it back.</summary>
    internal void Revoke() => _ = _revoked.CancelAsync();
}
