using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Catalog;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// Where a packet is from, as far as that can be told before it is answered: bounds go by it, so that nobody spends what another link may
/// send by naming its relay or its clients.
/// </summary>
/// <param name="Relay">The relay, host order; 0 for none.</param>
/// <param name="Source">
/// Address that the relay sends from; of what comes without a relay from another link the network that it is from, of our own link 0.
/// </param>
/// <param name="Doubt">Why it is not believed to be from there; <see cref="DhcpDrop.None"/> where it is.</param>
public readonly record struct DhcpOrigin(uint Relay, uint Source, DhcpDrop Doubt)
{
    private const uint Broadcast = uint.MaxValue;

    /// <summary>The origin of a packet.</summary>
    /// <param name="arrival">The packet.</param>
    /// <param name="catalog">The subnets.</param>
    /// <param name="relays">The relays.</param>
    public static DhcpOrigin Of(DhcpArrival arrival, CatalogSnapshot catalog, RelayBook relays)
    {
        var (relay, source) = (arrival.Message.RelayAddress, arrival.SourceAddress);
        if (relay != 0)
        {
            var options = EncapsulatedOptions.Read(arrival.Message.Option(DhcpOption.RelayAgentInformation) ?? []);
            var links = SubnetChoice.Links(arrival, options, catalog);
            return new DhcpOrigin(relay, source, links.Count == 0 ? DhcpDrop.NoSubnet
                : relays.IsDoubtful(arrival, links[0].Subnet, catalog) ? DhcpDrop.Relay : DhcpDrop.None);
        }

        // No router passes on what is for everybody, or from nobody.
        if (arrival.Destination == Broadcast || source == 0 || arrival.InterfaceAddresses.Contains(source)
            || arrival.ServerAddresses.Contains(source)) return default;
        var subnet = catalog.SubnetOf(source);
        if (subnet is not null && arrival.InterfaceAddresses.Any(subnet.Cidr.Contains)) return default;
        if (!arrival.IsToUs && subnet is null) return default;
        return subnet is not null && SpeaksOfItself(arrival, source) ? new DhcpOrigin(0, subnet.Cidr.Network, DhcpDrop.None)
            : new DhcpOrigin(0, source, DhcpDrop.NoSubnet);
    }

    /// <summary>
    /// True for what a client sends past its relay: of itself alone, by the address that it has (RFC 2131 sections 4.4.3 to 4.4.6). It
    /// renews that one, gives it back, or asks for options; who has none looks for servers by its relay, which names its port.
    /// </summary>
    private static bool SpeaksOfItself(DhcpArrival arrival, uint source)
    {
        var message = arrival.Message;
        var asked = message.OptionAddress(DhcpOption.RequestedAddress);
        // By port 4011 a ROM that has its address asks for its boot alone, in one way or another (PXE 2.1 section 2.2.5): no lease.
        if (arrival.IsBinl)
            return message.Type is DhcpMessageType.Discover or DhcpMessageType.Request
                && (message.ClientAddress == source ? asked == 0 || asked == source : message.ClientAddress == 0 && asked == source);
        return message.ClientAddress == source && message.Type switch
        {
            DhcpMessageType.Request => asked == 0 || asked == source,
            DhcpMessageType.Release or DhcpMessageType.Inform => true,
            _ => false,
        };
    }
}
