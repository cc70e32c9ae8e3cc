using System.Net.NetworkInformation;
using System.Net.Sockets;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Network;

namespace Anvil.Edge;

/// <summary>The network interfaces of this host, as the kernel has them at the moment.</summary>
public sealed class HostInterfaces : IHostInterfaces
{
    /// <summary>What begins the name of an end of a virtual cable, as containers have them.</summary>
    private const string Cable = "veth";

    /// <summary>RFC 3927: what a host gives itself, and no client gets.</summary>
    private static readonly Cidr LinkLocal = new(0xA9FE0000, 16);

    /// <inheritdoc/>
    public IReadOnlyList<EdgeInterface> Current()
        => [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up && n.NetworkInterfaceType != NetworkInterfaceType.Loopback
                && !n.Name.StartsWith(Cable, StringComparison.Ordinal))
            .Select(Read).OfType<EdgeInterface>().Take(IInterfaceDirectory.MostOfEdge)];

    private static EdgeInterface? Read(NetworkInterface nic)
    {
        try
        {
            var properties = nic.GetIPProperties();
            List<string> addresses = [.. properties.UnicastAddresses
                .Where(a => a.Address.AddressFamily == AddressFamily.InterNetwork
                    && IPv4.IsGlobalUnicast(IPv4.FromIPAddress(a.Address)) && !LinkLocal.Contains(IPv4.FromIPAddress(a.Address)))
                .Select(a => $"{a.Address}/{a.PrefixLength}").Take(IInterfaceDirectory.MostOfEdge)];
            return addresses.Count == 0 ? null : new EdgeInterface
            {
                Name = nic.Name,
                Index = properties.GetIPv4Properties()?.Index ?? 0,
                Addresses = addresses,
                Gateway = properties.GatewayAddresses.Select(g => g.Address)
                    .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork)?.ToString() ?? "",
                DnsServers = [.. properties.DnsAddresses.Select(a => a.ToString()).Take(IInterfaceDirectory.MostOfEdge)],
                DnsDomain = properties.DnsSuffix.TrimEnd('.'),
            };
        }
        catch (NetworkInformationException)
        {
            // It went while it was looked at.
            return null;
        }
    }
}
