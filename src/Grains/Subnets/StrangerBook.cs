namespace Anvil.Grains.Subnets;

/// <summary>
/// Which strangers asked while too many did, and how much they gave back: of bounded size, so that made-up addresses take no memory.
/// Used from one grain's turns alone.
/// </summary>
internal sealed class StrangerBook(TimeProvider time)
{
    /// <summary>Strangers that are remembered; the oldest are forgotten first.</summary>
    public const int MostRemembered = 65_536;

    /// <summary>RELEASEs of strangers that are carried out at once, and one more in so much time: each makes a row of history.</summary>
    public const int ReleasesAtOnce = 256;
    private static readonly TimeSpan ReleaseEach = TimeSpan.FromSeconds(4);

    /// <summary>A client asks again after 4, 8, 16, 32 s (RFC 2131 section 4.1), firmware sooner; one that floods does at once.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(90);

    private readonly Dictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly Queue<(string Token, long At)> _order = new();
    private double _releases = ReleasesAtOnce;
    private long _releasedAt = time.GetTimestamp();

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

    /// <summary>True when one more RELEASE of a stranger is carried out.</summary>
    public bool TakeRelease()
    {
        var now = time.GetTimestamp();
        _releases = Math.Min(ReleasesAtOnce, _releases + (time.GetElapsedTime(_releasedAt, now) / ReleaseEach));
        _releasedAt = now;
        if (_releases < 1) return false;
        _releases--;
        return true;
    }
}
