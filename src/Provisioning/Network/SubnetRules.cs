using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Network;

/// <summary>What subnets and reservations must fulfil (DRP's rules; overlap is reported both ways, as unavailability).</summary>
public static class SubnetRules
{
    /// <summary>Options that the protocol itself sets (RFC 2132, sections 3 and 9; RFC 3046): pad, end, requested address, overload, type, server, list, size, client, relay.</summary>
    private static readonly byte[] OfTheProtocol = [0, 50, 52, 53, 54, 55, 57, 61, 82, 255];

    /// <summary>Problems of a subnet.</summary>
    public static IEnumerable<string> Problems(Subnet subnet, Subnet? old)
    {
        if (!Documents.NameRules.IsName(subnet.Name)) yield return subnet.Name.Length == 0 ? "Empty key not allowed" : $"Invalid Name `{subnet.Name}`";
        if (!Cidr.TryParse(subnet.Network, out var cidr) || cidr.PrefixLength is 0 or > 31)
        {
            yield return $"Subnet \"{subnet.Network}\" is not an IPv4 network in CIDR form";
            yield break;
        }

        if (old is not null && old.Network != subnet.Network) yield return "Subnet cannot be changed";
        if (old is not null && old.Strategy != subnet.Strategy) yield return "Strategy cannot be changed";
        if (subnet.Strategy != "MAC") yield return $"Strategy {subnet.Strategy} is not known";
        if (subnet.Proxy && subnet.Unmanaged) yield return "A subnet cannot be both Proxy and Unmanaged";
        if (subnet.ActiveLeaseTime < 60) yield return "ActiveLeaseTime must be at least 60 seconds";
        if (subnet.ReservedLeaseTime < 7200) yield return "ReservedLeaseTime must be at least 7200 seconds";
        if (subnet.NextServer.Length > 0 && !IPv4.TryParse(subnet.NextServer, out _)) yield return $"NextServer {subnet.NextServer} is not an IPv4 address";
        foreach (var picker in subnet.Pickers.Where(p => !Subnet.KnownPickers.Contains(p, StringComparer.Ordinal))) yield return $"Picker {picker} is not known";
        foreach (var problem in OptionProblems(subnet.Options, old?.Options)) yield return problem;
        if (subnet.OnlyReservations || subnet.Proxy) yield break;
        var hasStart = IPv4.TryParse(subnet.ActiveStart, out var start);
        var hasEnd = IPv4.TryParse(subnet.ActiveEnd, out var end);
        if (!hasStart || !cidr.Contains(start)) yield return $"ActiveStart {(hasStart ? subnet.ActiveStart : "<nil>")} not in subnet range {cidr}";
        if (!hasEnd || !cidr.Contains(end)) yield return $"ActiveEnd {(hasEnd ? subnet.ActiveEnd : "<nil>")} not in subnet range {cidr}";
        if (hasStart && hasEnd && start > end) yield return $"ActiveStart {subnet.ActiveStart} is after ActiveEnd {subnet.ActiveEnd}";
    }

    /// <summary>Problems of a reservation.</summary>
    public static IEnumerable<string> Problems(Reservation reservation, Reservation? old, CatalogSnapshot catalog)
    {
        if (!IPv4.TryParse(reservation.Addr, out var address) || !IPv4.IsGlobalUnicast(address))
        {
            yield return $"Addr \"{reservation.Addr}\" is not a unicast IPv4 address";
            yield break;
        }

        if (reservation.Token.Length == 0) yield return "Token cannot be empty";
        else if (reservation.Token != old?.Token && MacAddress.Problem(reservation.Token) is { } token) yield return $"Token `{reservation.Token}` {token}";
        if (reservation.Strategy != "MAC") yield return $"Strategy {reservation.Strategy} is not known";
        foreach (var problem in OptionProblems(reservation.Options, old?.Options)) yield return problem;
        if (reservation.Duration < 0) yield return "Duration cannot be negative";
        if (old is not null && (old.Token != reservation.Token || old.Strategy != reservation.Strategy || old.Scoped != reservation.Scoped)) yield return "Token, Strategy and Scoped cannot be changed";
        var subnet = catalog.SubnetOf(address);
        if (subnet is not null && subnet.Cidr.PrefixLength < 31 && (address == subnet.Cidr.Network || address == subnet.Cidr.Broadcast))
            yield return $"Addr {reservation.Addr} is the network or broadcast address of subnet {subnet.Name}";
        if (reservation.Scoped && subnet is null) yield return $"Addr {reservation.Addr} is in no subnet";
        foreach (var other in catalog.ReservationsByToken[reservation.Token].Where(o => o.Key != reservation.Key))
        {
            if (!reservation.Scoped || !other.Scoped || other.Subnet == subnet?.Name) yield return $"Reservation {other.Addr} already has token {reservation.Token}";
        }
    }

    private static IEnumerable<string> OptionProblems(IReadOnlyList<DhcpOptionSetting> options, IReadOnlyList<DhcpOptionSetting>? old)
        => options.Where(o => OfTheProtocol.Contains(o.Code) && old?.Contains(o) != true).Select(o => $"Options: {o.Code} is set by the protocol and cannot be configured");
}
