namespace Anvil.Provisioning.Network;

/// <summary>What reservations must fulfil (DRP's rules).</summary>
public static class ReservationRules
{
    /// <summary>
    /// A reservation with its defaults: strategy MAC, and the token in its one written form, which is DHCP's.
    /// </summary>
    public static Reservation Filled(Reservation reservation) => reservation with
    {
        Strategy = reservation.Strategy.Length == 0 ? "MAC" : reservation.Strategy,
        Token = ReservationToken.TryNormalize(reservation.Token, out var token) ? token : reservation.Token,
    };

    /// <summary>What is wrong with a reservation.</summary>
    /// <param name="reservation">As it is to be.</param>
    /// <param name="old">As it was; null for a new one.</param>
    /// <param name="subnet">The subnet that holds its address; null for none.</param>
    /// <param name="all">Where the reservations with its token are found.</param>
    public static IEnumerable<string> Problems(Reservation reservation, Reservation? old, Subnet? subnet, IReservations all)
    {
        if (!IPv4.TryParse(reservation.Addr, out var address) || !IPv4.IsGlobalUnicast(address))
        {
            yield return $"Addr \"{reservation.Addr}\" is not a unicast IPv4 address";
            yield break;
        }

        if (reservation.Token.Length == 0) yield return "Reservation Token cannot be empty!";
        else if (reservation.Strategy == "MAC" && reservation.Token != old?.Token
            && ReservationToken.Problem(reservation.Token) is { } token)
            yield return $"Token `{reservation.Token}` {token}";
        if (reservation.Strategy != "MAC") yield return $"Strategy {reservation.Strategy} is not known";
        if (reservation.Duration < 0) yield return "Duration cannot be negative";
        else if (LeaseTimes.Problem("Duration", reservation.Duration, old?.Duration, 0) is { } duration) yield return duration;
        if (reservation.NextServer.Length > 0 && reservation.NextServer != old?.NextServer
            && !IPv4.TryParse(reservation.NextServer, out _))
            yield return $"NextServer {reservation.NextServer} is not an IPv4 address";
        foreach (var problem in OptionRules.Problems(reservation.Options, old?.Options ?? [])) yield return problem;
        if (old is not null && old.Token != reservation.Token) yield return "Token cannot change";
        if (old is not null && old.Strategy != reservation.Strategy) yield return "Strategy cannot change";
        if (old is not null && old.Scoped != reservation.Scoped) yield return "Scoped cannot change";
        if (subnet is not null && subnet.Cidr.PrefixLength < 31 && (address == subnet.Cidr.Network || address == subnet.Cidr.Broadcast))
            yield return $"Addr {reservation.Addr} is the network or broadcast address of subnet {subnet.Name}";
        if (reservation.Scoped && subnet is null) yield return $"Addr {reservation.Addr} is in no subnet";
        foreach (var other in all.Of(reservation.Token).Where(o => o.Key != reservation.Key))
        {
            if (!reservation.Scoped || !other.Scoped || other.Subnet == subnet?.Name)
                yield return $"Reservation {other.Key} already has Strategy {other.Strategy}: Token {reservation.Token}";
        }
    }
}
