namespace Anvil.Protocols.Dhcp;

/// <summary>DHCP message types (RFC 2132 section 9.6).</summary>
public enum DhcpMessageType : byte
{
    /// <summary>No or an unknown type.</summary>
    None = 0,

    /// <summary>Client looks for servers.</summary>
    Discover = 1,

    /// <summary>Server offers an address.</summary>
    Offer = 2,

    /// <summary>Client asks for an address.</summary>
    Request = 3,

    /// <summary>Client found the address in use.</summary>
    Decline = 4,

    /// <summary>Server gives the lease.</summary>
    Ack = 5,

    /// <summary>Server refuses.</summary>
    Nak = 6,

    /// <summary>Client gives the lease back.</summary>
    Release = 7,

    /// <summary>Client has an address and asks for options.</summary>
    Inform = 8,
}
