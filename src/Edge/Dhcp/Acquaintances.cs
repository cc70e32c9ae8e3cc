namespace Anvil.Edge.Dhcp;

/// <summary>
/// Clients that this edge answered lately: they are in the middle of an exchange, or have an address. Bounded; the oldest go first.
/// Thread-safe.
/// </summary>
/// <param name="most">Clients that are remembered.</param>
/// <param name="holds">How long.</param>
/// <param name="time">The time.</param>
public sealed class Acquaintances(int most, TimeSpan holds, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _met = new(StringComparer.Ordinal);
    private readonly Queue<(string Mac, long At)> _order = new();

    /// <summary>A client was answered now.</summary>
    public void Meet(string mac)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            while (_order.TryPeek(out var oldest) && (_order.Count >= most || time.GetElapsedTime(oldest.At, now) > holds))
            {
                _order.Dequeue();
                if (_met.TryGetValue(oldest.Mac, out var at) && at == oldest.At) _met.Remove(oldest.Mac);
            }

            _met[mac] = now;
            _order.Enqueue((mac, now));
        }
    }

    /// <summary>True for a client that was answered lately.</summary>
    public bool Knows(string mac)
    {
        lock (_gate) return _met.TryGetValue(mac, out var at) && time.GetElapsedTime(at) <= holds;
    }
}
