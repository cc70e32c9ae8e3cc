namespace Anvil.Edge;

/// <summary>Settings of the edge: which interfaces and ports it serves.</summary>
public sealed class EdgeOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Edge";

    /// <summary>Interfaces on which DHCP is answered, by name or by a network in which they have an address (10.0.0.0/24); none: DHCP is off.</summary>
    public IList<string> Interfaces { get; init; } = [];

    /// <summary>DHCP server port; replies go to the port below 68 only when this is 67.</summary>
    public int DhcpPort { get; set; } = 67;

    /// <summary>DHCP client port.</summary>
    public int DhcpClientPort { get; set; } = 68;

    /// <summary>PXE boot server port; 0 turns it off.</summary>
    public int BinlPort { get; set; } = 4011;

    /// <summary>TFTP port; 0 turns it off.</summary>
    public int TftpPort { get; set; } = 69;

    /// <summary>Port of boot HTTP.</summary>
    public int FilePort { get; set; } = 8091;

    /// <summary>Address by which machines reach the API, such as that of the gateways' balancer; empty: this edge, at the address that the machine asked.</summary>
    public string ApiAddress { get; set; } = "";

    /// <summary>Port of the API, as machines reach it.</summary>
    public int ApiPort { get; set; } = 8092;

    /// <summary>Folder of boot files.</summary>
    public string FileRoot { get; set; } = "files";

    /// <summary>Sends IPv6 router advertisements, without prefix and without being a default router, so that iPXE need not wait for one.</summary>
    public bool RouterAdvertisements { get; set; }
}
