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

    /// <summary>Its place among those that acknowledged nothing yet; null once they have.</summary>
    internal LinkedListNode<TftpSlot>? Waiting { get; set; }

    /// <summary>Its place among those of its source; null once it was given back, or taken away.</summary>
    internal LinkedListNode<TftpSlot>? Place { get; set; }
}
