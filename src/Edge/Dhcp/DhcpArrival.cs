using Anvil.Protocols.Dhcp;

namespace Anvil.Edge.Dhcp;

/// <summary>A message and how it came in.</summary>
/// <param name="Message">The message.</param>
/// <param name="InterfaceAddresses">IPv4 addresses of the receiving interface, host order.</param>
/// <param name="SourceAddress">Sender's address; 0 for none.</param>
/// <param name="SourcePort">Sender's port.</param>
/// <param name="IsBinl">Came to port 4011.</param>
/// <param name="Interface">Name of the receiving interface.</param>
public sealed record DhcpArrival(DhcpMessage Message, IReadOnlyList<uint> InterfaceAddresses, uint SourceAddress, int SourcePort,
    bool IsBinl, string Interface = "")
{
    /// <summary>IPv4 addresses of all interfaces that are listened on, host order: a router chooses by which of them a packet
    /// comes in.</summary>
    public IReadOnlyList<uint> ServerAddresses { get; init; } = [];

    /// <summary>Address that the packet was sent to, host order; 0 where that is not known.</summary>
    public uint Destination { get; init; }

    /// <summary>
    /// True for what a client sent to our address itself, past its relay: a renewal, a release, an inform (RFC 2131 section 4.4.5). Which
    /// link it is on, only its own address says.
    /// </summary>
    public bool IsOwnUnicast => Message is { RelayAddress: 0, ClientAddress: not 0 } && IsToUs;

    /// <summary>True for what was sent to one of our addresses, and not to everybody on the link.</summary>
    public bool IsToUs => InterfaceAddresses.Contains(Destination) || ServerAddresses.Contains(Destination);
}

/// <summary>A reply and where it goes; address 255.255.255.255 is broadcast on the interface that the request came in on.</summary>
/// <param name="Message">The reply.</param>
/// <param name="Address">IPv4 address that it goes to.</param>
/// <param name="Port">UDP port there.</param>
/// <param name="ByHardware">The client does not have that address yet: the frame goes to its hardware address (RFC 2131 section
/// 4.1).</param>
public sealed record DhcpDeparture(DhcpMessage Message, uint Address, int Port, bool ByHardware = false)
{
    /// <summary>Uuid of the machine that it goes to; "" for an unknown one.</summary>
    public string Machine { get; init; } = "";
}

/// <summary>What is answered: a reply, or none and why not.</summary>
public sealed record DhcpOutcome(DhcpDeparture? Departure, DhcpDrop Drop);
