using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Anvil.Contracts.Diagnostics;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests;

/// <summary>One silo that takes DHCP on loopback, with a short queue.</summary>
public sealed class DhcpOnLoopback : SiloFixture
{
    /// <summary>Port of its DHCP.</summary>
    public int DhcpPort { get; private set; }

    protected override Task StartAsync() => AddAsync(
        $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0", "--Edge:Interfaces:0=lo",
        $"--Edge:DhcpPort={DhcpPort = FreePort()}", "--Edge:BinlPort=0", "--Edge:DhcpPerMac=5", "--Edge:DhcpPerRelay=0",
        "--Edge:DhcpQueue=4");
}

/// <summary>Every packet without an answer is counted, by its reason; floods are cut, and the silo goes on.</summary>
public sealed class DhcpDropTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private static byte[] Discover(int mac, byte type = 1, byte op = 1)
        => [op, 1, 6, 0, 1, 2, 3, 4, .. new byte[20], 2, 9, (byte)(mac >> 24), (byte)(mac >> 16), (byte)(mac >> 8), (byte)mac,
            .. new byte[202], 99, 130, 83, 99, 53, 1, type, 255];

    /// <summary>Alone: the counters are the process's, and every silo in it counts by them.</summary>
    [Fact]
    public Task EveryReasonIsCounted() => OwnProcess.RunAsync(typeof(DhcpDropTests), nameof(EveryReasonIsCounted), CountAsync);

    private static async Task CountAsync()
    {
        await using var silo = new DhcpOnLoopback();
        await silo.InitializeAsync();
        var counted = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == AnvilDiagnostics.Name && instrument.Name == "anvil.dhcp.dropped")
                    own.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, tags, _) => counted.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value));
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(new IPEndPoint(IPAddress.Loopback, silo.DhcpPort));

        // What is no DHCP, or none of a client's; and a network that nobody serves.
        foreach (var (packet, reason) in new[]
        {
            (new byte[100], "TooShort"), ([.. Discover(6)[..243], .. new byte[5000]], "TooLong"), (new byte[240], "NoCookie"),
            (Discover(1, op: 2), "NotARequest"),
            (Discover(2, type: 2), "MessageType"), (Discover(3, type: 99), "MessageType"),
            ([.. Discover(4)[..240], 53, 200, 1], "Options"), (Discover(5), "NoSubnet"),
        })
        {
            var before = counted.GetValueOrDefault(reason);
            await socket.SendAsync(packet);
            await Wait.UntilAsync(() => Task.FromResult(counted.GetValueOrDefault(reason) > before), Soon,
                () => $"{reason} was not counted; {string.Join(", ", counted)}");
        }

        // One client that does not stop: fifteen at once, then five a second.
        for (var i = 0; i < 200; i++) await socket.SendAsync(Discover(100));
        await Wait.UntilAsync(() => Task.FromResult(counted.GetValueOrDefault("MacLimit") >= 150), Soon,
            () => $"the flood was not cut; {string.Join(", ", counted)}");

        // More clients at once than can be answered: the oldest are shed, and nothing else is lost.
        for (var i = 0; i < 20_000 && counted.GetValueOrDefault("Shed") == 0; i++) socket.Send(Discover(1000 + i));
        await Wait.UntilAsync(() => Task.FromResult(counted.GetValueOrDefault("Shed") > 0), Soon,
            () => $"nothing was shed; {string.Join(", ", counted)}");
        var unserved = counted.GetValueOrDefault("NoSubnet");
        await Wait.UntilAsync(
            async () =>
            {
                await socket.SendAsync(Discover(Environment.TickCount));
                return counted.GetValueOrDefault("NoSubnet") > unserved;
            }, Soon, () => $"the next client was not heard; {string.Join(", ", counted)}");

        // From port 0, which a socket has not, and nobody is at; to send so takes CAP_NET_RAW.
        using var routed = RoutedSocket.TryOpen();
        if (routed is null) return;
        var self = IPv4.Parse("127.0.0.1");
        await Wait.UntilAsync(
            () =>
            {
                routed.Send(UdpDatagram.Make(self, 0, self, silo.DhcpPort, Discover(7)), self);
                return Task.FromResult(counted.GetValueOrDefault("NoPort") > 0);
            }, Soon, () => $"a packet from port 0 was not counted; {string.Join(", ", counted)}");
    }
}
