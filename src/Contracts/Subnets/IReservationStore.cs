using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Contracts.Subnets;

/// <summary>What changed of the reservations of a network.</summary>
/// <param name="Revision">Revision of the catalog that they were read at.</param>
/// <param name="Set">Reservations as they are now.</param>
/// <param name="Gone">Addresses that are reserved no longer.</param>
public sealed record ReservationChanges(long Revision, IReadOnlyList<Reservation> Set, IReadOnlyList<uint> Gone);

/// <summary>
/// Reservations, read by their own indexes: there may be a hundred thousand, and nothing reads them all to find one. They are written
/// through <see cref="Catalog.ICatalogGrain"/> and move the catalog's revision. One that is damaged in the database comes as
/// unavailable, with the reason.
/// </summary>
public interface IReservationStore
{
    /// <summary>The reservation of an address; null when it is nobody's.</summary>
    Task<Reservation?> FindAsync(uint address, CancellationToken cancellation);

    /// <summary>The reservations of any of these addresses or tokens.</summary>
    Task<IReadOnlyList<Reservation>> FindManyAsync(IReadOnlyCollection<uint> addresses, IReadOnlyCollection<string> tokens,
        CancellationToken cancellation);

    /// <summary>
    /// The reservation of an address with the revision of the catalog by which it became what it is; null when it is nobody's.
    /// </summary>
    Task<StoredReservation?> ReadAsync(uint address, CancellationToken cancellation);

    /// <summary>The reservations of a network that changed after a revision, at one revision.</summary>
    /// <param name="network">The network.</param>
    /// <param name="since">What is known already; 0 for nothing: all of them.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    Task<ReservationChanges> ChangesAsync(Cidr network, long since, CancellationToken cancellation);

    /// <summary>
    /// A page of reservations, by the fields of CatalogFields, in the order of their addresses where the query names no other.
    /// </summary>
    /// <exception cref="Anvil.Provisioning.Documents.ApiException">406: the page is too long, or a regular expression takes too
    /// long.</exception>
    Task<ListPage<Reservation>> PageAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Number of reservations.</summary>
    Task<long> CountAsync(CancellationToken cancellation);
}
