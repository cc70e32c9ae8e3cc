using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.RouterAdvertisement;

/// <summary>
/// Sends router advertisements (RFC 4861 section 4.2) with router lifetime 0 and no prefix: nobody takes Anvil for a router,
/// but iPXE, which waits some 16 s for any advertisement, goes on at once.
/// </summary>
public sealed partial class RouterAdvertiser(IOptions<EdgeOptions> options, TimeProvider time, ILogger<RouterAdvertiser> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>Type 134, code 0, checksum (the kernel fills it in), hop limit 64, no flags, lifetime 0, times unspecified.</summary>
    private static readonly byte[] Advertisement = [134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RouterAdvertisements) return;
        var interfaces = EdgeInterfaces.Resolve(options.Value.Interfaces);
        var allNodes = IPAddress.Parse("ff02::1");
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            foreach (var name in interfaces)
            {
                try
                {
                    Send(name, allNodes);
                }
                catch (Exception e) when (e is SocketException or NetworkInformationException)
                {
                    LogFailed(e, name);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static void Send(string name, IPAddress allNodes)
    {
        var nic = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(n => n.Name == name);
        var source = nic?.GetIPProperties().UnicastAddresses.FirstOrDefault(a => a.Address.IsIPv6LinkLocal)?.Address;
        if (source is null) return;
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        socket.Bind(new IPEndPoint(source, 0));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SendTo(Advertisement, new IPEndPoint(new IPAddress(allNodes.GetAddressBytes(), source.ScopeId), 0));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "no router advertisement on {Interface}")]
    private partial void LogFailed(Exception exception, string @interface);
}
