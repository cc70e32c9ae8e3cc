using System.Net;

namespace Anvil.Edge.Tftp;

/// <summary>
/// Who may have a transfer: of all so many, of one source a quarter of them, and half of those as long as it has acknowledged
/// nothing. When all are taken, a new request takes the place of the oldest one that nobody has acknowledged:
/// a request costs its sender nothing, and those who are there acknowledge within a round trip. So it is with those of one source, since
/// they may be made up in its name, once they have had the time for that (<see cref="Handshake"/>, from their first packet on, and
/// none of their answers lies unread): a crowd behind one address does not end its own, but asks again. Where all have
/// acknowledged, a request takes the place of the one that is furthest behind (<see cref="TftpPace"/>), else of the latest one of the
/// source that has most, if that has two more than the one who asks: who acknowledges slowly keeps nobody out by that. Thread-safe.
/// </summary>
/// <param name="most">Transfers at once.</param>
/// <param name="time">The time.</param>
public sealed class TftpSlots(int most, TimeProvider time)
{
    /// <summary>After so long a client that is there has acknowledged: what was lost was sent again twice by then.</summary>
    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(3);

    /// <summary>After so long a request whose file is still looked for gives way to others of its source.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly LinkedList<TftpSlot> _unproven = [];
    private readonly Dictionary<IPAddress, Source> _sources = [];
    private int _taken;

    /// <summary>Transfers of one source at once.</summary>
    public int MostOfSource { get; } = Math.Max(1, most / 4);

    /// <summary>Transfers of one source at once that it has not acknowledged yet.</summary>
    public int MostUnproven { get; } = Math.Max(1, most / 8);

    /// <summary>Transfers under way.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _taken;
        }
    }

    /// <summary>Takes a slot; null with a reason when there is none for this source.</summary>
    /// <param name="source">Who asks.</param>
    /// <param name="evicted">Whose place it takes: to be ended by the caller; null when one was free, of all and of its source's.</param>
    /// <param name="reason">busy or client-limit.</param>
    public TftpSlot? Take(IPAddress source, out TftpSlot? evicted, out string reason)
    {
        evicted = null;
        reason = "";
        lock (_gate)
        {
            var own = _sources.GetValueOrDefault(source);
            if (own is not null && (own.Slots.Count >= MostOfSource || own.Unproven >= MostUnproven))
                (evicted, reason) = (own.OldestLate(time), "client-limit");
            else if (_taken >= most)
                (evicted, reason) = (_unproven.First?.Value ?? FurthestBehind() ?? LatestOfMost(own?.Slots.Count ?? 0), "busy");
            if (evicted is null && reason.Length > 0) return null;
            if (evicted is not null) Leave(evicted);
            reason = "";

            if (!_sources.TryGetValue(source, out own)) _sources[source] = own = new Source();
            var slot = new TftpSlot(source, time.GetTimestamp(), new TftpPace(time));
            slot.Waiting = _unproven.AddLast(slot);
            slot.Place = own.Slots.AddLast(slot);
            own.Unproven++;
            _taken++;
            return slot;
        }
    }

    /// <summary>The client has acknowledged: it is there.</summary>
    public void Prove(TftpSlot slot)
    {
        lock (_gate)
        {
            if (slot.Waiting is not { } node) return;
            _unproven.Remove(node);
            slot.Waiting = null;
            _sources[slot.Source].Unproven--;
        }
    }

    /// <summary>Gives a slot back; a second time, or after it was evicted, does nothing.</summary>
    public void Release(TftpSlot slot)
    {
        lock (_gate) Leave(slot);
    }

    /// <summary>Of the transfers whose clients are behind the one that is furthest; null where none is.</summary>
    private TftpSlot? FurthestBehind()
        => _sources.Values.SelectMany(s => s.Slots).MinBy(s => s.Pace.Until) is { Pace.IsBehind: true } slot ? slot : null;

    /// <summary>
    /// The latest transfer of the source that has most; null where that has less than two more than who asks. It is looked for among all,
    /// of which there are fewer than transfers.
    /// </summary>
    private TftpSlot? LatestOfMost(int own)
    {
        var first = _sources.Values.MaxBy(s => s.Slots.Count)?.Slots;
        return first is { Last: { } latest } && first.Count >= own + 2 ? latest.Value : null;
    }

    private void Leave(TftpSlot slot)
    {
        if (slot.Place is not { } place) return;
        slot.Place = null;
        _taken--;
        var source = _sources[slot.Source];
        source.Slots.Remove(place);
        if (slot.Waiting is { } node)
        {
            _unproven.Remove(node);
            slot.Waiting = null;
            source.Unproven--;
        }

        if (source.Slots.Count == 0) _sources.Remove(slot.Source);
    }

    /// <summary>What one source has: its transfers in the order in which they were asked for.</summary>
    private sealed class Source
    {
        public LinkedList<TftpSlot> Slots { get; } = [];

        public int Unproven { get; set; }

        public TftpSlot? OldestLate(TimeProvider time)
            => Unproven == 0 ? null : Slots.FirstOrDefault(s => s.Waiting is not null && s.IsLate(time));
    }
}
