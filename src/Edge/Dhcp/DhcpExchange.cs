using Anvil.Contracts.Machines;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Dhcp;

/// <summary>Who we are to a client.</summary>
/// <param name="Id">Server identifier (option 54), host order; a relay's address where that stands in for us (RFC 5107).</param>
/// <param name="Address">Our own address, by which it fetches its files, host order.</param>
public readonly record struct DhcpSelf(uint Id, uint Address);

/// <summary>A message with all that is known about it before it is answered.</summary>
/// <param name="Arrival">The message and how it came in.</param>
/// <param name="Subnet">The subnet that it is answered in.</param>
/// <param name="Via">Address that led to the subnet: the relay's, or our own; 0 where the client's own did.</param>
/// <param name="Server">Our identifier and our address towards this client.</param>
/// <param name="Machine">The machine with its MAC address; null for an unknown one.</param>
/// <param name="Client">What kind of client it is.</param>
/// <param name="Boot">What it boots.</param>
public sealed record DhcpExchange(DhcpArrival Arrival, Subnet Subnet, uint Via, DhcpSelf Server, KnownMachine? Machine, BootClient Client,
    BootAnswer Boot)
{
    /// <summary>The message.</summary>
    public DhcpMessage Request => Arrival.Message;
}
