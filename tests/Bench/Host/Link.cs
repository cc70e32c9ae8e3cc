using Anvil.Support;

namespace Anvil.Bench.Host;

/// <summary>
/// Two hosts joined by a cable: namespaces of server and client, and nothing else. The client is also the relay of all clients: its own
/// address names the subnet, and the server reaches the subnet's other addresses through it.
/// </summary>
internal sealed class Link : IDisposable
{
    /// <summary>The server's address.</summary>
    public const string ServerAddress = "10.80.0.1";

    /// <summary>The client's, and the relay's.</summary>
    public const string ClientAddress = "10.80.0.2";

    /// <summary>The subnet of all clients.</summary>
    public const string Subnet = "10.80.0.0/12";

    /// <summary>First address that clients are given.</summary>
    public const string PoolFirst = "10.88.0.1";

    /// <summary>Last address that clients are given.</summary>
    public const string PoolLast = "10.95.255.254";

    private const string Pool = "10.88.0.0/13";

    /// <summary>Makes both.</summary>
    /// <param name="isEveryClient">The client has every address of the pool, to ask from; else those addresses answer nothing.</param>
    public Link(bool isEveryClient = false)
    {
        RemoveAbandoned();
        var prefix = $"anvil-bench-{Environment.ProcessId}";
        Server = new NetworkNamespace($"{prefix}-server");
        try
        {
            Client = new NetworkNamespace($"{prefix}-client");
        }
        catch
        {
            Server.Dispose();
            throw;
        }

        try
        {
            Server.Ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", Client.Name);
            Server.Ip("addr", "add", $"{ServerAddress}/30", "dev", "eth0");
            Client.Ip("addr", "add", $"{ClientAddress}/30", "dev", "eth0");
            Server.Ip("link", "set", "eth0", "up");
            Client.Ip("link", "set", "eth0", "up");
            Server.Ip("route", "add", Subnet, "via", ClientAddress);
            if (isEveryClient) Client.Ip("route", "add", "local", Pool, "dev", "lo");
            else Client.Ip("route", "add", "blackhole", Pool);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The server's host.</summary>
    public NetworkNamespace Server { get; }

    /// <summary>The client's host.</summary>
    public NetworkNamespace Client { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    /// <summary>A run that was killed could remove nothing.</summary>
    private static void RemoveAbandoned()
    {
        if (!Directory.Exists("/run/netns")) return;
        foreach (var name in Directory.EnumerateFiles("/run/netns", "anvil-bench-*").Select(f => Path.GetFileName(f)!))
        {
            if (Directory.Exists($"/proc/{name.Split('-')[2]}")) continue;
            foreach (var process in Commands.Try("ip", "netns", "pids", name).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Commands.Try("kill", "-KILL", process);
            Commands.Try("ip", "netns", "del", name);
        }
    }
}
