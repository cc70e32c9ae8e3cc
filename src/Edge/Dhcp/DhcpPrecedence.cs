namespace Anvil.Edge.Dhcp;

/// <summary>Whose packets are answered before whose; each has what its link may send, a queue, and answers of its own.</summary>
public enum DhcpPrecedence
{
    /// <summary>Nobody knows it.</summary>
    Stranger,

    /// <summary>It was offered an address a moment ago, or given one lately: anybody can bring that about.</summary>
    Acquainted,

    /// <summary>A machine has its card that somebody has let in, or that has had a lease.</summary>
    Known,
}
