using System.Net.NetworkInformation;
using System.Net.Sockets;
using Anvil.Provisioning.Network;

namespace Anvil.Edge;

/// <summary>
/// The interfaces that an edge serves, as its settings name them: by name, or by a network in which they have an address.
/// </summary>
public static class EdgeInterfaces
{
    /// <summary>
    /// Names of the interfaces that settings mean. A name is taken as it is, so that an interface may come later; a network (10.0.0.0/24)
    /// means those that have an address in it now.
    /// </summary>
    /// <exception cref="InvalidOperationException">A network is no network, or no interface is in it.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> settings)
    {
        var names = new List<string>();
        foreach (var setting in settings)
        {
            if (!setting.Contains('/', StringComparison.Ordinal))
            {
                names.Add(setting);
                continue;
            }

            if (!Cidr.TryParse(setting, out var network))
                throw new InvalidOperationException(
                    $"Edge:Interfaces: {setting} is neither an interface nor a network such as 10.0.0.0/24");
            var inside = NetworkInterface.GetAllNetworkInterfaces().Where(n => Addresses(n).Any(network.Contains)).Select(n => n.Name)
                .ToList();
            if (inside.Count == 0) throw new InvalidOperationException($"Edge:Interfaces: no interface has an address in {setting}");
            names.AddRange(inside);
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>IPv4 addresses of an interface.</summary>
    public static IEnumerable<uint> Addresses(NetworkInterface nic)
        => nic.GetIPProperties().UnicastAddresses.Where(a => a.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(a => IPv4.FromIPAddress(a.Address));
}
