namespace Anvil.Provisioning.Network;

/// <summary>The addresses that a subnet gives to clients without a reservation.</summary>
public static class SubnetRange
{
    /// <summary>
    /// The active range without the network's own and its broadcast address, which no host can have (RFC 1122 section 3.2.1.3), even where
    /// a subnet names them as an end; null when it gives none.
    /// </summary>
    public static AddressRange<uint>? Of(Subnet? subnet)
    {
        if (subnet is null or { OnlyReservations: true } || !IPv4.TryParse(subnet.ActiveStart, out var first)
            || !IPv4.TryParse(subnet.ActiveEnd, out var last)) return null;
        if (Cidr.TryParse(subnet.Network, out var cidr) && cidr.PrefixLength < 31)
        {
            first = Math.Max(first, cidr.Network + 1);
            last = Math.Min(last, cidr.Broadcast - 1);
        }

        return first <= last ? new AddressRange<uint>(first, last) : null;
    }
}
