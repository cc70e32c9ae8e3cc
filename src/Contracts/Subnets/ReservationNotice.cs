using Anvil.Provisioning.Network;

namespace Anvil.Contracts.Subnets;

/// <summary>Reservations that were written, told to the subnets that hold their addresses before the one who asked is answered.</summary>
/// <param name="Revision">Revision of the catalog that holds the change.</param>
/// <param name="Set">Reservations as they are now.</param>
/// <param name="Gone">Addresses that are reserved no longer.</param>
[GenerateSerializer, Immutable, Alias("anvil.ReservationNotice")]
public sealed record ReservationNotice([property: Id(0)] long Revision, [property: Id(1)] IReadOnlyList<Reservation> Set,
    [property: Id(2)] IReadOnlyList<uint> Gone);
