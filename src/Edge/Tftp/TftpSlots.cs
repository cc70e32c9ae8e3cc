using System.Net;

namespace Anvil.Edge.Tftp;

/// <summary>
/// Who may have a transfer: of all so many, of one source a quarter of them, and half of those as long as it has acknowledged
/// nothing. When all are taken, a new request takes the place of the oldest one that nobody has acknowledged:
/// a request costs its sender nothing, and those who are there acknowledge within a round trip. Thread-safe.
/// </summary>
/// <param name="most">Transfers at once.</param>
public sealed class TftpSlots(int most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TftpSlot> _unproven = [];
    private readonly Dictionary<IPAddress, (int All, int Unproven)> _sources = [];
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
    /// <param name="evicted">Whose place it takes: to be ended by the caller; null when one was free.</param>
    /// <param name="reason">busy or client-limit.</param>
    public TftpSlot? Take(IPAddress source, out TftpSlot? evicted, out string reason)
    {
        evicted = null;
        reason = "";
        lock (_gate)
        {
            var (all, unproven) = _sources.GetValueOrDefault(source);
            if (all >= MostOfSource || unproven >= MostUnproven)
            {
                reason = "client-limit";
                return null;
            }

            if (_taken >= most)
            {
                if (_unproven.First is not { } oldest)
                {
                    reason = "busy";
                    return null;
                }

                evicted = oldest.Value;
                Leave(evicted);
            }

            var slot = new TftpSlot(source);
            slot.Waiting = _unproven.AddLast(slot);
            _taken++;
            Count(source, 1, 1);
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
            Count(slot.Source, 0, -1);
        }
    }

    /// <summary>Gives a slot back; a second time, or after it was evicted, does nothing.</summary>
    public void Release(TftpSlot slot)
    {
        lock (_gate) Leave(slot);
    }

    private void Leave(TftpSlot slot)
    {
        if (slot.IsOver) return;
        slot.IsOver = true;
        _taken--;
        var isUnproven = slot.Waiting is not null;
        if (slot.Waiting is { } node) _unproven.Remove(node);
        slot.Waiting = null;
        Count(slot.Source, -1, isUnproven ? -1 : 0);
    }

    private void Count(IPAddress source, int all, int unproven)
    {
        var old = _sources.GetValueOrDefault(source);
        if (old.All + all == 0) _sources.Remove(source);
        else _sources[source] = (old.All + all, old.Unproven + unproven);
    }
}
