namespace Anvil.Provisioning.Network;

/// <summary>
/// The reservations of one network in memory: by address and by token. Not thread-safe: a subnet's grain is its only user.
/// </summary>
public sealed class ReservationBook : IReservations
{
    private readonly Dictionary<uint, Reservation> _byAddress = [];
    private readonly Dictionary<string, List<Reservation>> _byToken = new(StringComparer.Ordinal);

    /// <summary>A book with reservations in it; those without an address are left out.</summary>
    public ReservationBook(params IEnumerable<Reservation> reservations)
    {
        foreach (var reservation in reservations) Set(reservation);
    }

    /// <summary>Number of reservations.</summary>
    public int Count => _byAddress.Count;

    /// <summary>Every reserved address.</summary>
    public IReadOnlyCollection<uint> Addresses => _byAddress.Keys;

    /// <inheritdoc/>
    public Reservation? At(uint address) => _byAddress.GetValueOrDefault(address);

    /// <inheritdoc/>
    public IEnumerable<Reservation> Of(string token) => _byToken.TryGetValue(token, out var all) ? all : [];

    /// <summary>Adds a reservation, or puts it in the place of the one at its address.</summary>
    public void Set(Reservation reservation)
    {
        if (!IPv4.TryParse(reservation.Addr, out var address)) return;
        Remove(address);
        _byAddress[address] = reservation;
        if (!_byToken.TryGetValue(reservation.Token, out var all)) _byToken[reservation.Token] = all = [];
        all.Add(reservation);
    }

    /// <summary>Takes the reservation of an address away; false when there is none.</summary>
    public bool Remove(uint address)
    {
        if (!_byAddress.Remove(address, out var old)) return false;
        var all = _byToken[old.Token];
        all.Remove(old);
        if (all.Count == 0) _byToken.Remove(old.Token);
        return true;
    }
}
