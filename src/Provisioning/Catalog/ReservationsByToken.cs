using Anvil.Provisioning.Catalog.Kinds;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog;

/// <summary>Reservations by the client's token.</summary>
/// <param name="catalog">The catalog that holds them.</param>
public sealed class ReservationsByToken(CatalogSnapshot catalog)
{
    /// <summary>The reservations of a client, in order of their addresses; none for a stranger.</summary>
    public IEnumerable<Reservation> this[string token] => catalog.Having("reservations", ReservationKind.Token, token).Cast<Reservation>();
}
