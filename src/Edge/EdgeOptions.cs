namespace Anvil.Edge;

/// <summary>Settings of the edge: which interfaces and ports it serves.</summary>
public sealed class EdgeOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Edge";

    /// <summary>
    /// Interfaces on which DHCP is answered, by name or by a network in which they have an address (10.0.0.0/24); none: DHCP is off.
    /// </summary>
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

    /// <summary>
    /// Address by which machines reach the API, such as that of the gateways' balancer; empty: this edge, at the address that the machine
    /// asked.
    /// </summary>
    public string ApiAddress { get; set; } = "";

    /// <summary>How machines are told to reach the API: https, or http where it takes that of them (Silo:PlainApi).</summary>
    public string ApiScheme { get; set; } = "https";

    /// <summary>
    /// What machines are told to know the API by where another certificate than this silo's answers at that address: sha256//BASE64 of
    /// each public key, as curl's --pinnedpubkey takes it; none: that of this silo.
    /// </summary>
    public IList<string> ApiPins { get; init; } = [];

    /// <summary>
    /// Names with dots by which clients ask this edge for rendered boot files, where somebody writes them into URLs (option 67, params);
    /// its addresses need no entry.
    /// </summary>
    public IList<string> Names { get; init; } = [];

    /// <summary>Port of the API, as machines reach it.</summary>
    public int ApiPort { get; set; } = 8092;

    /// <summary>Folder of boot files.</summary>
    public string FileRoot { get; set; } = "files";

    /// <summary>
    /// DHCP packets a second from one MAC address behind one relay, or on one link, three seconds' worth at once; 0: no limit. Firmware
    /// sends one in four seconds.
    /// </summary>
    public int DhcpPerMac { get; set; } = 10;

    /// <summary>DHCP packets a second from one relay, or directly from one link, three seconds' worth at once; 0: no limit.</summary>
    public int DhcpPerRelay { get; set; } = 5000;

    /// <summary>
    /// DHCP packets of unknown clients a second from one port that a relay names (option 82), three seconds' worth at once; 0: no limit.
    /// </summary>
    public int DhcpPerPort { get; set; } = 20;

    /// <summary>
    /// DHCP packets that wait for an answer on one socket, those of unknown clients, of clients that were answered lately and of known
    /// machines apart; over it the oldest are shed: their clients ask again.
    /// </summary>
    public int DhcpQueue { get; set; } = 2048;

    /// <summary>How long a probe waits for somebody who uses an address, before that is given for the first time; 0: no probes.</summary>
    public int ProbeMilliseconds { get; set; } = 300;

    /// <summary>TFTP transfers at once; over it new requests wait for the client to ask again, so that those under way finish.</summary>
    public int TftpTransfers { get; set; } = 512;

    /// <summary>Largest TFTP block in octets; 0: what the client's path carries in one packet (its interface's MTU).</summary>
    public int TftpBlockSize { get; set; }

    /// <summary>
    /// Sends IPv6 router advertisements, without prefix and without being a default router, so that iPXE need not wait for one.
    /// </summary>
    public bool RouterAdvertisements { get; set; }
}
