using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Objects.Access;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>One silo that takes DHCP and TFTP on loopback, where the tests are the relays.</summary>
public sealed class WireSilo : SiloFixture
{
    /// <summary>Port of its DHCP.</summary>
    public int DhcpPort { get; private set; }

    protected override Task StartAsync() => AddAsync(
        $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}", "--Edge:Interfaces:0=lo",
        $"--Edge:DhcpPort={DhcpPort = FreePort()}", "--Edge:BinlPort=0", "--Edge:ProbeMilliseconds=0",
        "--Edge:Names:0=boot.lab.example");
}

/// <summary>A stranger on the wire, while an honest machine boots beside the attack.</summary>
public sealed class WireTests(WireSilo silo) : IClassFixture<WireSilo>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    /// <summary>A client asks again after four seconds (RFC 2131 section 4.1).</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(4);

    private const int Attempts = 8;

    /// <summary>
    /// DISCOVERs and REQUESTs of random MAC addresses, twenty thousand before the machine begins and on until it is done: it has its
    /// OFFER and its ACK, the pool is not on offer, and the machine's timeline says what happened.
    /// </summary>
    [Fact]
    public async Task AFloodOfStrangersDoesNotStopAMachineThatIsKnown()
    {
        var mac = new byte[] { 2, 0, 0, 0, 50, 1 };
        await SubnetAsync(50);
        var uuid = await MachineAsync("flooded", mac, "sledgehammer");
        using var ending = new CancellationTokenSource();
        var sent = 0;
        var attack = Enumerable.Range(0, 2).Select(n => Task.Run(() => Flood(50, n, () => Interlocked.Increment(ref sent), ending.Token)))
            .ToList();
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref sent) > 20_000), Soon, () => $"the flood sent {sent} packets only");
        using var client = Client("127.0.0.1");
        var offer = await AskAsync(client, 50, mac, DhcpMessageType.Discover, 0);
        var ack = await AskAsync(client, 50, mac, DhcpMessageType.Request, offer.YourAddress);
        Assert.Equal((DhcpMessageType.Offer, DhcpMessageType.Ack, offer.YourAddress), (offer.Type, ack.Type, ack.YourAddress));
        var during = Volatile.Read(ref sent);
        var (_, leases) = await silo.CallAsync("GET", "leases");
        await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref sent) > during), Soon,
            () => "the attack ended before the machine was done");
        await ending.CancelAsync();
        await Task.WhenAll(attack);
        var offers = leases!.AsArray().Where(l => l!["State"]!.ToString() == "OFFER" && l["ExpireTime"]!.GetValue<DateTimeOffset>()
            > DateTimeOffset.UtcNow && l["Token"]!.ToString().StartsWith("06:", StringComparison.Ordinal)).ToList();
        Assert.True(offers.Count <= new StrangerBounds(100).Offers, $"{offers.Count} addresses are on offer to strangers");
        await Wait.UntilAsync(async () => (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.ToJsonString()
            .Contains("ACK", StringComparison.Ordinal), Soon, () => "the machine's timeline does not say that it was answered");
    }

    /// <summary>A host that names itself a relay, from an address of its own, from a client's, or from none.</summary>
    [Fact]
    public async Task WhoIsNoRelayIsRefused()
    {
        await SubnetAsync(51);
        var relay = IPv4.Parse("10.51.0.1");
        Assert.Equal(DhcpDrop.None, (await HandleAsync(51, [2, 0, 0, 0, 51, 1], DhcpMessageType.Discover, relay, relay)).Drop);
        foreach (var (giaddr, source) in new[]
        {
            (relay, IPv4.Parse("10.51.0.77")), (relay, 0u), (relay, IPv4.Parse("192.0.2.9")),
            (IPv4.Parse("10.51.0.20"), IPv4.Parse("10.51.0.20")),
        })
        {
            for (var i = 0; i < 50; i++)
                Assert.Equal(DhcpDrop.Relay,
                    (await HandleAsync(51, [6, 0, 0, 0, 51, (byte)i], DhcpMessageType.Discover, giaddr, source)).Drop);
        }

        // Listed, each relay as it is written, and no other.
        var (status, body) = await silo.CallAsync("PATCH", "subnets/wire51",
            """[{"op":"add","path":"/Meta/relays","value":"10.51.0.1, 192.0.2.9"}]""");
        Assert.True(status == HttpStatusCode.OK, body?.ToJsonString());
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets["wire51"].Meta.ContainsKey("relays")), Soon,
            () => "the edge does not see the subnet's relays");
        Assert.Equal(DhcpDrop.None,
            (await HandleAsync(51, [2, 0, 0, 0, 51, 2], DhcpMessageType.Discover, relay, IPv4.Parse("192.0.2.9"))).Drop);
        Assert.Equal(DhcpDrop.Relay,
            (await HandleAsync(51, [2, 0, 0, 0, 51, 3], DhcpMessageType.Discover, IPv4.Parse("10.51.0.2"), IPv4.Parse("10.51.0.2"))).Drop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", "subnets/wire51",
            """[{"op":"replace","path":"/Meta/relays","value":"10.51.0.300"}]""")).Status);
    }

    /// <summary>
    /// A host on another link that speaks to the edge itself, by no relay: it has no offer of the edge's own link, and none of the network
    /// that it names; what it says leaves nothing behind but a line.
    /// </summary>
    [Theory]
    [InlineData("198.51.100.7", "0.0.0.0")]
    [InlineData("198.51.100.7", "10.66.0.20")]
    [InlineData("10.66.0.20", "0.0.0.0")]
    [InlineData("10.66.0.20", "10.66.0.20")]
    public async Task AHostOnAnotherLinkIsOfferedNothing(string source, string client)
    {
        if (!silo.Service<ICatalog>().Current.Subnets.ContainsKey("wire66"))
        {
            await SubnetAsync(65);
            await SubnetAsync(66);
        }

        byte[] mac = [6, 0, 0, 66, (byte)source.Length, (byte)client.Length];
        var message = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = mac,
            TransactionId = 7,
            ClientAddress = IPv4.Parse(client),
            Options = [KeyValuePair.Create((byte)53, new byte[] { 1 })],
        };
        var arrival = new DhcpArrival(message, [IPv4.Parse("10.65.0.1")], IPv4.Parse(source), 68, IsBinl: false, "wire")
        {
            ServerAddresses = [IPv4.Parse("10.65.0.1")],
            Destination = IPv4.Parse("10.65.0.1"),
        };
        var outcome = await silo.Service<DhcpHandler>().HandleAsync(arrival, CancellationToken.None);
        Assert.Equal((null, DhcpDrop.NoSubnet), (outcome.Departure, outcome.Drop));
        Assert.Equal(DhcpPrecedence.Stranger, PrecedenceOf(Text(mac)));
        var leases = (await silo.CallAsync("GET", "leases")).Body!.ToJsonString();
        Assert.DoesNotContain(Text(mac), leases, StringComparison.Ordinal);
    }

    /// <summary>
    /// A host on the edge's own link names addresses of another network, which nobody uses, as relays: from its own address none is
    /// believed, made up whole no more than two, and the true one is once its subnet lists it.
    /// </summary>
    [Fact]
    public async Task AnUnusedAddressOfAnotherNetworkIsNoRelay()
    {
        await SubnetAsync(60);
        await SubnetAsync(61);
        uint[] own = [IPv4.Parse("10.60.0.1")];
        var host = IPv4.Parse("10.60.0.200");
        Task<DhcpOutcome> SendAsync(uint giaddr, uint source, byte number, DhcpMessageType type = DhcpMessageType.Discover)
            => silo.Service<DhcpHandler>().HandleAsync(
                new DhcpArrival(Message(61, [6, 0, 0, 0, 61, number], type, giaddr, 0), own, source, 67, IsBinl: false, "wire-b"),
                CancellationToken.None);
        for (byte last = 2; last < 9; last++)
            Assert.Equal(DhcpDrop.Relay, (await SendAsync(IPv4.Parse($"10.61.0.{last}"), host, last)).Drop);
        // From a subnet that is not on this link, as a router's other side is.
        Assert.Equal(DhcpDrop.None, (await SendAsync(IPv4.Parse("10.61.0.2"), IPv4.Parse("10.61.0.3"), 12)).Drop);
        var learned = 1;
        for (byte last = 3; last < 9; last++)
        {
            var relay = IPv4.Parse($"10.61.0.{last}");
            if ((await SendAsync(relay, relay, (byte)(20 + last))).Drop != DhcpDrop.Relay) learned++;
        }

        Assert.Equal(RelayRules.MostLearned, learned);
        var truth = IPv4.Parse("10.61.0.1");
        Assert.Equal(DhcpDrop.Relay, (await SendAsync(truth, truth, 40)).Drop);
        await silo.OkAsync("PATCH", "subnets/wire61", """[{"op":"add","path":"/Meta/relays","value":"10.61.0.1"}]""");
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets["wire61"].Meta.ContainsKey("relays")), Soon,
            () => "the edge does not see the subnet's relays");
        Assert.Equal(DhcpDrop.None, (await SendAsync(truth, truth, 41)).Drop);
        Assert.Equal(DhcpDrop.Relay, (await SendAsync(IPv4.Parse("10.61.0.2"), IPv4.Parse("10.61.0.2"), 42)).Drop);
    }

    /// <summary>
    /// A machine that registers itself with cards that it names itself, as it may where others give the addresses, is none that goes
    /// before strangers, until somebody approves of it; one that registers by its lease is.
    /// </summary>
    [Fact]
    public async Task CardsThatARegistrationMakesUpAreStrangersToDhcp()
    {
        await silo.OkAsync("POST", "subnets", """{"Name":"others","Subnet":"10.62.0.0/24","Enabled":true,"Proxy":true}""");
        await SubnetAsync(63);
        var (catalog, machines) = (silo.Service<ICatalog>(), silo.Service<KnownMachines>());
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey("others")), Soon, () => "no subnet");
        var madeUp = await RegisterAsync("10.62.0.5", "", "02:00:00:00:62:01", "02:00:00:00:62:02");
        var leased = await RegisterAsync("10.63.0.10", "02:00:00:00:63:01", "02:00:00:00:63:01");
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows("02:00:00:00:63:01")), Soon, () => $"{leased} is not known");
        Assert.NotNull(await machines.FindAsync("02:00:00:00:62:01", CancellationToken.None));
        Assert.Equal((DhcpPrecedence.Stranger, DhcpPrecedence.Stranger, DhcpPrecedence.Known),
            (PrecedenceOf("02:00:00:00:62:01"), PrecedenceOf("02:00:00:00:62:02"), PrecedenceOf("02:00:00:00:63:01")));
        await silo.OkAsync("POST", $"machines/{madeUp}/approve");
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows("02:00:00:00:62:01")), Soon, () => "approval changes nothing");
    }

    /// <summary>An OFFER is had for nothing: it makes nobody known, and its client an acquaintance for a moment.</summary>
    [Fact]
    public async Task AnOfferMakesNobodyKnown()
    {
        await SubnetAsync(64);
        var relay = IPv4.Parse("10.64.0.1");
        byte[] mac = [6, 0, 0, 0, 64, 1];
        Assert.Equal(DhcpPrecedence.Stranger, PrecedenceOf(Text(mac)));
        var offer = (await HandleAsync(64, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        Assert.Equal(DhcpPrecedence.Acquainted, PrecedenceOf(Text(mac)));
        await HandleAsync(64, mac, DhcpMessageType.Request, relay, relay, offer.YourAddress);
        Assert.Equal(DhcpPrecedence.Acquainted, PrecedenceOf(Text(mac)));
    }

    private DhcpPrecedence PrecedenceOf(string mac) => silo.Service<DhcpHandler>().PrecedenceOf(mac);

    private async Task<string> RegisterAsync(string address, string card, params string[] cards)
    {
        var token = (await silo.Service<AccessService>().ForRenderingAsync(null, new Stranger(address, card)))(null,
            TimeSpan.FromMinutes(5), "");
        using var stranger = silo.Client(token);
        var made = await silo.OkAsync("POST", "machines",
            $$"""{"Name":"{{cards[0].Replace(':', '-')}}","HardwareAddrs":[{{string.Join(',', cards.Select(c => $"\"{c}\""))}}]}""",
            stranger);
        return made["Uuid"]!.ToString();
    }

    /// <summary>RELEASEs and DECLINEs in a booting machine's name: by another relay, and by its own.</summary>
    [Fact]
    public async Task AForgedReleaseTakesNoFilesAway()
    {
        var mac = new byte[] { 2, 0, 0, 0, 52, 1 };
        await SubnetAsync(52);
        var (relay, other) = (IPv4.Parse("10.52.0.1"), IPv4.Parse("10.52.0.2"));
        var uuid = await MachineAsync("released", mac, "sledgehammer");
        var offer = (await HandleAsync(52, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        await HandleAsync(52, mac, DhcpMessageType.Request, relay, relay, offer.YourAddress);
        var files = silo.Service<BootFileResolver>();
        var script = await files.ResolveAsync($"{Text(mac)}.ipxe", IPv4.ToIPAddress(offer.YourAddress), IPAddress.Loopback, "http",
            isRead: true);
        Assert.Equal(uuid, script?.Machine);
        await script!.Proven();
        await Wait.UntilAsync(async () => (await silo.CallAsync("GET", $"machines/{uuid}")).Body!["Boot"]!["Phase"]!.ToString()
            is "Discovering" or "Working" or "Installing", Soon, () => "the machine does not begin");
        async Task<string> OwnerAsync() => (await files.ResolveAsync($"{Text(mac)}.ipxe", IPv4.ToIPAddress(offer.YourAddress),
            IPAddress.Loopback, "http", isRead: false))?.Machine ?? "";
        Assert.Equal(uuid, await OwnerAsync());
        Assert.Equal(DhcpDrop.Doubtful, (await HandleAsync(52, mac, DhcpMessageType.Release, other, other, offer.YourAddress)).Drop);
        Assert.Equal(DhcpDrop.Doubtful, (await HandleAsync(52, mac, DhcpMessageType.Decline, other, other, offer.YourAddress)).Drop);
        Assert.Equal(uuid, await OwnerAsync());
        Assert.Equal(DhcpDrop.None, (await HandleAsync(52, mac, DhcpMessageType.Release, relay, relay, offer.YourAddress)).Drop);
        Assert.Equal(uuid, await OwnerAsync());
        var again = (await HandleAsync(52, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        Assert.Equal(offer.YourAddress, again.YourAddress);
    }

    /// <summary>
    /// Where others give the addresses, a REQUEST of any other card for a machine's address takes nothing from a machine that is in the
    /// middle of something: not a stranger's, not a known machine's, not one after another.
    /// </summary>
    [Fact]
    public async Task AnothersRequestBesideAnotherServerTakesNoFilesAway()
    {
        var (mac, other) = (new byte[] { 2, 0, 0, 0, 167, 1 }, new byte[] { 2, 0, 0, 0, 167, 2 });
        await SubnetAsync(167, isProxy: true);
        var (relay, address, next) = (IPv4.Parse("10.167.0.1"), IPv4.Parse("10.167.0.20"), IPv4.Parse("10.167.0.21"));
        var uuid = await MachineAsync("beside", mac, "sledgehammer");
        var others = await MachineAsync("beside-2", other, "sledgehammer");
        var files = silo.Service<BootFileResolver>();
        async Task<string> OwnerAsync(uint at, byte[] of) => (await files.ResolveAsync($"{Text(of)}.ipxe", IPv4.ToIPAddress(at),
            IPAddress.Loopback, "http", isRead: false))?.Machine ?? "";
        async Task AskAsync(byte[] of, uint wanted)
            => Assert.Equal(DhcpDrop.ProxyOnly, (await HandleAsync(167, of, DhcpMessageType.Request, relay, relay, wanted)).Drop);

        await AskAsync(mac, address);
        var script = await files.ResolveAsync($"{Text(mac)}.ipxe", IPv4.ToIPAddress(address), IPAddress.Loopback, "http", isRead: true);
        Assert.Equal(uuid, script?.Machine);
        await script!.Proven();
        Task UntilAsync(uint at, byte[] of, string owner) => Wait.UntilAsync(async () => await OwnerAsync(at, of) == owner, Soon,
            () => $"files at {IPv4.Format(at)} are not those of {owner}");
        await UntilAsync(address, mac, uuid);
        await AskAsync([6, 0, 0, 0, 167, 3], address);
        Assert.Equal(uuid, await OwnerAsync(address, mac));
        await AskAsync([6, 0, 0, 0, 167, 4], address);
        await AskAsync(other, address);
        Assert.Equal(uuid, await OwnerAsync(address, mac));
        // What the other machine alone has, it has.
        Assert.Equal(others, await OwnerAsync(address, other));

        // Nor does a REQUEST in its own name for another address, which anybody can send, and another's for its own then.
        await AskAsync(mac, next);
        await AskAsync(other, address);
        await UntilAsync(next, mac, uuid);
        Assert.Equal(uuid, await OwnerAsync(address, mac));
        // Who asked for the address before it, and never booted there, keeps nothing from it.
        var (late, where) = (new byte[] { 2, 0, 0, 0, 167, 5 }, IPv4.Parse("10.167.0.22"));
        var last = await MachineAsync("beside-3", late, "sledgehammer");
        await AskAsync(mac, where);
        await AskAsync(late, where);
        await UntilAsync(where, late, last);
        Assert.Equal("", await OwnerAsync(where, mac));
        // Once it rests, nothing is its own there.
        await silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid))
            .Sighted(new Sighting(SightingKind.Discover, "", "", "") { Failure = "it has failed" });
        await UntilAsync(address, mac, "");
    }

    /// <summary>
    /// TFTP requests that are never acknowledged, from two addresses and then from thirty, more than there are slots: a client beside them
    /// gets its file, while they go on. What one source is sent for its requests is bounded.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public async Task TftpRequestsThatAreNeverAcknowledgedKeepNobodyOut(int sources)
    {
        var content = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();
        var name = $"wire-{sources}.bin";
        await File.WriteAllBytesAsync(Path.Combine(silo.Files, name), content);
        byte[] request = [0, 1, .. Encoding.ASCII.GetBytes($"{name}\0octet\0timeout\0255\0windowsize\064\0")];
        var attackers = new List<Socket>();
        try
        {
            async Task AskAsync(int i)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                attackers.Add(socket);
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (i % sources))]), 0));
                await socket.SendToAsync(request, new IPEndPoint(IPAddress.Loopback, silo.TftpPort));
            }

            for (var i = 0; i < 1200; i++) await AskAsync(i);
            using var done = new CancellationTokenSource();
            var goesOn = Task.Run(async () =>
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
                for (var i = 0; i < 2000 && !done.IsCancellationRequested; i++)
                {
                    await AskAsync(i);
                    await timer.WaitForNextTickAsync(CancellationToken.None);
                }
            }, CancellationToken.None);
            var target = Path.Combine(Path.GetTempPath(), $"{name}.{Guid.NewGuid():N}");
            using var curl = Commands.Start("curl", "-s", "-o", target, $"tftp://127.0.0.1:{silo.TftpPort}/{name}");
            await curl.WaitForExitAsync().WaitAsync(Soon);
            await done.CancelAsync();
            await goesOn;
            Assert.Equal(0, curl.ExitCode);
            Assert.True(attackers.Count > 1200, "the attack did not go on");
            Assert.Equal(content, await File.ReadAllBytesAsync(target));
            File.Delete(target);
            var packets = attackers.Sum(s => s.Available > 0 ? 1 : 0);
            Assert.True(packets > 0, "nobody was answered: the attack did not begin");
        }
        finally
        {
            attackers.ForEach(s => s.Dispose());
        }
    }

    /// <summary>
    /// Requests in a machine's name, more than one source may have and never acknowledged, and on while it fetches its file: each ends one
    /// of them, not the machine's.
    /// </summary>
    [Fact]
    public async Task TftpRequestsInItsNameKeepAMachineFromNothing()
    {
        const string Name = "named.bin";
        const int MoreThanASourceHas = 150;
        var content = Enumerable.Range(0, 60_000).Select(i => (byte)(i * 7)).ToArray();
        await File.WriteAllBytesAsync(Path.Combine(silo.Files, Name), content);
        byte[] request = [0, 1, .. Encoding.ASCII.GetBytes($"{Name}\0octet\0blksize\01024\0")];
        var to = new IPEndPoint(IPAddress.Loopback, silo.TftpPort);
        var madeUp = new List<Socket>();
        try
        {
            void MakeUp()
            {
                var socket = Client("127.0.3.1");
                madeUp.Add(socket);
                socket.SendTo(request, to);
            }

            for (var i = 0; i < MoreThanASourceHas; i++) MakeUp();
            await Wait.UntilAsync(() => Task.FromResult(madeUp.Exists(s => s.Available > 0)), Soon, () => "nobody is answered");
            using var client = Client("127.0.3.1");
            var received = new List<byte>();
            var buffer = new byte[2048];
            EndPoint? transfer = null;
            // Packets may be lost on a busy machine; half a minute would end the made-up ones by itself.
            for (var tries = 0; transfer is null && tries < 5; tries++)
            {
                await client.SendToAsync(request, to);
                using var patience = new CancellationTokenSource(AskAgain);
                try
                {
                    var answer = await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
                    if (buffer[1] == 6) transfer = answer.RemoteEndPoint;
                }
                catch (OperationCanceledException)
                {
                    // It asks again.
                }
            }

            Assert.True(transfer is not null, "the machine is not answered beside requests in its name");
            using var late = new CancellationTokenSource(Soon);
            byte next = 0;
            for (var length = 1028; length == 1028;)
            {
                await client.SendToAsync(new byte[] { 0, 4, 0, next }, transfer);
                next++;
                if (next % 8 == 0) MakeUp();
                do
                {
                    length = (await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), late.Token)).ReceivedBytes;
                }
                while (buffer[1] != 3 || buffer[3] != next);
                received.AddRange(buffer[4..length]);
            }

            await client.SendToAsync(new byte[] { 0, 4, 0, next }, transfer);
            Assert.Equal(content, received);
        }
        finally
        {
            madeUp.ForEach(s => s.Dispose());
        }
    }

    /// <summary>What comes from port 0 is counted, and answered nothing: it has none that could be.</summary>
    [Fact]
    public async Task ARequestFromPort0IsDropped()
    {
        using var routed = RoutedSocket.TryOpen();
        Assert.SkipWhen(routed is null, "a packet from port 0 needs CAP_NET_RAW");
        var counted = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == AnvilDiagnostics.Name && instrument.Name == "anvil.tftp.dropped")
                    own.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags[0].Value is "no-port") Interlocked.Add(ref counted, value);
        });
        listener.Start();
        var own = IPv4.Parse("127.0.0.1");
        byte[] request = [0, 1, .. "any.bin\0octet\0"u8];
        await Wait.UntilAsync(
            () =>
            {
                routed.Send(UdpDatagram.Make(own, 0, own, silo.TftpPort, request), own);
                return Task.FromResult(Interlocked.Read(ref counted) > 0);
            }, Soon, () => "a request from port 0 was not counted");
    }

    /// <summary>Names that would act on a terminal, asked for by a machine: its timeline shows what they are, and counts.</summary>
    [Fact]
    public async Task MissesAreCountedAndShowNoEscapes()
    {
        var mac = new byte[] { 2, 0, 0, 0, 53, 1 };
        await SubnetAsync(53);
        var relay = IPv4.Parse("10.53.0.1");
        var uuid = await MachineAsync("missing", mac, "sledgehammer");
        var offer = (await HandleAsync(53, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        await HandleAsync(53, mac, DhcpMessageType.Request, relay, relay, offer.YourAddress);
        var files = silo.Service<BootFileResolver>();
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 3000; i++)
        {
            Assert.Null(await files.ResolveAsync(i % 2 == 0 ? "nothing\u202e/here" : "nothing", IPv4.ToIPAddress(offer.YourAddress),
                IPAddress.Loopback, "http", isRead: true));
        }

        var lines = "";
        await Wait.UntilAsync(async () =>
        {
            lines = (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.ToJsonString();
            return lines.Contains("GET nothing\\", StringComparison.Ordinal);
        }, Soon, () => $"the miss is not told of: {lines}");
        // However long it took: of each name a line, and one with the number, a minute.
        var minutes = 1 + (int)TimeProvider.System.GetElapsedTime(began).TotalMinutes;
        Assert.InRange(lines.Split("\"GET nothing").Length - 1, 2, minutes == 1 ? 2 : 4 * minutes);
        Assert.DoesNotContain("\\u202E\"", lines, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// A machine asks for the script of an installer whose image is not set, and one for a kernel that is not there: each fails with what
    /// is missing, and goes on once somebody has mended it.
    /// </summary>
    [Theory]
    [InlineData(54, "ubuntu-24.04-install", "{mac}.ipxe", "ubuntu-24.04-install needs the param ubuntu/iso")]
    [InlineData(55, "case-files", "case-files/vmlinuz", "case-files needs the boot file case-files/vmlinuz, which is not there")]
    public async Task WhoAsksForWhatCannotBeHadFails(byte net, string env, string path, string reason)
    {
        await silo.CallAsync("POST", "bootenvs",
            """
            {"Name":"case-files","OS":{"Name":"case-files","SupportedArchitectures":{"x86_64":{"Kernel":"vmlinuz"}}},
            "Templates":[{"Name":"ipxe","Path":"case-files.ipxe","Contents":"#!ipxe"}]}
            """);
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.BootEnvs.ContainsKey(env)), Soon, () => "the edge does not see it");
        var mac = new byte[] { 2, 0, 0, 0, net, 1 };
        await SubnetAsync(net);
        var relay = IPv4.Parse($"10.{net}.0.1");
        var uuid = await MachineAsync($"lacking-{net}", mac, env);
        var offer = (await HandleAsync(net, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        await HandleAsync(net, mac, DhcpMessageType.Request, relay, relay, offer.YourAddress);
        path = path.Replace("{mac}", Text(mac), StringComparison.Ordinal);
        var asked = silo.Service<BootFileResolver>().ResolveAsync(path, IPv4.ToIPAddress(offer.YourAddress), IPAddress.Loopback, "http",
            isRead: true);
        if (path.EndsWith(".ipxe", StringComparison.Ordinal)) await Assert.ThrowsAsync<RenderFailedException>(() => asked);
        else Assert.Null(await asked);
        var machine = (await silo.CallAsync("GET", $"machines/{uuid}")).Body!;
        Assert.Equal("Failed", machine["Boot"]!["Phase"]!.ToString());
        Assert.StartsWith(reason, machine["Boot"]!["Reason"]!.ToString(), StringComparison.Ordinal);
        Assert.False(machine["Runnable"]!.GetValue<bool>());
    }

    /// <summary>Functions quote what they cannot use: what is secret of it is told to the machine, which has it, alone.</summary>
    [Fact]
    public async Task WhatARenderQuotesOfASecureParamStandsInNoTimeline()
    {
        const string Secret = "hunter2-4711";
        await silo.CallAsync("POST", "params", """{"Name":"quoted/secret","Secure":true,"Schema":{"type":"string"} }""");
        await silo.CallAsync("POST", "bootenvs",
            """
            {"Name":"quoting","OS":{"Name":"quoting"},"Templates":[{"Name":"secret","Path":"quoting/secret",
            "Contents":"{{ fail (.Param \"quoted/secret\") }}"},
            {"Name":"open","Path":"quoting/open","Contents":"{{ fail \"open-0815\" }}"},
            {"Name":"given","Path":"quoting/given","Contents":"{{ .Param \"quoted/secret\" }}"},
            {"Name":"kept","Path":"kept.ipxe","Contents":"x"}]}
            """);
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.BootEnvs.ContainsKey("quoting")), Soon,
            () => "the edge does not see it");
        var mac = new byte[] { 2, 0, 0, 0, 58, 1 };
        await SubnetAsync(58);
        var relay = IPv4.Parse("10.58.0.1");
        var uuid = await MachineAsync("quoting-58", mac, "quoting");
        await silo.CallAsync("POST", $"machines/{uuid}/params/quoted%2Fsecret", $"\"{Secret}\"");
        var offer = (await HandleAsync(58, mac, DhcpMessageType.Discover, relay, relay)).Departure!.Message;
        await HandleAsync(58, mac, DhcpMessageType.Request, relay, relay, offer.YourAddress);
        Task<ResolvedFile?> AskAsync(string path) => silo.Service<BootFileResolver>()
            .ResolveAsync(path, IPv4.ToIPAddress(offer.YourAddress), IPAddress.Loopback, "http", isRead: true);
        var told = await Assert.ThrowsAsync<RenderFailedException>(() => AskAsync("quoting/secret"));
        Assert.Contains(Secret, told.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RenderFailedException>(() => AskAsync("quoting/open"));
        await using (var given = await AskAsync("quoting/given"))
            Assert.Equal(Secret, System.Text.Encoding.UTF8.GetString(given!.Rendered!));
        var lines = (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.ToJsonString();
        Assert.Contains("open-0815", lines, StringComparison.Ordinal);
        Assert.Contains("the cause is told to the machine alone", lines, StringComparison.Ordinal);
        Assert.Contains("template: secret:1:3: executing", lines, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, lines, StringComparison.Ordinal);
        // That it was given the value is written down, without it.
        Assert.Contains("opened quoted/secret", lines, StringComparison.Ordinal);
        Assert.Contains($"by machine {uuid}", lines, StringComparison.Ordinal);
    }

    /// <summary>
    /// A boot environment whose files are missing is shown so, and in the preview and the timeline of who would boot it, until they are
    /// there; one file that a template renders needs none on disk.
    /// </summary>
    [Fact]
    public async Task ABootEnvironmentWithoutItsFilesIsNotAvailableUntilTheyAreThere()
    {
        var (status, made) = await silo.CallAsync("POST", "bootenvs",
            """
            {"Name":"lacking-install","OS":{"Name":"lacking","SupportedArchitectures":{"x86_64":{"Kernel":"vmlinuz","Initrds":["a.img",
            "made.img"]},"arm64":{"Kernel":"vmlinuz"}}},"Loaders":{"amd64-uefi":"lacking.efi"},
            "Templates":[{"Name":"ipxe","Path":"lacking.ipxe","Contents":"#!ipxe"},
            {"Name":"made","Path":"lacking/install/made.img","Contents":"made"}]}
            """);
        string[] missing = [.. new[] { "lacking/install/vmlinuz", "lacking/install/a.img", "lacking/arm64/install/vmlinuz" }
            .Select(f => $"needs the boot file {f}, which is not there")];
        Assert.Equal((HttpStatusCode.Created, false), (status, made!["Available"]!.GetValue<bool>()));
        Assert.Equal(missing, made["Errors"]!.AsArray().Select(e => e!.ToString()));
        var listed = (await silo.CallAsync("GET", "bootenvs?Available=false")).Body!.AsArray();
        var row = listed.Single(e => e!["Name"]!.ToString() == "lacking-install")!;
        Assert.Equal(missing, row["Errors"]!.AsArray().Select(e => e!.ToString()));
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.BootEnvs.ContainsKey("lacking-install")), Soon,
            () => "the edge does not see it");

        const byte Net = 57;
        byte[] mac = [2, 0, 0, 0, Net, 1];
        await SubnetAsync(Net);
        var relay = IPv4.Parse($"10.{Net}.0.1");
        var uuid = await MachineAsync("lacking", mac, "lacking-install");
        async Task<string[]> WarnedAsync()
            => [.. (await silo.CallAsync("GET", $"machines/{uuid}/boot?arch=uefi")).Body!["Reasons"]!.AsArray()
                .Select(r => r!.ToString()).Where(r => r.Contains("is not there", StringComparison.Ordinal))];
        string[] warned =
        [
            .. missing[..2].Select(m => $"lacking-install {m}"), "that boot program is lacking.efi, which is not there",
        ];
        Assert.Equal(warned, await WarnedAsync());
        Assert.NotNull((await HandleAsync(Net, mac, DhcpMessageType.Discover, relay, relay)).Departure);
        var timeline = "";
        await Wait.UntilAsync(async () =>
        {
            timeline = (await silo.CallAsync("GET", $"machines/{uuid}/timeline")).Body!.ToJsonString();
            return warned.All(w => timeline.Contains(w, StringComparison.Ordinal));
        }, Soon, () => $"the timeline does not say what is missing: {timeline}");

        Directory.CreateDirectory(Path.Combine(silo.Files, "lacking", "install"));
        Directory.CreateDirectory(Path.Combine(silo.Files, "lacking", "arm64", "install"));
        foreach (var file in new[] { "lacking/install/vmlinuz", "lacking/install/a.img", "lacking/arm64/install/vmlinuz", "lacking.efi" })
            await File.WriteAllTextAsync(Path.Combine(silo.Files, file), "here");
        var shown = new JsonObject();
        await Wait.UntilAsync(async () =>
        {
            shown = (await silo.CallAsync("GET", "bootenvs/lacking-install")).Body!.AsObject();
            return shown["Available"]!.GetValue<bool>();
        }, Soon, () => $"it is not available: {shown.ToJsonString()}");
        Assert.Empty(shown["Errors"]!.AsArray());
        await Wait.UntilAsync(async () => (await WarnedAsync()).Length == 0, Soon, () => "the preview still warns");
    }

    private static string Text(byte[] mac) => string.Join(':', mac.Select(b => $"{b:x2}"));

    private async Task SubnetAsync(byte net, bool isProxy = false)
    {
        var (status, body) = await silo.CallAsync("POST", "subnets",
            $$"""
            {"Name":"wire{{net}}","Subnet":"10.{{net}}.0.0/24","Enabled":true,"ActiveStart":"10.{{net}}.0.10",
            "ActiveEnd":"10.{{net}}.0.109","ActiveLeaseTime":600,"ReservedLeaseTime":7200,
            "Proxy":{{(isProxy ? "true" : "false")}}}
            """);
        Assert.True(status == HttpStatusCode.Created, body?.ToJsonString());
        var catalog = silo.Service<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey($"wire{net}")), Soon,
            () => "the edge does not see the subnet");
    }

    private async Task<string> MachineAsync(string name, byte[] mac, string env)
    {
        var (status, body) = await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{name}}","BootEnv":"{{env}}","HardwareAddrs":["{{Text(mac)}}"]}""");
        Assert.True(status == HttpStatusCode.Created, body?.ToJsonString());
        var machines = silo.Service<KnownMachines>();
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows(Text(mac)) && !machines.IsBehind), Soon,
            () => "the edge does not know the machine");
        return body!["Uuid"]!.ToString();
    }

    /// <summary>A packet of a client in a network, which a relay on loopback passes on and gets the answer to its own port.</summary>
    internal static DhcpMessage Message(byte net, byte[] mac, DhcpMessageType type, uint relay, uint wanted)
    {
        var options = new List<KeyValuePair<byte, byte[]>>
        {
            KeyValuePair.Create((byte)53, new[] { (byte)type }),
            KeyValuePair.Create((byte)60, "PXEClient:Arch:00007:UNDI:003001"u8.ToArray()),
            KeyValuePair.Create((byte)93, new byte[] { 0, 7 }),
            // The relay on loopback stands for the network's (RFC 3527).
            KeyValuePair.Create((byte)82, relay >> 24 == 127 ? new byte[] { 5, 4, 10, net, 0, 1, 19, 0 } : [19, 0]),
        };
        if (wanted != 0)
        {
            var address = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(address, wanted);
            options.Add(KeyValuePair.Create((byte)50, address));
        }

        return new DhcpMessage
        {
            Op = 1,
            HardwareAddress = mac,
            TransactionId = 7,
            RelayAddress = relay,
            ClientAddress = type == DhcpMessageType.Release ? wanted : 0,
            Options = options,
        };
    }

    private async Task<DhcpOutcome> HandleAsync(byte net, byte[] mac, DhcpMessageType type, uint relay, uint source, uint wanted = 0)
        => await silo.Service<DhcpHandler>().HandleAsync(
            new DhcpArrival(Message(net, mac, type, relay, wanted), [IPv4.Parse("127.0.0.1")], source, 67, IsBinl: false, "wire"),
            CancellationToken.None);

    private static Socket Client(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }

    /// <summary>Asks as a client does, again after four seconds without an answer.</summary>
    private async Task<DhcpMessage> AskAsync(Socket client, byte net, byte[] mac, DhcpMessageType type, uint wanted)
    {
        var packet = Message(net, mac, type, IPv4.Parse("127.0.0.1"), wanted).ToBytes();
        var buffer = new byte[2048];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await client.SendToAsync(packet, new IPEndPoint(IPAddress.Loopback, silo.DhcpPort));
            using var patience = new CancellationTokenSource(AskAgain);
            try
            {
                var length = await client.ReceiveAsync(buffer, patience.Token);
                if (DhcpMessage.TryParse(buffer.AsSpan(0, length), out _) is { } answer) return answer;
            }
            catch (OperationCanceledException)
            {
                // It asks again.
            }
        }

        throw new SetupException($"{type} was asked {Attempts} times, and not answered");
    }

    /// <summary>Packets of random MAC addresses by the same relay, some four thousand a second, until told to end.</summary>
    private async Task Flood(byte net, int seed, Action sent, CancellationToken ending)
    {
        const int AtOnce = 20;
        var random = new Random(seed);
        using var socket = Client("127.0.0.1");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var to = new IPEndPoint(IPAddress.Loopback, silo.DhcpPort);
        while (!ending.IsCancellationRequested)
        {
            for (var i = 0; i < AtOnce; i++)
            {
                var mac = new byte[6];
                random.NextBytes(mac);
                mac[0] = 6;
                var type = random.Next(4) == 0 ? DhcpMessageType.Request : DhcpMessageType.Discover;
                var wanted = type == DhcpMessageType.Request ? IPv4.Parse($"10.{net}.0.{random.Next(10, 110)}") : 0;
                socket.SendTo(Message(net, mac, type, IPv4.Parse("127.0.0.1"), wanted).ToBytes(), to);
                sent();
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
