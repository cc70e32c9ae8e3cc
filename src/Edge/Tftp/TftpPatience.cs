using System.Net;

namespace Anvil.Edge.Tftp;

/// <summary>
/// Who was turned away since too much was asked in its address's name: a client asks again, from the same port and after a second or more,
/// and who makes addresses and ports up does not. Bounded; the oldest are forgotten first. Not thread-safe.
/// </summary>
/// <param name="time">The time.</param>
public sealed class TftpPatience(TimeProvider time)
{
    /// <summary>Ports that are remembered.</summary>
    public const int Most = 16_384;

    private static readonly TimeSpan Soonest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(60);
    private readonly Dictionary<IPEndPoint, long> _asked = [];
    private readonly Queue<(IPEndPoint Client, long At)> _order = new();

    /// <summary>True for a client that was turned away, and has waited before it asks again.</summary>
    public bool IsPatient(IPEndPoint client)
        => _asked.TryGetValue(client, out var at) && time.GetElapsedTime(at) is var since && since >= Soonest && since <= Latest;

    /// <summary>Notes that a client is turned away.</summary>
    public void TurnedAway(IPEndPoint client)
    {
        var now = time.GetTimestamp();
        while (_order.TryPeek(out var oldest) && (_order.Count >= Most || time.GetElapsedTime(oldest.At, now) > Latest))
        {
            _order.Dequeue();
            if (_asked.TryGetValue(oldest.Client, out var at) && at == oldest.At) _asked.Remove(oldest.Client);
        }

        // The first time counts: some ask again four times a second.
        if (_asked.TryAdd(client, now)) _order.Enqueue((client, now));
    }

    /// <summary>The client is served.</summary>
    public void Served(IPEndPoint client) => _asked.Remove(client);
}
