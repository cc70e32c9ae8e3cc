namespace Anvil.Protocols.Dhcp;

/// <summary>Codes of the options that Anvil itself looks at or makes (RFC 2132, 3046, 4578; iPXE's 175).</summary>
public static class DhcpOption
{
    /// <summary>Padding.</summary>
    public const byte Pad = 0;

    /// <summary>Subnet mask.</summary>
    public const byte SubnetMask = 1;

    /// <summary>Routers.</summary>
    public const byte Router = 3;

    /// <summary>Name servers.</summary>
    public const byte NameServers = 6;

    /// <summary>Host name.</summary>
    public const byte HostName = 12;

    /// <summary>Root path.</summary>
    public const byte RootPath = 17;

    /// <summary>Vendor-specific information.</summary>
    public const byte VendorSpecific = 43;

    /// <summary>Requested address.</summary>
    public const byte RequestedAddress = 50;

    /// <summary>Lease seconds.</summary>
    public const byte LeaseTime = 51;

    /// <summary>Which header fields hold options.</summary>
    public const byte Overload = 52;

    /// <summary>Message type.</summary>
    public const byte MessageType = 53;

    /// <summary>Server identifier.</summary>
    public const byte ServerId = 54;

    /// <summary>Parameter request list.</summary>
    public const byte ParameterRequestList = 55;

    /// <summary>Longest message that the client takes.</summary>
    public const byte MaximumMessageSize = 57;

    /// <summary>Renewal time T1.</summary>
    public const byte RenewalTime = 58;

    /// <summary>Rebinding time T2.</summary>
    public const byte RebindingTime = 59;

    /// <summary>Vendor class.</summary>
    public const byte VendorClass = 60;

    /// <summary>Client identifier.</summary>
    public const byte ClientId = 61;

    /// <summary>TFTP server name.</summary>
    public const byte TftpServerName = 66;

    /// <summary>Boot file name.</summary>
    public const byte BootFileName = 67;

    /// <summary>User class.</summary>
    public const byte UserClass = 77;

    /// <summary>Relay agent information (RFC 3046).</summary>
    public const byte RelayAgentInformation = 82;

    /// <summary>Client system architecture (RFC 4578 section 2.1).</summary>
    public const byte ClientArchitecture = 93;

    /// <summary>Client machine identifier (RFC 4578 section 2.3).</summary>
    public const byte ClientMachineId = 97;

    /// <summary>Domain search list (RFC 3397).</summary>
    public const byte DomainSearch = 119;

    /// <summary>Classless static routes (RFC 3442).</summary>
    public const byte ClasslessRoutes = 121;

    /// <summary>iPXE's encapsulated options.</summary>
    public const byte Ipxe = 175;

    /// <summary>End of options.</summary>
    public const byte End = 255;

    /// <summary>
    /// How soon an option is left out where a message has no room for all: 0 never, it is what makes the message one; 1 what an address
    /// and a boot cannot do without; 2 what a client would look for elsewhere in vain; 3 any other.
    /// </summary>
    public static int Worth(byte code) => code switch
    {
        MessageType or ServerId => 0,
        SubnetMask or Router or LeaseTime or VendorSpecific or VendorClass or ClientId or TftpServerName or BootFileName or ClientMachineId
            or Ipxe => 1,
        NameServers or RenewalTime or RebindingTime or ClasslessRoutes => 2,
        _ => 3,
    };
}
