namespace Anvil.Lab;

/// <summary>
/// An isolated network: a namespace with a bridge and a tap for each machine, and one for the server, joined by a veth pair.
/// Nothing in it reaches any other network.
/// </summary>
public sealed class LabNetwork : IDisposable
{
    private readonly List<string> _namespaces = [];
    private int _taps;

    /// <summary>Makes the network.</summary>
    /// <param name="name">Short name, unique on this host.</param>
    public LabNetwork(string name)
    {
        (Switch, Server) = ($"{name}-net", $"{name}-srv");
        try
        {
            Build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Namespace of bridge and machines.</summary>
    public string Switch { get; }

    /// <summary>Namespace of the server.</summary>
    public string Server { get; }

    /// <summary>The server's interface.</summary>
    public string Interface => "eth0";

    /// <summary>The server's address.</summary>
    public string ServerAddress => "10.77.0.1";

    /// <summary>Adds a port for a machine; its name in the switch's namespace.</summary>
    public string AddTap()
    {
        var tap = $"tap{Interlocked.Increment(ref _taps)}";
        Commands.Run("ip", "netns", "exec", Switch, "ip", "tuntap", "add", "dev", tap, "mode", "tap");
        Commands.Run("ip", "-n", Switch, "link", "set", tap, "master", "br0", "up");
        return tap;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var ns in _namespaces) Commands.Try("ip", "netns", "del", ns);
    }

    private void Build()
    {
        foreach (var ns in new[] { Switch, Server })
        {
            Commands.Run("ip", "netns", "add", ns);
            _namespaces.Add(ns);
            Commands.Run("ip", "-n", ns, "link", "set", "lo", "up");
        }

        Commands.Run("ip", "-n", Switch, "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0");
        Commands.Run("ip", "-n", Switch, "link", "set", "br0", "up");
        Commands.Run("ip", "link", "add", "up0", "netns", Switch, "type", "veth", "peer", "name", Interface, "netns", Server);
        Commands.Run("ip", "-n", Switch, "link", "set", "up0", "master", "br0", "up");
        Commands.Run("ip", "-n", Server, "addr", "add", $"{ServerAddress}/24", "dev", Interface);
        Commands.Run("ip", "-n", Server, "link", "set", Interface, "up");
    }
}
