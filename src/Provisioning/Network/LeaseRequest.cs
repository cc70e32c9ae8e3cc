namespace Anvil.Provisioning.Network;

/// <summary>What a client asked of a subnet.</summary>
/// <param name="Token">Its MAC address.</param>
/// <param name="Requested">Option 50, else ciaddr; 0 for none.</param>
/// <param name="Via">Relay or interface address that the packet came by.</param>
public sealed record LeaseRequest(string Token, uint Requested, uint Via)
{
    /// <summary>The client's link as its relay names it (RFC 3046: circuit and remote id); "" where no relay says.</summary>
    public string Link { get; init; } = "";
}
