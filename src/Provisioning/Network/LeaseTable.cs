using System.Numerics;

namespace Anvil.Provisioning.Network;

/// <summary>
/// The leases of one subnet in memory: by address, by token, by expiry, and the addresses that are free, as intervals. Memory
/// grows with leases and reservations, never with the range, and each look-up is O(log n) of them. Reserved addresses are kept
/// out of what the pickers look at, so that none is ever walked over. Not thread-safe: a subnet's grain is its only user.
/// </summary>
/// <typeparam name="TAddress">The address as a number.</typeparam>
public sealed class LeaseTable<TAddress>
    where TAddress : struct, IBinaryInteger<TAddress>
{
    private readonly AddressText<TAddress> _text;
    private readonly AddressRange<TAddress>? _range;
    private readonly Dictionary<TAddress, Lease> _byAddress = [];
    private readonly Dictionary<string, TAddress> _byToken = new(StringComparer.Ordinal);
    private readonly SortedSet<(DateTimeOffset Expires, TAddress Address)> _pickable = [];

    /// <summary>Offers and addresses set aside, of the range, by their end: what has ended is taken out when they are counted.</summary>
    private readonly SortedSet<(DateTimeOffset Expires, TAddress Address)> _offers = [];
    private readonly SortedSet<(DateTimeOffset Expires, TAddress Address)> _invalid = [];

    /// <summary>Leases of other servers, wherever in the network.</summary>
    private readonly SortedSet<(DateTimeOffset Expires, TAddress Address)> _observed = [];
    private readonly Dictionary<string, int> _offersByLink = new(StringComparer.Ordinal);

    /// <summary>Addresses that were last offered to clients that nobody knows.</summary>
    private readonly HashSet<TAddress> _ofStrangers = [];
    private readonly HashSet<TAddress> _reserved;
    private readonly FreeIntervals<TAddress> _free;
    private TAddress _next;

    /// <summary>A table.</summary>
    /// <param name="text">How addresses are written.</param>
    /// <param name="range">The range that the pickers give from; null for none.</param>
    /// <param name="leases">What is leased, or was.</param>
    /// <param name="reserved">Addresses that the pickers leave alone.</param>
    public LeaseTable(AddressText<TAddress> text, AddressRange<TAddress>? range, IEnumerable<Lease> leases, IEnumerable<TAddress> reserved)
    {
        _text = text;
        _range = range;
        _next = range?.First ?? TAddress.Zero;
        _reserved = [.. reserved];
        var all = leases.Select(l => (Address: text.Parse(l.Addr), Lease: l)).ToList();
        _free = new FreeIntervals<TAddress>(range, all.Select(l => l.Address).Concat(_reserved));
        foreach (var (address, lease) in all) Put(address, lease);
    }

    /// <summary>Number of addresses of the range; 0 without one, and never more than an int holds.</summary>
    public int Size => _range is { } range ? Math.Min(int.CreateSaturating(range.Last - range.First), int.MaxValue - 1) + 1 : 0;

    /// <summary>Number of addresses that have a lease of any state.</summary>
    public int Count => _byAddress.Count;

    /// <summary>All leases.</summary>
    public IReadOnlyCollection<Lease> All => _byAddress.Values;

    /// <summary>The lease at an address.</summary>
    public Lease? At(TAddress address) => _byAddress.GetValueOrDefault(address);

    /// <summary>The lease of a client: of several the one that was put last, unless it ends before another that has not ended.</summary>
    public Lease? Of(string token) => _byToken.TryGetValue(token, out var address) ? _byAddress[address] : null;

    /// <summary>
    /// Whose an address is; null for nobody. An offer is nobody's word that it takes the address, nor is what sets one aside: until it is
    /// leased to another it stays who had it last.
    /// </summary>
    public LeaseHold? HoldAt(TAddress address, DateTimeOffset now)
    {
        if (At(address) is not { } lease) return null;
        if (lease.GivesNothing())
            return lease.Former.Length > 0 && HadNoOtherSince(lease) ? new LeaseHold(lease.Former, true, lease.FormerReleased) : null;
        if (lease.IsLive(now)) return new LeaseHold(lease.Token) { Former = lease.FormerUntil > now ? lease.Former : "" };
        if (lease.HasLapsed(now)) return new LeaseHold(lease.Token, Lapsed: true);
        // What it was given back for, declined, or moved away from: only where the client has had no other address since.
        return lease.State is Lease.Expired or Lease.Invalid
            && (Of(lease.Token) is not { } own || own == lease || own.State == Lease.Offer)
            ? new LeaseHold(lease.Token, Lapsed: true, Released: true) : null;
    }

    private bool HadNoOtherSince(Lease lease)
        => Of(lease.Former) is not { } other || other == lease || other.State == Lease.Offer || other.ExpireTime <= lease.FormerUntil;

    /// <summary>True for an address of the active range.</summary>
    public bool InRange(TAddress address) => _range is { } range && range.Contains(address);

    /// <summary>Adds or replaces the lease at its address.</summary>
    public void Put(Lease lease) => Put(_text.Parse(lease.Addr), lease);

    /// <summary>The lease of another server that ended longest ago; null when none has ended.</summary>
    public Lease? OldestObserved(DateTimeOffset now)
        => _observed.Count > 0 && _observed.Min is var (expires, address) && expires <= now ? _byAddress[address] : null;

    /// <summary>Takes over what was decided: the leases that it changes, and where the next search begins.</summary>
    public void Apply(LeaseDecision<TAddress> decision)
    {
        foreach (var lease in decision.Removed) Remove(_text.Parse(lease.Addr));
        foreach (var lease in decision.Changed) Put(lease);
        if (decision.Offered is not { } offered) return;
        Given(offered);
        if (decision.ToStranger) _ofStrangers.Add(offered);
    }

    /// <summary>Takes the lease at an address away.</summary>
    public void Remove(TAddress address)
    {
        if (!Forget(address)) return;
        if (InRange(address) && !_reserved.Contains(address)) _free.Give(address);
    }

    /// <summary>Keeps an address from the pickers; its lease, if there is one, stays.</summary>
    public void Reserve(TAddress address)
    {
        if (!_reserved.Add(address) || !InRange(address)) return;
        _free.Take(address);
        if (_byAddress.TryGetValue(address, out var lease)) _pickable.Remove((lease.ExpireTime, address));
    }

    /// <summary>Lets the pickers have an address again.</summary>
    public void Unreserve(TAddress address)
    {
        if (!_reserved.Remove(address) || !InRange(address)) return;
        if (_byAddress.TryGetValue(address, out var lease)) _pickable.Add((lease.ExpireTime, address));
        else _free.Give(address);
    }

    /// <summary>The next address without a lease, going round from the last one given; null when there is none.</summary>
    public TAddress? NextFree()
    {
        if (_range is not { } range) return null;
        return _free.NextFrom(_next) ?? _free.NextFrom(range.First);
    }

    /// <summary>The address whose lease ended longest ago; null when none has ended.</summary>
    public TAddress? MostExpired(DateTimeOffset now)
        => _pickable.Count > 0 && _pickable.Min is var (expires, address) && expires <= now ? address : null;

    /// <summary>The addresses that NextFree gives next, in order, at most some.</summary>
    public IReadOnlyList<TAddress> Upcoming(int most)
    {
        var all = new List<TAddress>();
        if (_range is not { } range) return all;
        for (var found = _free.NextFrom(_next); found is { } address && all.Count < most; found = address == range.Last
            ? null : _free.NextFrom(address + TAddress.One)) all.Add(address);
        for (var found = _free.NextFrom(range.First); found is { } address && address < _next && all.Count < most; found =
            _free.NextFrom(address + TAddress.One)) all.Add(address);
        return all;
    }

    /// <summary>Addresses of the range that are offered now and not taken yet.</summary>
    public int Offers(DateTimeOffset now)
    {
        while (_offers.Count > 0 && _offers.Min is var (expires, address) && expires <= now) Drop(address, _byAddress[address]);
        return _offers.Count;
    }

    /// <summary>As <see cref="Offers(DateTimeOffset)"/>, those of one relay and, where it names one, one link.</summary>
    public int Offers(string via, string link, DateTimeOffset now)
    {
        _ = Offers(now);
        return _offersByLink.GetValueOrDefault(LinkKey(via, link));
    }

    /// <summary>The address that has been on offer to a stranger for longest; null when none is.</summary>
    public TAddress? OldestOfStrangers(DateTimeOffset now)
    {
        _ = Offers(now);
        foreach (var (_, address) in _offers)
        {
            if (_ofStrangers.Contains(address)) return address;
        }

        return null;
    }

    /// <summary>Addresses of the range that are set aside now because somebody unknown uses them.</summary>
    public int SetAside(DateTimeOffset now)
    {
        while (_invalid.Count > 0 && _invalid.Min is var (expires, _) && expires <= now) _invalid.Remove(_invalid.Min);
        return _invalid.Count;
    }

    /// <summary>True when the pickers have more than so many addresses to give.</summary>
    public bool HasMoreThan(int number, DateTimeOffset now)
    {
        var found = Upcoming(number + 1).Count;
        foreach (var (expires, _) in _pickable)
        {
            if (found > number || expires > now) break;
            found++;
        }

        return found > number;
    }

    /// <summary>The leases with all ends moved, after the clock jumped.</summary>
    public IReadOnlyList<Lease> Shifted(TimeSpan by, DateTimeOffset now)
        => [.. _byAddress.Values.Where(l => l.IsLive(now - by)).Select(l => l with { ExpireTime = l.ExpireTime + by })];

    /// <summary>Notes where the next search begins.</summary>
    private void Given(TAddress address)
    {
        if (_range is { } range) _next = range.Contains(address) && address < range.Last ? address + TAddress.One : range.First;
    }

    private void Put(TAddress address, Lease lease)
    {
        Forget(address);
        _byAddress[address] = lease;
        if (lease.State == Lease.Fake) _observed.Add((lease.ExpireTime, address));
        if (InRange(address))
        {
            _free.Take(address);
            if (!_reserved.Contains(address)) _pickable.Add((lease.ExpireTime, address));
            if (lease.State == Lease.Invalid) _invalid.Add((lease.ExpireTime, address));
            if (lease.State == Lease.Offer && _offers.Add((lease.ExpireTime, address)))
            {
                foreach (var key in LinkKeys(lease)) _offersByLink[key] = _offersByLink.GetValueOrDefault(key) + 1;
            }
        }

        if (lease.Token.Length == 0) return;
        if (_byToken.TryGetValue(lease.Token, out var other) && _byAddress[other] is { } older && older.ExpireTime > lease.ExpireTime
            && older.State != Lease.Expired) return;
        _byToken[lease.Token] = address;
    }

    private static string LinkKey(string via, string link) => link.Length == 0 ? via : $"{via}/{link}";

    private static IEnumerable<string> LinkKeys(Lease lease)
        => lease.Link.Length == 0 ? [lease.Via] : [lease.Via, LinkKey(lease.Via, lease.Link)];

    /// <summary>Counts an offer no longer.</summary>
    private void Drop(TAddress address, Lease lease)
    {
        if (!_offers.Remove((lease.ExpireTime, address))) return;
        foreach (var key in LinkKeys(lease))
        {
            if (_offersByLink[key] == 1) _offersByLink.Remove(key);
            else _offersByLink[key]--;
        }
    }

    private bool Forget(TAddress address)
    {
        if (!_byAddress.Remove(address, out var lease)) return false;
        _pickable.Remove((lease.ExpireTime, address));
        _invalid.Remove((lease.ExpireTime, address));
        _observed.Remove((lease.ExpireTime, address));
        _ofStrangers.Remove(address);
        Drop(address, lease);
        if (lease.Token.Length > 0 && _byToken.TryGetValue(lease.Token, out var own) && own == address) _byToken.Remove(lease.Token);
        return true;
    }
}
