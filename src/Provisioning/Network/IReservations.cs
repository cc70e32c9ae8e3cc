namespace Anvil.Provisioning.Network;

/// <summary>The reservations that lease decisions look at.</summary>
public interface IReservations
{
    /// <summary>The reservation of an address; null when it is nobody's.</summary>
    Reservation? At(uint address);

    /// <summary>The reservations of a client, by its token.</summary>
    IEnumerable<Reservation> Of(string token);
}
