namespace Anvil.Grains.Subnets;

/// <summary>
/// Which strangers asked while too many did, and how much they gave back: of bounded size, so that made-up addresses take no memory.
/// Used from one grain's turns alone.
/// </summary>
internal sealed class StrangerBook(TimeProvider time)
{
    /// <summary>Strangers that are remembered; the oldest are forgotten first.</summary>
    public const int MostRemembered = 65_536;

    /// <summary>
    /// RELEASEs and DECLINEs of strangers that are carried out at once, and one more in so much time: each ends a lease that has made a
    /// row of history, and leaves its address to the next one.
    /// </summary>
    public const int ReturnsAtOnce = 256;
    private static readonly TimeSpan ReturnEach = TimeSpan.FromSeconds(4);

    /// <summary>A client asks again after 4, 8, 16, 32 s (RFC 2131 section 4.1), firmware sooner; one that floods does at once.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(90);

    private readonly Dictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly Queue<(string Token, long At)> _order = new();
    private double _returns = ReturnsAtOnce;
    private long _returnedAt = time.GetTimestamp();

    /// <summary>True for a client that asked before, and waited before it asked again.</summary>
    public bool IsPatient(string token)
        => _asked.TryGetValue(token, out var at) && time.GetElapsedTime(at) is var since && since >= Soonest && since <= Latest;

    /// <summary>Notes that a client was turned away.</summary>
    public void TurnedAway(string token)
    {
        var now = time.GetTimestamp();
        while (_order.TryPeek(out var oldest) && (_order.Count >= MostRemembered || time.GetElapsedTime(oldest.At, now) > Latest))
        {
            _order.Dequeue();
            if (_asked.TryGetValue(oldest.Token, out var at) && at == oldest.At) _asked.Remove(oldest.Token);
        }

        // The first time counts, so that who asks twice a second is patient as well.
        if (_asked.TryAdd(token, now)) _order.Enqueue((token, now));
    }

    /// <summary>True when one more RELEASE or DECLINE of a stranger is carried out.</summary>
    public bool TakeReturn()
    {
        var now = time.GetTimestamp();
        _returns = Math.Min(ReturnsAtOnce, _returns + (time.GetElapsedTime(_returnedAt, now) / ReturnEach));
        _returnedAt = now;
        if (_returns < 1) return false;
        _returns--;
        return true;
    }
}
