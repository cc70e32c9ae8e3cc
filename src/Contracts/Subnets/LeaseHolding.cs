using Anvil.Provisioning.Network;

namespace Anvil.Contracts.Subnets;

/// <summary>One client's hold of one address, from its ACK to its end, renewals included.</summary>
/// <param name="Addr">The address.</param>
/// <param name="Subnet">Name of the subnet.</param>
/// <param name="Token">The client: its MAC address.</param>
/// <param name="Since">When it was given.</param>
/// <param name="Expires">When it runs out, or would have.</param>
/// <param name="Ended">When it ended; null while it is held, or has run out and nobody has had the address since.</param>
public sealed record LeaseHolding(string Addr, string Subnet, string Token, DateTimeOffset Since, DateTimeOffset Expires,
    DateTimeOffset? Ended);
