using System.Net;
using System.Net.Sockets;
using System.Text;
using Anvil.Contracts.Catalog;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>By UDP a sender's address may be made up: what it takes until a script counts as the begin of a boot.</summary>
public sealed class TftpBootTests(WireSilo silo) : IClassFixture<WireSilo>
{
    private const string Mac = "02:00:00:00:80:01";
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private static readonly uint Relay = IPv4.Parse("127.0.0.1");
    private static readonly uint Address = IPv4.Parse("127.0.80.10");

    [Fact]
    public async Task AnErrorOrACardThatDhcpHasNotHeardBeginsNoBoot()
    {
        await silo.OkAsync("POST", "subnets", """
            {"Name":"loop","Subnet":"127.0.80.0/24","Enabled":true,"Proxy":true,"Meta":{"relays":"127.0.0.1"}}
            """);
        var machine = await silo.OkAsync("POST", "machines",
            $$"""{"Name":"by-tftp","BootEnv":"sledgehammer","HardwareAddrs":["{{Mac}}"]}""");
        var uuid = machine["Uuid"]!.ToString();
        await KnownAsync();
        // An address of loopback, which the test has, is nobody's to lease: others give it.
        Assert.Equal(DhcpDrop.None, await HandleAsync(DhcpMessageType.Discover, 0));
        Assert.Equal(DhcpDrop.ProxyOnly, await HandleAsync(DhcpMessageType.Request, Address));
        var at = IPv4.ToIPAddress(Address);
        var path = $"pxelinux.cfg/01-{Mac.Replace(':', '-')}";
        async Task<string> PhaseAsync() => (await silo.OkAsync("GET", $"machines/{uuid}"))["Boot"]!["Phase"]!.ToString();
        async Task<int> LinesAsync(string text) => (await silo.OkAsync("GET", $"machines/{uuid}/timeline")).ToJsonString()
            .Split(text).Length - 1;

        // Heard, and answered by an ERROR: whoever never asked says so.
        await FetchAsync(at, path, [0, 5, 0, 5, 0]);
        await Wait.UntilAsync(async () => await LinesAsync("the client ended the transfer with error 5") == 1, Soon,
            () => "the ERROR was not taken");
        Assert.Equal("Unknown", await PhaseAsync());

        // Acknowledged whole, and not heard since the edge began; a renewal past the relay is as easily made up as the request is.
        await silo.RestartAsync();
        await KnownAsync();
        Assert.Equal(DhcpDrop.ProxyOnly, await RenewAsync(Address));
        await FetchAsync(at, path, answer: null);
        await Wait.UntilAsync(async () => await LinesAsync(" octets\"") > 0, Soon, () => "the transfer did not end");
        Assert.Equal("Unknown", await PhaseAsync());

        Assert.Equal(DhcpDrop.None, await HandleAsync(DhcpMessageType.Discover, 0));
        await FetchAsync(at, path, answer: null);
        await Wait.UntilAsync(async () => await PhaseAsync() != "Unknown", Soon, () => "an honest machine's boot does not begin");
    }

    private async Task KnownAsync()
    {
        var (machines, catalog) = (silo.Service<KnownMachines>(), silo.Service<ICatalog>());
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows(Mac) && !machines.IsBehind
            && catalog.Current.Subnets.ContainsKey("loop")), Soon, () => "the edge does not know the machine");
    }

    private async Task<DhcpDrop> HandleAsync(DhcpMessageType type, uint wanted)
    {
        var message = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0x80, 1],
            TransactionId = 7,
            RelayAddress = Relay,
            Options =
            [
                KeyValuePair.Create((byte)53, new[] { (byte)type }),
                KeyValuePair.Create((byte)60, "PXEClient:Arch:00000:UNDI:002001"u8.ToArray()),
                KeyValuePair.Create((byte)93, new byte[] { 0, 0 }),
                KeyValuePair.Create((byte)82, new byte[] { 5, 4, 127, 0, 80, 1 }),
                .. wanted == 0 ? [] : new[] { KeyValuePair.Create((byte)50, IPv4.ToIPAddress(wanted).GetAddressBytes()) },
            ],
        };
        var outcome = await silo.Service<DhcpHandler>().HandleAsync(
            new DhcpArrival(message, [Relay], Relay, 67, IsBinl: false, "wire"), CancellationToken.None);
        return outcome.Drop;
    }

    /// <summary>Renews by unicast, past the relay.</summary>
    private async Task<DhcpDrop> RenewAsync(uint address)
    {
        var message = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0x80, 1],
            TransactionId = 8,
            ClientAddress = address,
            Options = [KeyValuePair.Create((byte)53, new[] { (byte)DhcpMessageType.Request })],
        };
        var outcome = await silo.Service<DhcpHandler>().HandleAsync(
            new DhcpArrival(message, [Relay], address, 68, IsBinl: false, "wire") { ServerAddresses = [Relay], Destination = Relay },
            CancellationToken.None);
        return outcome.Drop;
    }

    /// <summary>Fetches a file whole, or answers the first block by something else.</summary>
    private async Task FetchAsync(IPAddress from, string path, byte[]? answer)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.SendToAsync(Encoding.ASCII.GetBytes($"\0\u0001{path}\0octet\0"), new IPEndPoint(IPAddress.Loopback, silo.TftpPort));
        var buffer = new byte[600];
        using var patience = new CancellationTokenSource(Soon);
        while (true)
        {
            var block = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
            Assert.True(buffer[1] == 3, Encoding.ASCII.GetString(buffer, 4, block.ReceivedBytes - 4));
            await socket.SendToAsync(answer ?? [0, 4, buffer[2], buffer[3]], block.RemoteEndPoint);
            if (answer is not null || block.ReceivedBytes < 516) return;
        }
    }
}
