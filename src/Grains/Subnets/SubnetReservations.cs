using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Subnets;

/// <summary>The reservations of one subnet's network in memory, followed from snapshot to snapshot; the lease table is told of each change.</summary>
internal sealed class SubnetReservations
{
    private object? _seen;
    private Cidr _network;

    /// <summary>The reservations.</summary>
    public ReservationBook Book { get; private set; } = new();

    /// <summary>Follows a snapshot; a look at a reference when nothing changed.</summary>
    /// <param name="catalog">The snapshot.</param>
    /// <param name="network">The subnet's network.</param>
    /// <param name="table">The table that keeps reserved addresses from its pickers.</param>
    public void Follow(CatalogSnapshot catalog, Cidr network, LeaseTable<uint> table)
    {
        if (ReferenceEquals(_seen, catalog.Reservations) && _network == network) return;
        (_seen, _network) = (catalog.Reservations, network);
        var book = new ReservationBook(catalog.Reservations.Values.Where(r => IPv4.TryParse(r.Addr, out var address) && network.Contains(address)));
        foreach (var address in Book.Addresses.Where(a => book.At(a) is null)) table.Unreserve(address);
        foreach (var address in book.Addresses) table.Reserve(address);
        Book = book;
    }
}
