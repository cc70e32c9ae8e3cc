using Anvil.Provisioning.Network;

namespace Anvil.Contracts.Subnets;

/// <summary>A reservation as the database has it.</summary>
/// <param name="Reservation">The reservation.</param>
/// <param name="Revision">Revision of the catalog by which it became what it is.</param>
public sealed record StoredReservation(Reservation Reservation, long Revision);
