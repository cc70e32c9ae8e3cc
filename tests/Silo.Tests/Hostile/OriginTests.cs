using System.Net;
using System.Net.Sockets;
using Anvil.Contracts.Catalog;
using Anvil.Edge.Machines;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>
/// Packets that name what is not theirs: a machine's card, or a relay. Whoever is named is answered as if there were none. The silo's
/// bounds are low, so that a test can go over them.
/// </summary>
public sealed class OriginTests(OriginTests.Scarce silo) : IClassFixture<OriginTests.Scarce>
{
    private const int PerRelay = 100;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    /// <summary>A client asks again after four seconds: that long it is waited for, once.</summary>
    private static readonly TimeSpan Once = TimeSpan.FromSeconds(4);

    private static readonly uint Relay = IPv4.Parse("127.0.0.1");

    /// <summary>A card's bound is spent by who names it as a relay that it is not, or behind one of another network.</summary>
    [Theory]
    [InlineData(70, "127.0.0.1", false)]
    [InlineData(71, "10.71.0.7", false)]
    [InlineData(72, "192.0.2.1", false)]
    [InlineData(73, "127.0.0.1", true)]
    [InlineData(74, "10.74.0.7", true)]
    public async Task WhoNamesAMachineOrItsRelaySilencesNobody(byte net, string giaddr, bool isRandom)
    {
        var mac = new byte[] { 2, 0, 0, 0, net, 1 };
        await SubnetAsync(net);
        // The relay is heard first, as it is on any day.
        using var relay = Bound("127.0.0.1");
        Assert.True(await AskAsync(relay, net, [2, 0, 0, 0, net, 2]), "nobody is answered");
        if (!isRandom) await MachineAsync($"named-{net}", mac);
        using var ending = new CancellationTokenSource();
        var sent = 0;
        var attack = Task.Run(async () =>
        {
            using var socket = Bound("127.0.0.9");
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            var random = new Random(net);
            while (!ending.IsCancellationRequested)
            {
                for (var i = 0; i < 10; i++, sent++)
                {
                    var named = mac;
                    if (isRandom)
                    {
                        named = new byte[6];
                        random.NextBytes(named);
                        named[0] = 6;
                    }

                    socket.SendTo(WireTests.Message(net, named, DhcpMessageType.Discover, IPv4.Parse(giaddr), 0).ToBytes(),
                        new IPEndPoint(IPAddress.Loopback, silo.DhcpPort));
                }

                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        }, CancellationToken.None);
        // More than what is let through at once of a relay, or of a card.
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref sent) > 10 * PerRelay), Soon, () => $"{sent} packets were sent");
        for (var i = 0; i < 3; i++)
            Assert.True(await AskAsync(relay, net, isRandom ? [2, 0, 0, 0, net, (byte)(10 + i)] : mac), $"asked {i} times in vain");
        await ending.CancelAsync();
        await attack;
    }

    private static Socket Bound(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }

    /// <summary>Asks once; true when an offer comes before a client would ask again.</summary>
    private async Task<bool> AskAsync(Socket relay, byte net, byte[] mac)
    {
        await relay.SendToAsync(WireTests.Message(net, mac, DhcpMessageType.Discover, Relay, 0).ToBytes(),
            new IPEndPoint(IPAddress.Loopback, silo.DhcpPort));
        using var patience = new CancellationTokenSource(Once);
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var length = await relay.ReceiveAsync(buffer, patience.Token);
                if (DhcpMessage.TryParse(buffer.AsSpan(0, length), out _) is { } answer && answer.HardwareAddress.SequenceEqual(mac))
                    return true;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SubnetAsync(byte net)
    {
        await silo.OkAsync("POST", "subnets", $$"""
            {"Name":"wire{{net}}","Subnet":"10.{{net}}.0.0/24","Enabled":true,"ActiveStart":"10.{{net}}.0.10",
            "ActiveEnd":"10.{{net}}.0.109","ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey($"wire{net}")), Soon,
            () => "the edge does not see the subnet");
    }

    private async Task MachineAsync(string name, byte[] mac)
    {
        var text = string.Join(':', mac.Select(b => $"{b:x2}"));
        await silo.OkAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"sledgehammer","HardwareAddrs":["{{text}}"]}""");
        var machines = silo.Service<KnownMachines>();
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows(text) && !machines.IsBehind), Soon,
            () => "the edge does not know the machine");
    }

    /// <summary>A silo that takes few packets of one relay.</summary>
    public sealed class Scarce : SiloFixture
    {
        public int DhcpPort { get; private set; }

        protected override Task StartAsync() => AddAsync(
            $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}", "--Edge:Interfaces:0=lo",
            $"--Edge:DhcpPort={DhcpPort = FreePort()}", "--Edge:BinlPort=0", "--Edge:ProbeMilliseconds=0",
            $"--Edge:DhcpPerRelay={PerRelay}");
    }
}
