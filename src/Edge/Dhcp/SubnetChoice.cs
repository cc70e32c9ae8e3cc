using System.Buffers.Binary;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Dhcp;

/// <summary>A subnet on a client's link, and the address that led to it.</summary>
public sealed record SubnetLink(uint Via, Subnet Subnet);

/// <summary>Which subnets a client's link has, and by which address it knows us: by relay, link selection or interface.</summary>
public static class SubnetChoice
{
    /// <summary>Link selection: the client's link, where it is not the relay's (RFC 3527); and Cisco's own number for it.</summary>
    private const byte LinkSelection = 5, CiscoLinkSelection = 150;

    /// <summary>Server identifier override: the relay stands in for us (RFC 5107); and Cisco's own number for it.</summary>
    private const byte ServerIdOverride = 11, CiscoServerIdOverride = 152;

    /// <summary>Circuit and remote id: the client's port, as its relay names it (RFC 3046).</summary>
    private static readonly byte[] PortNames = [1, 2];

    /// <summary>The client's port as its relay names it, in hex; "" where no relay says.</summary>
    public static string LinkName(DhcpArrival arrival)
    {
        if (arrival.Message.RelayAddress == 0
            || arrival.Message.Option(DhcpOption.RelayAgentInformation) is not { } information) return "";
        var options = EncapsulatedOptions.Read(information);
        return string.Join('/', PortNames.Where(options.ContainsKey).Select(n => $"{n}:{Convert.ToHexStringLower(options[n])}"));
    }

    /// <summary>Addresses that stand for the client's link.</summary>
    public static IReadOnlyList<uint> Vias(DhcpArrival arrival, IReadOnlyDictionary<byte, byte[]> relayOptions)
    {
        // Only a relay may say that its client is on another link: a client that does is not believed.
        if (arrival.Message.RelayAddress == 0) return arrival.InterfaceAddresses;
        return [AddressOf(relayOptions, LinkSelection, CiscoLinkSelection) ?? arrival.Message.RelayAddress];
    }

    /// <summary>A relay's address by one code, or by another where it does not use the first; null for none.</summary>
    private static uint? AddressOf(IReadOnlyDictionary<byte, byte[]> relayOptions, byte code, byte other)
        => (relayOptions.GetValueOrDefault(code) ?? relayOptions.GetValueOrDefault(other)) is { Length: 4 } octets
            ? BinaryPrimitives.ReadUInt32BigEndian(octets) : null;

    /// <summary>
    /// The subnets of the client's link, in the order of the addresses that lead to them. A client that is beyond a relay and speaks to us
    /// itself is of the subnet that holds its own address, whatever interface the packet came in by; no address leads there then. Where
    /// that is none of ours, it is none of our clients (RFC 2131 section 4.3.2), unless it is on our link and has a wrong address.
    /// </summary>
    public static IReadOnlyList<SubnetLink> Links(DhcpArrival arrival, IReadOnlyDictionary<byte, byte[]> relayOptions,
        CatalogSnapshot catalog)
    {
        var links = new List<SubnetLink>();
        foreach (var via in Vias(arrival, relayOptions))
        {
            if (catalog.SubnetOf(via) is { } subnet && !links.Exists(l => l.Subnet.Name == subnet.Name))
                links.Add(new SubnetLink(via, subnet));
        }

        if (!arrival.IsOwnUnicast || links.Exists(l => l.Subnet.Cidr.Contains(arrival.Message.ClientAddress))) return links;
        if (catalog.SubnetOf(arrival.Message.ClientAddress) is { } own) return [new SubnetLink(0, own)];
        return links.Exists(l => l.Subnet.Cidr.Contains(arrival.SourceAddress)) ? links : [];
    }

    /// <summary>Why a client has no subnet.</summary>
    public static string Lack(DhcpArrival arrival, IReadOnlyDictionary<byte, byte[]> relayOptions)
        => arrival.IsOwnUnicast
            ? $"no subnet holds {IPv4.Format(arrival.Message.ClientAddress)}, by which it speaks to {IPv4.Format(arrival.Destination)}"
            : "no subnet holds " + string.Join(", ", Vias(arrival, relayOptions).Select(IPv4.Format));

    /// <summary>
    /// Who we are to a client of a subnet. Our address is the one that its packet was sent to, else one of the interface's in the subnet,
    /// else the interface's first. Our identifier (option 54) is the same, or the relay's where it stands in for us: for DHCP alone
    /// (RFC 5107 section 4), next server and URLs name our address.
    /// </summary>
    public static DhcpSelf Self(DhcpArrival arrival, IReadOnlyDictionary<byte, byte[]> relayOptions, Subnet subnet)
    {
        var own = arrival.IsToUs ? arrival.Destination
            : arrival.InterfaceAddresses.FirstOrDefault(subnet.Cidr.Contains, arrival.InterfaceAddresses.FirstOrDefault());
        return arrival.Message.RelayAddress != 0 && AddressOf(relayOptions, ServerIdOverride, CiscoServerIdOverride) is { } over and not 0
            ? new DhcpSelf(over, own) : new DhcpSelf(own, own);
    }
}
