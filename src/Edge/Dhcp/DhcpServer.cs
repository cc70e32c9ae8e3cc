using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Dhcp;

/// <summary>The sockets of DHCP: one bound to each interface and port, so that a reply leaves where its request came in.</summary>
public sealed partial class DhcpServer(DhcpHandler handler, IOptions<EdgeOptions> options, ILogger<DhcpServer> logger) : BackgroundService
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private const int MostInFlight = 256;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = new List<Task>();
        foreach (var name in EdgeInterfaces.Resolve(options.Value.Interfaces))
        {
            loops.Add(ServeAsync(name, options.Value.DhcpPort, isBinl: false, stoppingToken));
            if (options.Value.BinlPort > 0) loops.Add(ServeAsync(name, options.Value.BinlPort, isBinl: true, stoppingToken));
        }

        await Task.WhenAll(loops);
    }

    /// <summary>Waits for the answers under way.</summary>
    private static async Task DrainAsync(SemaphoreSlim inFlight)
    {
        for (var i = 0; i < MostInFlight; i++)
        {
            if (!await inFlight.WaitAsync(DrainTime)) return;
        }
    }

    private async Task ServeAsync(string name, int port, bool isBinl, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(name + "\0"));
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        LogListening(name, port);
        using var inFlight = new SemaphoreSlim(MostInFlight);
        var buffer = new byte[65536];
        while (!cancellation.IsCancellationRequested)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), cancellation);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException e)
            {
                LogSocketFailed(e, name);
                continue;
            }

            if (DhcpMessage.TryParse(buffer.AsSpan(0, received.ReceivedBytes), out var problem) is not { } message)
            {
                LogMalformed(received.RemoteEndPoint.ToString() ?? "", problem);
                continue;
            }

            // Over the limit the packet is shed: firmware asks again.
            if (!inFlight.Wait(0, CancellationToken.None)) continue;
            var source = (IPEndPoint)received.RemoteEndPoint;
            var arrival = new DhcpArrival(message, Addresses(name), IPv4.FromIPAddress(source.Address), source.Port, isBinl);
            _ = AnswerAsync(socket, arrival, inFlight);
        }

        await DrainAsync(inFlight);
    }

    private async Task AnswerAsync(Socket socket, DhcpArrival arrival, SemaphoreSlim inFlight)
    {
        try
        {
            if (await handler.HandleAsync(arrival, CancellationToken.None) is not { } departure) return;
            await socket.SendToAsync(departure.Message.ToBytes(), new IPEndPoint(IPv4.ToIPAddress(departure.Address), departure.Port), CancellationToken.None);
        }
        catch (Exception e)
        {
            LogAnswerFailed(e, arrival.Message.Type.ToString(), arrival.Message.Mac);
        }
        finally
        {
            try
            {
                inFlight.Release();
            }
            catch (ObjectDisposedException)
            {
                // The server stopped while this answer was under way.
            }
        }
    }

    private static List<uint> Addresses(string name)
        => [.. NetworkInterface.GetAllNetworkInterfaces().Where(n => n.Name == name).SelectMany(EdgeInterfaces.Addresses)];

    [LoggerMessage(Level = LogLevel.Information, Message = "DHCP listens on {Interface} port {Port}")]
    private partial void LogListening(string @interface, int port);

    [LoggerMessage(Level = LogLevel.Debug, Message = "packet from {Source} is no DHCP message: {Problem}")]
    private partial void LogMalformed(string source, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "DHCP socket of {Interface} failed")]
    private partial void LogSocketFailed(Exception exception, string @interface);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Type} of {Mac} could not be answered")]
    private partial void LogAnswerFailed(Exception exception, string type, string mac);
}
