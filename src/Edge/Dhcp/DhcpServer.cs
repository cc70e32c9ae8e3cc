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
/// known, and those in the middle of an exchange, have each a queue and answers of their own: no number of strangers stands before them.
/// Where a packet is from is asked before any bound is charged: what is not believed spends nothing of whom it names.
/// </summary>
public sealed partial class DhcpServer(DhcpHandler handler, IOptions<EdgeOptions> options, TimeProvider time, ILogger<DhcpServer> logger)
    : BackgroundService
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private const int MostInFlight = 192;
    private const int MostOthersInFlight = 64;

    /// <summary>Packets a second that are not believed to be from where they say, all together: enough to tell of them.</summary>
    private const int DoubtfulPerSecond = 100;
    private const int MostKeys = 16_384;
    private const int ReceiveBuffer = 4 << 20;
    private const int BurstSeconds = 3;

    /// <summary>After this long a client has asked again (RFC 2131 section 4.1: 4 s, then 8, 16, 32).</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    /// <summary>The log says of each kind of failure once in so much time: anybody can bring one about as often as he likes.</summary>
    private static readonly TimeSpan ToldEach = TimeSpan.FromMinutes(1);
    private const int MostTold = 64;
    private readonly Seldom _told = new(ToldEach, MostTold, time);

    private readonly List<Port> _ports = [];

    /// <summary>A silo that has started listens, and one that cannot does not start.</summary>
    /// <exception cref="IOException">There is no such interface, or a port is taken or may not be had.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in EdgeInterfaces.Resolve(options.Value.Interfaces))
        {
            Listen(name, options.Value.DhcpPort, isBinl: false);
            if (options.Value.BinlPort > 0) Listen(name, options.Value.BinlPort, isBinl: true);
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var port in _ports) port.Socket.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<string> names = [.. _ports.Select(p => p.Interface).Distinct()];
        return Task.WhenAll(_ports.Select(p => ServeAsync(p, names, stoppingToken)));
    }

    private void Listen(string name, int port, bool isBinl)
    {
        var socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            {
                EnableBroadcast = true,
                ReceiveBufferSize = ReceiveBuffer
            };
        _ports.Add(new Port(name, socket, isBinl));
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(name + "\0"));
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
        }
        catch (SocketException e)
        {
            // The runtime has no word for ENODEV.
            var isThere = File.Exists($"/sys/class/net/{name}/ifindex") || !OperatingSystem.IsLinux();
            var why = isThere ? e.Message : "there is no such interface";
            throw new IOException($"Edge:Interfaces: DHCP cannot listen on {name} port {port}: {why}", e);
        }

        LogListening(name, port);
    }

    private async Task ServeAsync(Port port, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var (name, socket, isBinl) = port;
        using var closing = socket;
        using var link = EthernetSocket.TryOpen(name, EthernetSocket.TypeIPv4, receives: false);
        using var routed = RoutedSocket.TryOpen();
        var lanes = new[] { Lane(MostOthersInFlight), Lane(MostOthersInFlight), Lane(MostInFlight) };
        var answers = lanes.SelectMany(l => Enumerable.Range(0, l.Answers)
            .Select(_ => AnswerAllAsync(socket, link, routed, l.Reader))).ToList();
        await ReceiveAllAsync(socket, name, new InterfaceAddresses(name, names, time), isBinl, lanes, cancellation);
        // What has come in is still answered, within bounds.
        foreach (var lane in lanes) lane.Complete();
        await Task.WhenAll(answers).WaitAsync(DrainTime, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private DhcpLane Lane(int answers) => new(answers, options.Value.DhcpQueue, options.Value.DhcpPerRelay,
        options.Value.DhcpPerRelay * BurstSeconds, () => Dropped(DhcpDrop.Shed), time);

    private async Task ReceiveAllAsync(Socket socket, string name, InterfaceAddresses addresses, bool isBinl,
        IReadOnlyList<DhcpLane> lanes, CancellationToken cancellation)
    {
        var byMac = new RateLimiter<(string Mac, uint Relay, uint Source)>(options.Value.DhcpPerMac,
            options.Value.DhcpPerMac * BurstSeconds, MostKeys, time);
        var byPort = new RateLimiter<(uint Relay, uint Source, string Port)>(options.Value.DhcpPerPort,
            options.Value.DhcpPerPort * BurstSeconds, MostKeys, time);
        var doubtful = new RateLimiter<bool>(DoubtfulPerSecond, DoubtfulPerSecond * BurstSeconds, MostKeys, time);
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
                if (_told.Tells($"{name} {e.SocketErrorCode}")) LogSocketFailed(e, name);
                continue;
            }

            if (received.RemoteEndPoint is IPEndPoint { Port: 0 })
            {
                // Nobody is there to be answered (RFC 768).
                Dropped(DhcpDrop.NoPort);
            }
            else if (DhcpMessage.TryParse(buffer.AsSpan(0, received.ReceivedBytes), out var problem) is not { } message)
            {
                Dropped(Drop(problem));
                LogMalformed(received.RemoteEndPoint.ToString() ?? "", problem);
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
                var origin = handler.OriginOf(arrival);
                var waiting = new DhcpWaiting(arrival, time.GetTimestamp());
                if (origin.Doubt != DhcpDrop.None)
                {
                    if (doubtful.TryTake(true)) lanes[(int)DhcpPrecedence.Stranger].Add(waiting);
                    else Dropped(origin.Doubt);
                    continue;
                }

                // First, so that one client's flood does not spend what its whole link may send.
                if (!byMac.TryTake((message.Mac, origin.Relay, origin.Source)))
                {
                    Dropped(DhcpDrop.MacLimit);
                    continue;
                }

                var precedence = handler.PrecedenceOf(message.Mac);
                if (precedence == DhcpPrecedence.Stranger && SubnetChoice.LinkName(arrival) is { Length: > 0 } port
                    && !byPort.TryTake((origin.Relay, origin.Source, port)))
                    Dropped(DhcpDrop.PortLimit);
                else if (!lanes[(int)precedence].TryAdd(origin, waiting)) Dropped(DhcpDrop.RelayLimit);
            }
        }
    }

    private async Task AnswerAllAsync(Socket socket, EthernetSocket? link, RoutedSocket? routed, ChannelReader<DhcpWaiting> queue)
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
                if (_told.Tells(e.GetType().Name)) LogAnswerFailed(e, arrival.Message.Type.ToString(), arrival.Message.Mac);
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
        try
        {
            await socket.SendToAsync(octets, new IPEndPoint(IPv4.ToIPAddress(address), departure.Port), CancellationToken.None);
        }
        catch (SocketException e)
        {
            // Where a packet says that it is from, nothing can be sent: no route leads there, or it is no address of a host.
            Dropped(DhcpDrop.Unreachable);
            LogUnreachable(e, IPv4.Format(address), arrival.Message.Mac);
            // A new relay to which no route leads back is the commonest of these.
            if (_told.Tells("unreachable")) LogNoWay(IPv4.Format(address), arrival.Message.Mac, e.SocketErrorCode);
        }
    }

    private static DhcpDrop Drop(DhcpFault fault) => fault switch
    {
        DhcpFault.TooShort => DhcpDrop.TooShort,
        DhcpFault.NoCookie => DhcpDrop.NoCookie,
        DhcpFault.HardwareAddress => DhcpDrop.HardwareAddress,
        DhcpFault.Options => DhcpDrop.Options,
        DhcpFault.TooLong => DhcpDrop.TooLong,
        _ => DhcpDrop.None,
    };

    private static void Dropped(DhcpDrop reason)
        => AnvilDiagnostics.DhcpDropped.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    /// <summary>A socket bound to an interface and a port.</summary>
    private sealed record Port(string Interface, Socket Socket, bool IsBinl);

    [LoggerMessage(Level = LogLevel.Information, Message = "DHCP listens on {Interface} port {Port}")]
    private partial void LogListening(string @interface, int port);

    [LoggerMessage(Level = LogLevel.Debug, Message = "packet from {Source} is no DHCP message: {Problem}")]
    private partial void LogMalformed(string source, DhcpFault problem);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "an answer to {Address} ({Mac}) cannot be sent ({Error}): is there a route to it, and does a firewall let it out?")]
    private partial void LogNoWay(string address, string mac, System.Net.Sockets.SocketError error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "an answer to {Address} ({Mac}) cannot be sent")]
    private partial void LogUnreachable(Exception exception, string address, string mac);

    [LoggerMessage(Level = LogLevel.Warning, Message = "DHCP socket of {Interface} failed")]
    private partial void LogSocketFailed(Exception exception, string @interface);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Type} of {Mac} could not be answered")]
    private partial void LogAnswerFailed(Exception exception, string type, string mac);
}
