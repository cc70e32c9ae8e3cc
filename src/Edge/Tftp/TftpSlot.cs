using System.Net;

namespace Anvil.Edge.Tftp;

/// <summary>One transfer's place among those at once; <see cref="TftpSlots"/> moves it.</summary>
/// <param name="source">Whose it is.</param>
/// <param name="asked">Timestamp of its request.</param>
/// <param name="pace">How its client takes its file.</param>
public sealed class TftpSlot(IPAddress source, long asked, TftpPace pace)
{
    /// <summary>How its client takes its file.</summary>
    public TftpPace Pace => pace;

    /// <summary>Timestamp of its request.</summary>
    public long Asked => asked;

    /// <summary>Whose it is.</summary>
    public IPAddress Source => source;

    private long _begun = -1;
    private Func<bool> _hasAnswer = () => false;

    /// <summary>Its first packet is sent now.</summary>
    /// <param name="at">Timestamp of that.</param>
    /// <param name="hasAnswer">Tells whether something has come from its client, or in its name, that was not looked at yet.</param>
    public void Begun(long at, Func<bool> hasAnswer)
    {
        _hasAnswer = hasAnswer;
        Volatile.Write(ref _begun, at);
    }

    /// <summary>
    /// True for one whose client has had the time to acknowledge, and has not. What this silo has not sent yet, or not read, is not its
    /// client's delay.
    /// </summary>
    internal bool IsLate(TimeProvider time)
        => Volatile.Read(ref _begun) is var begun and >= 0 ? time.GetElapsedTime(begun) >= TftpSlots.Handshake && !_hasAnswer()
            : time.GetElapsedTime(asked) >= TftpSlots.Longest;

    /// <summary>Its place among those that acknowledged nothing yet; null once they have.</summary>
    internal LinkedListNode<TftpSlot>? Waiting { get; set; }

    /// <summary>Its place among those of its source; null once it was given back, or taken away.</summary>
    internal LinkedListNode<TftpSlot>? Place { get; set; }
}
