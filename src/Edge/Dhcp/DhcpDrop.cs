namespace Anvil.Edge.Dhcp;

/// <summary>Why a DHCP packet got no answer; each reason is counted apart (metric anvil.dhcp.dropped).</summary>
public enum DhcpDrop
{
    /// <summary>It got an answer, or needed none (a release).</summary>
    None,

    /// <summary>Shorter than a DHCP message's fixed part.</summary>
    TooShort,

    /// <summary>Longer than any client's message.</summary>
    TooLong,

    /// <summary>No magic cookie (RFC 2131 section 3): BOOTP, or something else.</summary>
    NoCookie,

    /// <summary>A hardware address over 16 octets, or none, and no identifier in its place.</summary>
    HardwareAddress,

    /// <summary>An option that runs over its field's end.</summary>
    Options,

    /// <summary>A reply: another server's, or a forged one.</summary>
    NotARequest,

    /// <summary>Option 53 is missing or none of a client's.</summary>
    MessageType,

    /// <summary>More from one MAC address than is taken.</summary>
    MacLimit,

    /// <summary>More from one relay, or directly from one link, than is taken.</summary>
    RelayLimit,

    /// <summary>More from one port, as its relay names it, than is taken.</summary>
    PortLimit,

    /// <summary>It names a relay, and does not come from where that sends from.</summary>
    Relay,

    /// <summary>As many offers to strangers are out as may be.</summary>
    Strangers,

    /// <summary>It speaks for a lease from elsewhere than the lease's client.</summary>
    Doubtful,

    /// <summary>Pushed out of the queue by newer packets.</summary>
    Shed,

    /// <summary>Waited so long that its client has asked again.</summary>
    Stale,

    /// <summary>No subnet holds its relay's or link's addresses.</summary>
    NoSubnet,

    /// <summary>The client chose another server.</summary>
    OtherServer,

    /// <summary>The subnet gives no new leases.</summary>
    Disabled,

    /// <summary>No address is free.</summary>
    Exhausted,

    /// <summary>The subnet's pickers give this client nothing.</summary>
    Picker,

    /// <summary>It gives back an address that it does not hold.</summary>
    NotHeld,

    /// <summary>Its address is another server's.</summary>
    Foreign,

    /// <summary>Leases cannot be made durable now.</summary>
    DatabaseAway,

    /// <summary>The subnet is on its way to another silo.</summary>
    Moved,

    /// <summary>A proxyDHCP answer that would boot nothing.</summary>
    NoBoot,

    /// <summary>An address is asked of a subnet that only gives boot answers.</summary>
    ProxyOnly,

    /// <summary>It was sent from port 0, at which nobody can be answered.</summary>
    NoPort,

    /// <summary>Its answer could not be sent to where it says that it is from.</summary>
    Unreachable,

    /// <summary>The answer failed; the log says why, of each kind once a minute.</summary>
    Failed,
}
