namespace Anvil.Lab;

/// <summary>A host of the lab: a namespace of its own.</summary>
/// <param name="Namespace">Name of the namespace.</param>
/// <param name="MachineAddress">Its address on the machines' network; "" when it is not on it.</param>
/// <param name="ManagementAddress">Its address on the servers' own network; "" when it is not on it.</param>
public sealed record LabHost(string Namespace, string MachineAddress, string ManagementAddress)
{
    /// <summary>Interface on the machines' network.</summary>
    public string Interface => "eth0";
}

/// <summary>
/// An isolated network: a namespace with a bridge and a tap for each machine, another bridge for the servers among themselves,
/// and a namespace for each server, joined by veth pairs. Nothing in it reaches any other network.
/// </summary>
public sealed class LabNetwork : IDisposable
{
    private readonly string _name;
    private readonly int _prefixLength;
    private readonly List<string> _namespaces = [];
    private int _taps;

    /// <summary>Makes the network.</summary>
    /// <param name="name">Short name, unique on this host.</param>
    /// <param name="prefixLength">Length of the machines' network's prefix: 24 or 16.</param>
    public LabNetwork(string name, int prefixLength = 24)
    {
        (_name, _prefixLength, Switch) = (name, prefixLength, $"{name}-net");
        try
        {
            AddNamespace(Switch);
            AddBridge("br0");
            AddBridge("br1");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Namespace of bridges and machines.</summary>
    public string Switch { get; }

    /// <summary>Adds a host.</summary>
    /// <param name="role">Part of its namespace's name.</param>
    /// <param name="machineAddress">Last octet of its address on the machines' network 10.77.0.0; null: it is not on it.</param>
    /// <param name="managementAddress">Last octet of its address on the servers' network 10.79.0.0/24; null: it is not on it.</param>
    public LabHost AddHost(string role, int? machineAddress, int? managementAddress)
    {
        var ns = $"{_name}-{role}";
        AddNamespace(ns);
        var host = new LabHost(ns, machineAddress is null ? "" : $"10.77.0.{machineAddress}",
            managementAddress is null ? "" : $"10.79.0.{managementAddress}");
        if (machineAddress is not null) Join(ns, host.Interface, "br0", $"{role}-br0", $"{host.MachineAddress}/{_prefixLength}");
        if (managementAddress is not null) Join(ns, "mg0", "br1", $"{role}-br1", $"{host.ManagementAddress}/24");
        return host;
    }

    /// <summary>Adds a link of its own: a bridge in the switch's namespace.</summary>
    public void AddBridge(string name)
    {
        Commands.Run("ip", "-n", Switch, "link", "add", name, "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping",
            "0");
        Commands.Run("ip", "-n", Switch, "link", "set", name, "up");
    }

    /// <summary>Adds a port for a machine; its name in the switch's namespace.</summary>
    public string AddTap(string bridge = "br0")
    {
        var tap = $"tap{Interlocked.Increment(ref _taps)}";
        Commands.Run("ip", "netns", "exec", Switch, "ip", "tuntap", "add", "dev", tap, "mode", "tap");
        Commands.Run("ip", "-n", Switch, "link", "set", tap, "master", bridge, "up");
        return tap;
    }

    /// <summary>Adds a host that is no server of ours: a client, a relay, another DHCP server.</summary>
    public LabPeer AddPeer(string role)
    {
        var ns = $"{_name}-{role}";
        AddNamespace(ns);
        return new LabPeer(this, ns, role);
    }

    /// <summary>Joins a namespace to a bridge.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="interface">Name of the interface there.</param>
    /// <param name="bridge">The bridge.</param>
    /// <param name="port">Name of the bridge's port.</param>
    /// <param name="address">Address with prefix length; "" for none.</param>
    public void Join(string ns, string @interface, string bridge, string port, string address)
    {
        Commands.Run("ip", "link", "add", port, "netns", Switch, "type", "veth", "peer", "name", @interface, "netns", ns);
        Commands.Run("ip", "-n", Switch, "link", "set", port, "master", bridge, "up");
        if (address.Length > 0) Commands.Run("ip", "-n", ns, "addr", "add", address, "dev", @interface);
        Commands.Run("ip", "-n", ns, "link", "set", @interface, "up");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var ns in _namespaces) Commands.Try("ip", "netns", "del", ns);
    }

    private void AddNamespace(string name)
    {
        Commands.Run("ip", "netns", "add", name);
        _namespaces.Add(name);
        Commands.Run("ip", "-n", name, "link", "set", "lo", "up");
    }
}
