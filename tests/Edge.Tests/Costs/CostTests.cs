using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Tftp;
using Anvil.Protocols.Dhcp;
using Anvil.Protocols.Tftp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Support;

namespace Anvil.Edge.Tests.Costs;

/// <summary>
/// What the hot paths allocate, which no other load of the machine moves. The process is one of its own and compiles each method once, as
/// well as it can, so that the figures are the same everywhere. A change that makes an operation dearer than its record writes the new
/// figure and the reason into costs.txt; one that makes it cheaper, the figure.
/// </summary>
public sealed class CostTests
{
    private const int Calls = 400;
    private const int Blocks = 2000;
    private const string Mac = "02:00:00:00:00:01";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public Task NoHotPathAllocatesMoreThanIsRecorded() => OwnProcess.RunAsync(typeof(CostTests),
        nameof(NoHotPathAllocatesMoreThanIsRecorded), MeasureAsync,
        environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["DOTNET_TieredCompilation"] = "0" });

    private static async Task MeasureAsync()
    {
        var book = new CostBook();
        var faults = new List<string?>();
        void Cost(string name, Action operation) => faults.Add(book.Fault(name, Allocated(operation)));

        var discover = Discover().ToBytes();
        Cost("dhcp.decode", () => DhcpMessage.TryParse(discover, out _));
        var request = DhcpMessage.TryParse(discover, out _)!;
        Cost("dhcp.mac", () => _ = request.Mac);
        Cost("dhcp.client", () => DhcpHandler.ClientOf(request, ClientKinds.BuiltIn));

        var catalog = Catalog();
        var machine = Known();
        var server = new BootServer("10.0.0.1", 8091, 8092);
        var client = DhcpHandler.ClientOf(request, ClientKinds.BuiltIn);
        Cost("boot.decide", () => BootDecision.Decide(machine, Mac, client, catalog, server));
        var boot = BootDecision.Decide(machine, Mac, client, catalog, server);
        var subnet = catalog.Subnets["net"];
        var lease = new Lease { Addr = "10.0.0.10", Duration = 600, Token = Mac };
        var exchange = new DhcpExchange(new DhcpArrival(request, [0x0A000001], 0, 68, IsBinl: false), subnet, 0x0A000001,
            new DhcpSelf(0x0A000001, 0x0A000001), null, client, boot);
        Cost("dhcp.reply", () => new DhcpReplies(catalog).Lease(exchange, DhcpMessageType.Offer, lease, null));
        var reply = new DhcpReplies(catalog).Lease(exchange, DhcpMessageType.Offer, lease, null);
        Cost("dhcp.encode", () => reply.ToBytes(1472));

        var table = new LeaseTable<uint>(IPv4Text.Instance, SubnetRange.Of(subnet), [], []);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        Cost("lease.renew", () =>
        {
            var offered = rules.Discover(new LeaseRequest(Mac, 0, 0x0A000001) { IsKnown = true }, Now);
            table.Apply(offered);
            table.Apply(rules.Request(new LeaseRequest(Mac, offered.Offered ?? 0, 0x0A000001) { IsKnown = true }, Now));
        });

        var discovering = machine with { BootEnv = "sledgehammer" };
        Cost("script.sledgehammer", () => Render(catalog, server, discovering, $"{Mac}.ipxe"));
        Cost("script.installer", () => Render(catalog, server, machine, $"{Mac}.ipxe"));
        Cost("preseed", () => Render(catalog, server, machine, $"machines/{machine.Uuid}/seed"));
        var text = Json.Write(machine);
        Cost("machine.read", () => Json.Read<Machine>(text));
        Cost("machine.write", () => JsonSerializer.SerializeToUtf8Bytes(machine, Json.Options));
        Cost("machine.check", () => DocumentReader.Read<Machine>(text, "machines", "POST"));
        var context = new RuleContext(catalog, Now, new Entropy(() => "uuid", () => "secret", () => "boot"));
        var state = new MachineState { Machine = machine, BootId = "b", Revision = 3 };
        Cost("machine.make", () => MachineSteps.Make(new MachineState(), machine, false, new ChangeOptions(), context));
        var patch = """[{"op":"test","path":"/Name","value":"m1"},{"op":"add","path":"/Params/a~1b","value":"c"}]""";
        Cost("machine.patch", () => MachineSteps.Amend(state, machine.Uuid, patch, new ChangeOptions(), context));
        faults.Add(book.Fault("tftp.block", await BlockAsync()));

        faults.AddRange(book.Left);
        Assert.True(faults.TrueForAll(f => f is null), "tests/Edge.Tests/Costs/costs.txt:\n" + string.Join('\n', faults.OfType<string>()));
    }

    /// <summary>Octets of one call: the least of some rounds, since what is made once (a cache's entry) is not the operation's.</summary>
    private static double Allocated(Action operation)
    {
        for (var i = 0; i < Calls; i++) operation();
        var least = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Calls; i++) operation();
            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls);
        }

        return least;
    }

    /// <summary>Octets of one block of a transfer, over real sockets; the client makes none.</summary>
    private static async Task<double> BlockAsync()
    {
        var least = double.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            using var own = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            own.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            peer.Connect(own.LocalEndPoint!);
            var options = TftpOptions.Negotiate(new Dictionary<string, string>(StringComparer.Ordinal) { ["blksize"] = "1024" },
                1024L * Blocks);
            var transfer = new TftpTransfer(own, (IPEndPoint)peer.LocalEndPoint!, options, new MemoryStream(new byte[1024 * Blocks]),
                TimeProvider.System, () => { });
            var before = 0L;
            var client = new Thread(() =>
            {
                var (packet, ack) = (new byte[2048], new byte[] { 0, 4, 0, 0 });
                int length;
                do
                {
                    length = peer.Receive(packet);
                    // The answer to the options is acknowledged as block 0.
                    (ack[2], ack[3]) = packet[1] == 6 ? ((byte)0, (byte)0) : (packet[2], packet[3]);
                    if (packet is [0, 3, 0, 9, ..]) before = GC.GetTotalAllocatedBytes(precise: true);
                    peer.Send(ack);
                }
                while (packet[1] == 6 || length == 1028);
            });
            client.Start();
            await transfer.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
            client.Join();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Blocks);
        }

        return least;
    }

    private static void Render(CatalogSnapshot catalog, BootServer server, Machine machine, string path)
    {
        var context = new RenderContext(catalog, server, machine, catalog.BootEnvs[machine.BootEnv], (_, _, _) => "token")
        {
            Stage = catalog.Stages.GetValueOrDefault(machine.Stage),
            Mac = Mac,
        };
        var file = BootFiles.Find(path, context) ?? throw new InvalidOperationException($"there is no {path}");
        file.Render();
    }

    private static DhcpMessage Discover() => new()
    {
        Op = 1,
        HardwareAddress = [2, 0, 0, 0, 0, 1],
        TransactionId = 5,
        Flags = 0x8000,
        Options =
        [
            KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(57, [5, 192]),
            KeyValuePair.Create<byte, byte[]>(55,
                [1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59,
                60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135]),
            KeyValuePair.Create<byte, byte[]>(97, [0, .. new byte[16]]), KeyValuePair.Create<byte, byte[]>(94, [1, 3, 0]),
            KeyValuePair.Create<byte, byte[]>(93, [0, 7]),
            KeyValuePair.Create<byte, byte[]>(60, "PXEClient:Arch:00007:UNDI:003000"u8.ToArray()),
        ],
    };

    private static CatalogSnapshot Catalog()
    {
        var content = Path.Combine(Repository.Root, "content", "anvil");
        var pack = ContentPack.Read("anvil", Directory.EnumerateFiles(content, "*", SearchOption.AllDirectories)
            .Select(f => new ContentFile(Path.GetRelativePath(content, f), File.ReadAllText(f, Encoding.UTF8))));
        return new CatalogSnapshot(1, pack.Append(new Subnet
        {
            Name = "net",
            Network = "10.0.0.0/24",
            Enabled = true,
            ActiveStart = "10.0.0.10",
            ActiveEnd = "10.0.0.200",
            ActiveLeaseTime = 600,
            ReservedLeaseTime = 7200,
            Strategy = "MAC",
            Pickers = ["hint", "nextFree", "mostExpired"],
            Options = [new DhcpOptionSetting(1, "255.255.255.0"), new DhcpOptionSetting(3, "10.0.0.254"),
                new DhcpOptionSetting(6, "10.0.0.2")],
        }));
    }

    private static Machine Known() => new()
    {
        Uuid = "aaaaaaaa-0000-4000-8000-000000000001",
        Name = "m1",
        HardwareAddrs = [Mac],
        Address = "10.0.0.10",
        BootEnv = "debian-13-install",
        Stage = "none",
        Arch = "amd64",
        Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["debian/mirror"] = Json.Element("http://10.0.0.2/debian"),
            ["rack/place"] = Json.Element("r7/u12"),
        },
        Validated = true,
        Available = true,
    };
}
