using System.Net;

namespace Anvil.Provisioning.Network;

/// <summary>
/// The addresses that a request may be sent to whose destination somebody else chose: else it would be a way to what listens for the
/// host alone (loopback, RFC 1122 section 3.2.1.3), and to what clouds tell their own hosts (link-local, and single addresses). It is
/// asked of the address that is connected to: names say nothing.
/// </summary>
public sealed class ReachableNetworks
{
    /// <summary>What nothing is sent to as long as nothing is named.</summary>
    private static readonly IPNetwork[] Refused = [.. new[]
    {
        // This host, multicast, and what is reserved.
        "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/96", "ff00::/8",
        "169.254.0.0/16", "fe80::/10", "fec0::/10",
        // Metadata services of clouds that are not link-local.
        "192.0.0.0/24", "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128",
        // Teredo and local NAT64 hold addresses in ways of their own (RFC 4380, RFC 8215).
        "2001::/32", "64:ff9b:1::/48",
    }.Select(IPNetwork.Parse)];

    /// <summary>Those that hold an IPv4 address, with its place (RFC 6052 section 2.1; RFC 3056 section 2).</summary>
    private static readonly (IPNetwork Network, int At)[] Holding =
        [(IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2)];

    private readonly IReadOnlyList<IPNetwork> _named;

    private ReachableNetworks(IReadOnlyList<IPNetwork> named) => _named = named;

    /// <summary>The networks that are named, and no others; without any, all but those that are the host's own.</summary>
    /// <param name="networks">IPv4 and IPv6 networks, as 10.0.0.0/8.</param>
    /// <exception cref="FormatException">Names the one that is none.</exception>
    public static ReachableNetworks Of(IEnumerable<string> networks)
        => new([.. networks.Select(n => IPNetwork.TryParse(n, out var network) ? network
            : throw new FormatException($"{n} is no network, as 10.0.0.0/8 or fd00::/8"))]);

    /// <summary>True for an address that may be connected to.</summary>
    public bool Allows(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (_named.Count > 0) return _named.Any(n => n.Contains(address));
        if (Refused.Any(n => n.Contains(address))) return false;
        var octets = address.GetAddressBytes();
        foreach (var (network, at) in Holding)
        {
            if (octets.Length > 4 && network.Contains(address)) return Allows(new IPAddress(octets.AsSpan(at, 4)));
        }

        return true;
    }
}
