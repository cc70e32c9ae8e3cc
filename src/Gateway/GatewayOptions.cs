namespace Anvil.Gateway;

/// <summary>Settings of the gateway.</summary>
public sealed class GatewayOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Gateway";

    /// <summary>Port of the API.</summary>
    public int ApiPort { get; set; } = 8092;

    /// <summary>Port of boot HTTP.</summary>
    public int FilePort { get; set; } = 8091;

    /// <summary>DHCP port, for Info.</summary>
    public int DhcpPort { get; set; } = 67;

    /// <summary>PXE boot server port, for Info.</summary>
    public int BinlPort { get; set; } = 4011;

    /// <summary>TFTP port, for Info.</summary>
    public int TftpPort { get; set; } = 69;

    /// <summary>DHCP is served by this silo.</summary>
    public bool DhcpEnabled { get; set; }

    /// <summary>Only machines are answered, not people: the API of an edge that is no gateway.</summary>
    public bool MachinesOnly { get; set; }

    /// <summary>Listeners (websockets) at once.</summary>
    public int Listeners { get; set; } = 2048;

    /// <summary>Listeners of one source (an IPv4 address, an IPv6 /64) at once; behind a balancer all people have its address.</summary>
    public int ListenersOfSource { get; set; } = 512;

    /// <summary>Listeners of one user at once, whatever tokens they have.</summary>
    public int ListenersOfUser { get; set; } = 128;

    /// <summary>Listeners with the tokens of one machine at once.</summary>
    public int ListenersOfMachine { get; set; } = 4;

    /// <summary>Seconds after which a listener that has not read one event is closed.</summary>
    public double ListenerSeconds { get; set; } = 30;

    /// <summary>Id of this endpoint.</summary>
    public string Id { get; set; } = Environment.MachineName;
}
