namespace Anvil.Provisioning.Network;

/// <summary>What a client asked of a subnet.</summary>
/// <param name="Token">Its MAC address.</param>
/// <param name="Requested">Option 50, else ciaddr; 0 for none.</param>
/// <param name="Via">Relay or interface address that the packet came by; 0 where it came past the client's relay.</param>
public sealed record LeaseRequest(string Token, uint Requested, uint Via)
{
    /// <summary>The client's link as its relay names it (RFC 3046: circuit and remote id); "" where no relay says.</summary>
    public string Link { get; init; } = "";

    /// <summary>A relay passed the packet on; else it came from the client itself.</summary>
    public bool IsRelayed { get; init; }

    /// <summary>Address that the client sent from, when no relay did; 0 for none.</summary>
    public uint Source { get; init; }

    /// <summary>A machine with this MAC address is known: no stranger.</summary>
    public bool IsKnown { get; init; }

    /// <summary>The client says whose offer it takes, and it is this server's (option 54; RFC 2131 section 4.3.2, SELECTING).</summary>
    public bool IsChosen { get; init; }

    /// <summary>Offers may have been made of which nothing is known.</summary>
    public bool MayLackOffers { get; init; }

    /// <summary>A stranger that asked before and has waited for an answer since, as somebody with a made-up address does not.</summary>
    public bool IsPatient { get; init; }
}
