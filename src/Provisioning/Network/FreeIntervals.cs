using System.Numerics;

namespace Anvil.Provisioning.Network;

/// <summary>
/// The addresses of a range that can be given, as intervals: memory grows with what was taken out, never with the range, and
/// each act costs O(log n) of the intervals. Not thread-safe.
/// </summary>
public sealed class FreeIntervals<TAddress>
    where TAddress : struct, IBinaryInteger<TAddress>
{
    private static readonly Comparer<Interval> ByFirst = Comparer<Interval>.Create(static (a, b) => a.First.CompareTo(b.First));
    private readonly SortedSet<Interval> _all;

    /// <summary>The free addresses of a range.</summary>
    /// <param name="range">The range; null for none at all.</param>
    /// <param name="taken">What is not free in it, in any order; what lies outside is passed over.</param>
    public FreeIntervals(AddressRange<TAddress>? range, IEnumerable<TAddress> taken)
    {
        _all = range is { } all ? new SortedSet<Interval>(Between(all, taken), ByFirst) : new SortedSet<Interval>(ByFirst);
    }

    /// <summary>Number of intervals.</summary>
    public int Count => _all.Count;

    /// <summary>True when the address is free.</summary>
    public bool Contains(TAddress address) => Holding(address) is not null;

    /// <summary>Takes an address out; false when it was not free.</summary>
    public bool Take(TAddress address)
    {
        if (Holding(address) is not { } held) return false;
        _all.Remove(held);
        if (held.First < address) _all.Add(new Interval(held.First, address - TAddress.One));
        if (address < held.Last) _all.Add(new Interval(address + TAddress.One, held.Last));
        return true;
    }

    /// <summary>Puts an address back; false when it is free already. The caller knows that it belongs to the range.</summary>
    public bool Give(TAddress address)
    {
        var below = AtOrBelow(address);
        if (below is not null && below.Last >= address) return false;
        var (first, last) = (address, address);
        if (below is not null && below.Last + TAddress.One == address)
        {
            first = below.First;
            _all.Remove(below);
        }

        if (AtOrAbove(address) is { } above && above.First - TAddress.One == address)
        {
            last = above.Last;
            _all.Remove(above);
        }

        _all.Add(new Interval(first, last));
        return true;
    }

    /// <summary>The lowest free address that is not below another; null when there is none.</summary>
    public TAddress? NextFrom(TAddress address)
        => AtOrBelow(address) is { } below && below.Last >= address ? address : AtOrAbove(address)?.First;

    private static List<Interval> Between(AddressRange<TAddress> range, IEnumerable<TAddress> taken)
    {
        var sorted = taken.Where(range.Contains).ToArray();
        Array.Sort(sorted);
        var free = new List<Interval>();
        var first = range.First;
        foreach (var address in sorted)
        {
            if (address > first) free.Add(new Interval(first, address - TAddress.One));
            if (address == range.Last) return free;
            if (address >= first) first = address + TAddress.One;
        }

        free.Add(new Interval(first, range.Last));
        return free;
    }

    private Interval? Holding(TAddress address) => AtOrBelow(address) is { } below && below.Last >= address ? below : null;

    // The ends of a view are found in O(log n); it never counts what lies between.
    private Interval? AtOrBelow(TAddress address)
        => _all.Min is { } least && least.First <= address ? _all.GetViewBetween(least, new Interval(address, address)).Max : null;

    private Interval? AtOrAbove(TAddress address)
        => _all.Max is { } most && most.First >= address ? _all.GetViewBetween(new Interval(address, address), most).Min : null;

    private sealed record Interval(TAddress First, TAddress Last);
}
