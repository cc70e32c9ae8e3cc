namespace Anvil.Provisioning.Network;

/// <summary>What subnets must fulfil (DRP's rules; overlap is reported both ways, as unavailability).</summary>
public static class SubnetRules
{
    /// <summary>Problems of a subnet.</summary>
    /// <param name="subnet">As it is to be.</param>
    /// <param name="old">As it was; null for a new one.</param>
    public static IEnumerable<string> Problems(Subnet subnet, Subnet? old)
    {
        if (old is null && !Documents.NameRules.IsName(subnet.Name))
            yield return subnet.Name.Length == 0 ? "Empty key not allowed" : $"Invalid Name `{subnet.Name}`";
        if (!Cidr.TryParse(subnet.Network, out var cidr) || cidr.PrefixLength is 0 or > 31)
        {
            yield return $"Invalid subnet {subnet.Network}: invalid CIDR address: {subnet.Network}";
            yield break;
        }

        if (old is not null && old.Network != subnet.Network) yield return "Subnet range cannot change";
        if (old is not null && old.Strategy != subnet.Strategy) yield return "Strategy cannot change";
        if (subnet.Strategy != "MAC") yield return $"Strategy {subnet.Strategy} is not known";
        if (subnet.Proxy && subnet.Unmanaged) yield return "Unmanaged and Proxy cannot both be true";
        if (LeaseTimes.Problem("ActiveLeaseTime", subnet.ActiveLeaseTime, old?.ActiveLeaseTime, LeaseTimes.ShortestActive) is { } active)
            yield return active;
        if (LeaseTimes.Problem("ReservedLeaseTime", subnet.ReservedLeaseTime, old?.ReservedLeaseTime,
            LeaseTimes.ShortestReserved) is { } reserved) yield return reserved;
        if (subnet.NextServer.Length > 0 && !IPv4.TryParse(subnet.NextServer, out _))
            yield return $"NextServer {subnet.NextServer} is not an IPv4 address";
        foreach (var problem in RelayRules.Problems(subnet)) yield return problem;
        foreach (var picker in subnet.Pickers.Where(p => !Subnet.KnownPickers.Contains(p, StringComparer.Ordinal)))
            yield return $"Picker {picker} is not a valid lease picking strategy";
        foreach (var problem in OptionRules.Problems(subnet.Options, old?.Options ?? [])) yield return problem;
        if (subnet.OnlyReservations || subnet.Proxy) yield break;
        if (subnet.ActiveStart.Length == 0) yield return "IP Address is nil";
        if (subnet.ActiveEnd.Length == 0) yield return "IP Address is nil";
        var hasStart = IPv4.TryParse(subnet.ActiveStart, out var start);
        var hasEnd = IPv4.TryParse(subnet.ActiveEnd, out var end);
        if (!hasStart || !cidr.Contains(start))
            yield return $"ActiveStart {(hasStart ? subnet.ActiveStart : "<nil>")} not in subnet range {cidr}";
        if (!hasEnd || !cidr.Contains(end)) yield return $"ActiveEnd {(hasEnd ? subnet.ActiveEnd : "<nil>")} not in subnet range {cidr}";
        if (hasStart && hasEnd && start > end) yield return $"ActiveStart {subnet.ActiveStart} is after ActiveEnd {subnet.ActiveEnd}";
    }
}
