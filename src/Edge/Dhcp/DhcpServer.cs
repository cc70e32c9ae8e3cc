using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Anvil.Contracts.Diagnostics;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The sockets of DHCP: one bound to each interface and port, so that a reply leaves where its request came in. What comes in
/// waits in a queue of bounded length for one of a bounded number of answers; when it is full, the oldest are shed. Clients that are
/// known, or in the middle of an exchange, have a queue and answers of their own: no number of strangers stands before them.
/// </summary>
public sealed partial class DhcpServer(DhcpHandler handler, IOptions<EdgeOptions> options, TimeProvider time, ILogger<DhcpServer> logger)
    : BackgroundService
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private const int MostInFlight = 192;
    private const int MostStrangersInFlight = 64;
    private const int MostKeys = 16_384;
    private const int ReceiveBuffer = 4 << 20;
    private const int BurstSeconds = 3;

    /// <summary>After this long a client has asked again (RFC 2131 section 4.1: 4 s, then 8, 16, 32).</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly record struct Waiting(DhcpArrival Arrival, long Since);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = new List<Task>();
        var names = EdgeInterfaces.Resolve(options.Value.Interfaces);
        foreach (var name in names)
        {
            loops.Add(ServeAsync(name, names, options.Value.DhcpPort, isBinl: false, stoppingToken));
            if (options.Value.BinlPort > 0) loops.Add(ServeAsync(name, names, options.Value.BinlPort, isBinl: true, stoppingToken));
        }

        await Task.WhenAll(loops);
    }

    private async Task ServeAsync(string name, IReadOnlyList<string> names, int port, bool isBinl, CancellationToken cancellation)
    {
        using var socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            {
                EnableBroadcast = true,
                ReceiveBufferSize = ReceiveBuffer
            };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(name + "\0"));
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        using var link = EthernetSocket.TryOpen(name, EthernetSocket.TypeIPv4, receives: false);
        using var routed = RoutedSocket.TryOpen();
        LogListening(name, port);
        var (first, strangers) = (Queue(), Queue());
        List<Task> answers =
        [
            .. Enumerable.Range(0, MostInFlight).Select(_ => AnswerAllAsync(socket, link, routed, first.Reader)),
            .. Enumerable.Range(0, MostStrangersInFlight).Select(_ => AnswerAllAsync(socket, link, routed, strangers.Reader)),
        ];
        await ReceiveAllAsync(socket, name, new InterfaceAddresses(name, names, time), isBinl, first.Writer, strangers.Writer,
            cancellation);
        // What has come in is still answered, within bounds.
        first.Writer.Complete();
        strangers.Writer.Complete();
        await Task.WhenAll(answers).WaitAsync(DrainTime, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Channel<Waiting> Queue() => Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(Math.Max(1, options.Value.DhcpQueue))
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleWriter = true
        }, _ => Dropped(DhcpDrop.Shed));

    private async Task ReceiveAllAsync(Socket socket, string name, InterfaceAddresses addresses, bool isBinl,
        ChannelWriter<Waiting> first, ChannelWriter<Waiting> strangers, CancellationToken cancellation)
    {
        var byMac = new RateLimiter<string>(options.Value.DhcpPerMac, options.Value.DhcpPerMac * BurstSeconds, MostKeys, time);
        // Strangers of a link have what it may send for themselves: a flood of them does not spend the others'.
        var firstByRelay = new RateLimiter<uint>(options.Value.DhcpPerRelay, options.Value.DhcpPerRelay * BurstSeconds, MostKeys, time);
        var byRelay = new RateLimiter<uint>(options.Value.DhcpPerRelay, options.Value.DhcpPerRelay * BurstSeconds, MostKeys, time);
        var byPort = new RateLimiter<(uint Relay, string Port)>(options.Value.DhcpPerPort, options.Value.DhcpPerPort * BurstSeconds,
            MostKeys, time);
        var buffer = new byte[65536];
        var any = new IPEndPoint(IPAddress.Any, 0);
        while (!cancellation.IsCancellationRequested)
        {
            SocketReceiveMessageFromResult received;
            try
            {
                received = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, any, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                LogSocketFailed(e, name);
                continue;
            }

            if (DhcpMessage.TryParse(buffer.AsSpan(0, received.ReceivedBytes), out var problem) is not { } message)
            {
                Dropped(Drop(problem));
                LogMalformed(received.RemoteEndPoint.ToString() ?? "", problem);
            }
            else if (!byMac.TryTake(message.Mac))
            {
                // First, so that one client's flood does not spend what its whole link may send.
                Dropped(DhcpDrop.MacLimit);
            }
            else
            {
                var source = (IPEndPoint)received.RemoteEndPoint;
                addresses.Refresh();
                var arrival = new DhcpArrival(message, addresses.Own, IPv4.FromIPAddress(source.Address), source.Port, isBinl, name)
                {
                    ServerAddresses = addresses.All,
                    Destination = received.PacketInformation.Address is { } to ? IPv4.FromIPAddress(to) : 0,
                };
                var goesFirst = handler.GoesFirst(message.Mac);
                if (!goesFirst && SubnetChoice.LinkName(arrival) is { Length: > 0 } port && !byPort.TryTake((message.RelayAddress, port)))
                    Dropped(DhcpDrop.PortLimit);
                else if (!(goesFirst ? firstByRelay : byRelay).TryTake(message.RelayAddress)) Dropped(DhcpDrop.RelayLimit);
                else (goesFirst ? first : strangers).TryWrite(new Waiting(arrival, time.GetTimestamp()));
            }
        }
    }

    private async Task AnswerAllAsync(Socket socket, EthernetSocket? link, RoutedSocket? routed, ChannelReader<Waiting> queue)
    {
        await foreach (var (arrival, since) in queue.ReadAllAsync(CancellationToken.None))
        {
            if (time.GetElapsedTime(since) > StaleAfter)
            {
                Dropped(DhcpDrop.Stale);
                continue;
            }

            try
            {
                var (departure, drop) = await handler.HandleAsync(arrival, CancellationToken.None);
                if (drop != DhcpDrop.None) Dropped(drop);
                if (departure is not null) await SendAsync(socket, link, routed, arrival, departure);
            }
            catch (Exception e)
            {
                Dropped(DhcpDrop.Failed);
                LogAnswerFailed(e, arrival.Message.Type.ToString(), arrival.Message.Mac);
            }
        }
    }

    private async Task SendAsync(Socket socket, EthernetSocket? link, RoutedSocket? routed, DhcpArrival arrival, DhcpDeparture departure)
    {
        const int Headers = 28;
        const int LeastTaken = 576 - Headers;
        // Option 57 counts the IP and UDP headers as well (RFC 2132 section 9.10 leaves it open; clients mean their MTU).
        var longest = arrival.Message.Option(DhcpOption.MaximumMessageSize) is [var high, var low]
            ? Math.Max(LeastTaken, ((high << 8) | low) - Headers) : LeastTaken;
        var octets = departure.Message.ToBytes(longest, out var leftOut);
        if (leftOut.Count > 0) handler.NoteLeftOut(arrival, departure, longest, leftOut);
        var address = departure.Address;
        var port = arrival.IsBinl ? options.Value.BinlPort : options.Value.DhcpPort;
        if (departure.ByHardware)
        {
            var from = arrival.InterfaceAddresses.Count > 0 ? arrival.InterfaceAddresses[0] : 0;
            var own = departure.Message.OptionAddress(DhcpOption.ServerId) is var server && arrival.InterfaceAddresses.Contains(server)
                ? server : from;
            if (link?.Send([.. arrival.Message.HardwareAddress],
                UdpDatagram.Make(own, port, address, departure.Port, octets)) == true) return;
            // Without packet sockets everybody hears it, the client too.
            address = uint.MaxValue;
        }

        // What came in for another address than this interface's first is answered from that one, by the way that leads back: a router
        // chose this interface, and clients, relays and firewalls know the address that was asked.
        if (address != uint.MaxValue && arrival.IsToUs && arrival.Destination != arrival.InterfaceAddresses.FirstOrDefault()
            && routed?.Send(UdpDatagram.Make(arrival.Destination, port, address, departure.Port, octets), address) == true) return;
        await socket.SendToAsync(octets, new IPEndPoint(IPv4.ToIPAddress(address), departure.Port), CancellationToken.None);
    }

    private static DhcpDrop Drop(DhcpFault fault) => fault switch
    {
        DhcpFault.TooShort => DhcpDrop.TooShort,
        DhcpFault.NoCookie => DhcpDrop.NoCookie,
        DhcpFault.HardwareAddress => DhcpDrop.HardwareAddress,
        DhcpFault.Options => DhcpDrop.Options,
        _ => DhcpDrop.None,
    };

    private static void Dropped(DhcpDrop reason)
        => AnvilDiagnostics.DhcpDropped.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    [LoggerMessage(Level = LogLevel.Information, Message = "DHCP listens on {Interface} port {Port}")]
    private partial void LogListening(string @interface, int port);

    [LoggerMessage(Level = LogLevel.Debug, Message = "packet from {Source} is no DHCP message: {Problem}")]
    private partial void LogMalformed(string source, DhcpFault problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "DHCP socket of {Interface} failed")]
    private partial void LogSocketFailed(Exception exception, string @interface);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Type} of {Mac} could not be answered")]
    private partial void LogAnswerFailed(Exception exception, string type, string mac);
}
