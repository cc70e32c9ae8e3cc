namespace Anvil.Edge.Dhcp;

/// <summary>A message and how it came in.</summary>
/// <param name="Message">The message.</param>
/// <param name="InterfaceAddresses">IPv4 addresses of the receiving interface, host order.</param>
/// <param name="SourceAddress">Sender's address; 0 for none.</param>
/// <param name="SourcePort">Sender's port.</param>
/// <param name="IsBinl">Came to port 4011.</param>
public sealed record DhcpArrival(DhcpMessage Message, IReadOnlyList<uint> InterfaceAddresses, uint SourceAddress, int SourcePort, bool IsBinl);

/// <summary>A reply and where it goes; address 255.255.255.255 is broadcast on the interface that the request came in on.</summary>
public sealed record DhcpDeparture(DhcpMessage Message, uint Address, int Port);
