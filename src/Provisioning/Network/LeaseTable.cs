namespace Anvil.Provisioning.Network;

/// <summary>
/// The leases of one subnet in memory: by address, by token, by expiry, and the addresses that are free; each look-up is
/// O(log n) or better at a /16 full of leases. Not thread-safe: a subnet's grain is its only user.
/// </summary>
public sealed class LeaseTable
{
    private readonly Dictionary<uint, Lease> _byAddress = [];
    private readonly Dictionary<string, uint> _byToken = new(StringComparer.Ordinal);
    private readonly SortedSet<(DateTimeOffset Expires, uint Address)> _byExpiry = [];
    private readonly SortedSet<uint> _free = [];
    private readonly uint _start;
    private readonly uint _end;
    private uint _next;

    /// <summary>A table over an active range (both ends included); an empty range when start is 0.</summary>
    public LeaseTable(uint start, uint end, IEnumerable<Lease> leases)
    {
        _start = start;
        _end = end;
        _next = start;
        if (start != 0)
        {
            for (var address = start; address <= end; address++) _free.Add(address);
        }

        foreach (var lease in leases) Put(lease);
    }

    /// <summary>Number of addresses that have a lease of any state.</summary>
    public int Count => _byAddress.Count;

    /// <summary>All leases.</summary>
    public IReadOnlyCollection<Lease> All => _byAddress.Values;

    /// <summary>The lease at an address.</summary>
    public Lease? At(uint address) => _byAddress.GetValueOrDefault(address);

    /// <summary>The lease of a client.</summary>
    public Lease? Of(string token) => _byToken.TryGetValue(token, out var address) ? _byAddress[address] : null;

    /// <summary>True for an address of the active range.</summary>
    public bool InRange(uint address) => _start != 0 && address >= _start && address <= _end;

    /// <summary>Adds or replaces the lease at its address.</summary>
    public void Put(Lease lease)
    {
        var address = IPv4.Parse(lease.Addr);
        Remove(address);
        _byAddress[address] = lease;
        if (lease.Token.Length > 0)
        {
            if (_byToken.TryGetValue(lease.Token, out var other) && other != address && _byAddress.TryGetValue(other, out var older) && older.ExpireTime > lease.ExpireTime && older.State != Lease.Expired)
            {
                _byExpiry.Add((lease.ExpireTime, address));
                _free.Remove(address);
                return;
            }

            _byToken[lease.Token] = address;
        }

        _byExpiry.Add((lease.ExpireTime, address));
        _free.Remove(address);
    }

    /// <summary>Takes the lease at an address away.</summary>
    public void Remove(uint address)
    {
        if (!_byAddress.Remove(address, out var lease)) return;
        _byExpiry.Remove((lease.ExpireTime, address));
        if (lease.Token.Length > 0 && _byToken.TryGetValue(lease.Token, out var own) && own == address) _byToken.Remove(lease.Token);
        if (InRange(address)) _free.Add(address);
    }

    /// <summary>The next address without a lease, going round from the last one given; null when there is none.</summary>
    public uint? NextFree(Func<uint, bool> isReserved)
    {
        if (_start == 0) return null;
        return Search(_next, _end, isReserved) ?? (_next > _start ? Search(_start, _next - 1, isReserved) : null);
    }

    /// <summary>Notes where the next search begins.</summary>
    public void Given(uint address) => _next = address >= _end || address < _start ? _start : address + 1;

    /// <summary>The address whose lease ended longest ago; null when none has ended.</summary>
    public uint? MostExpired(DateTimeOffset now, Func<uint, bool> isReserved)
    {
        foreach (var (expires, address) in _byExpiry)
        {
            if (expires > now) return null;
            if (InRange(address) && !isReserved(address)) return address;
        }

        return null;
    }

    /// <summary>The addresses that NextFree gives next, in order, at most some.</summary>
    public IEnumerable<uint> Upcoming(int most, Func<uint, bool> isReserved)
    {
        if (_start == 0) return [];
        var ahead = _next > _end ? [] : _free.GetViewBetween(_next, _end).Where(a => !isReserved(a));
        var around = _next > _start ? _free.GetViewBetween(_start, _next - 1).Where(a => !isReserved(a)) : [];
        return ahead.Concat(around).Take(most);
    }

    /// <summary>The leases with all ends moved, after the clock jumped.</summary>
    public IReadOnlyList<Lease> Shifted(TimeSpan by, DateTimeOffset now)
        => [.. _byAddress.Values.Where(l => l.IsLive(now - by)).Select(l => l with { ExpireTime = l.ExpireTime + by })];

    private uint? Search(uint from, uint to, Func<uint, bool> isReserved)
    {
        if (from > to) return null;
        foreach (var address in _free.GetViewBetween(from, to))
        {
            if (!isReserved(address)) return address;
        }

        return null;
    }
}
