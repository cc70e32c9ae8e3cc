using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Subnets;

/// <summary>
/// The reservations of one subnet's network in memory: loaded once, then kept up by changes since a revision, and by what their writer
/// tells at once. The lease table is told of each change. Used from one grain's turns alone.
/// </summary>
/// <param name="store">Where reservations live.</param>
/// <param name="table">The table that keeps reserved addresses from its pickers, as it is now.</param>
internal sealed class SubnetReservations(IReservationStore store, Func<LeaseTable<uint>> table)
{
    /// <summary>Revisions by which addresses were told: what was read at an older one does not undo them.</summary>
    private readonly Dictionary<uint, long> _told = [];
    private Cidr? _network;
    private long _revision;

    /// <summary>The reservations.</summary>
    public ReservationBook Book { get; } = new();

    /// <summary>True once the reservations of a network are here.</summary>
    public bool AreOf(Cidr network) => _network == network;

    /// <summary>True when the catalog has moved on since the reservations were last read.</summary>
    public bool AreBehind(long revision) => _network is not null && revision > _revision;

    /// <summary>Reads all reservations of a network, in the place of another network's.</summary>
    public async Task LoadAsync(Cidr network, CancellationToken cancellation)
    {
        var all = await store.ChangesAsync(network, 0, cancellation);
        var kept = all.Set.Select(r => IPv4.TryParse(r.Addr, out var address) ? address : 0).ToHashSet();
        Take(all.Revision, all.Set, [.. Book.Addresses.Where(a => !kept.Contains(a))]);
        (_network, _revision) = (network, all.Revision);
    }

    /// <summary>Reads what has changed since the last time.</summary>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        if (_network is not { } network) return;
        var changes = await store.ChangesAsync(network, _revision, cancellation);
        if (_network != network || changes.Revision < _revision) return;
        Take(changes.Revision, changes.Set, changes.Gone);
        _revision = changes.Revision;
    }

    /// <summary>Takes over what the writer tells.</summary>
    public void Tell(ReservationNotice notice)
    {
        if (_network is not { } network) return;
        var set = notice.Set.Where(r => IPv4.TryParse(r.Addr, out var address) && network.Contains(address)).ToList();
        var gone = notice.Gone.Where(network.Contains).ToList();
        Take(notice.Revision, set, gone);
        if (notice.Revision <= _revision) return;
        foreach (var address in gone.Concat(set.Select(r => IPv4.Parse(r.Addr)))) _told[address] = notice.Revision;
    }

    private void Take(long revision, IReadOnlyList<Reservation> set, IReadOnlyList<uint> gone)
    {
        var leases = table();
        foreach (var address in gone.Where(a => !IsNewer(a, revision)))
        {
            if (Book.Remove(address)) leases.Unreserve(address);
        }

        foreach (var reservation in set)
        {
            if (!IPv4.TryParse(reservation.Addr, out var address) || IsNewer(address, revision)) continue;
            // A damaged one is nobody's any more, and still nobody else's.
            Book.Set(reservation);
            leases.Reserve(address);
        }

        foreach (var (address, told) in _told)
        {
            if (told <= revision) _told.Remove(address);
        }
    }

    private bool IsNewer(uint address, long revision) => _told.TryGetValue(address, out var told) && told > revision;
}
