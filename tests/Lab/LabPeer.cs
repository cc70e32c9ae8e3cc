using System.Diagnostics;

namespace Anvil.Lab;

/// <summary>A host that is no server of ours: a client, a relay, another DHCP server; programs run in its namespace.</summary>
public sealed class LabPeer(LabNetwork network, string ns, string role)
{
    private int _links;

    /// <summary>Its namespace.</summary>
    public string Namespace { get; } = ns;

    /// <summary>Joins a bridge with one more interface (eth0, eth1, …).</summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="address">Address with prefix length; "" for none.</param>
    /// <param name="mac">Its MAC address; null for any.</param>
    public LabPeer On(string bridge = "br0", string address = "", string? mac = null)
    {
        var name = $"eth{_links++}";
        network.Join(Namespace, name, bridge, $"{role}{_links}-{bridge}", address);
        if (mac is not null) Commands.Run("ip", "-n", Namespace, "link", "set", name, "address", mac);
        return this;
    }

    /// <summary>Runs a program to its end; its standard output.</summary>
    /// <exception cref="SetupException">It failed.</exception>
    public string Run(string program, params string[] arguments)
        => Commands.Run("ip", ["netns", "exec", Namespace, program, .. arguments]);

    /// <summary>Runs a program to its end; its exit code and what it said.</summary>
    public (int Code, string Output, string Error) Try(string program, params string[] arguments)
        => Commands.Try("ip", ["netns", "exec", Namespace, program, .. arguments]);

    /// <summary>Starts a program.</summary>
    public Process Start(string program, params string[] arguments)
        => Commands.Start("ip", ["netns", "exec", Namespace, program, .. arguments]);
}
