namespace Anvil.Protocols.Dhcp;

/// <summary>Why octets are no DHCP message.</summary>
public enum DhcpFault
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Shorter than a DHCP message's fixed part.</summary>
    TooShort,

    /// <summary>No magic cookie (RFC 2131 section 3): BOOTP, or something else.</summary>
    NoCookie,

    /// <summary>A hardware address over 16 octets, or none, and no identifier in its place.</summary>
    HardwareAddress,

    /// <summary>An option that runs over its field's end.</summary>
    Options,

    /// <summary>Longer than any client's (<see cref="DhcpMessage.Longest"/>).</summary>
    TooLong,
}
