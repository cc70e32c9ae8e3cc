using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Anvil.Silo.Tests;

/// <summary>A cluster that sends its traces and metrics to a receiver.</summary>
public sealed class ObservedCluster(PostgresFixture postgres) : SiloFixture
{
    public OtlpReceiver Receiver { get; private set; } = null!;

    protected override async Task StartAsync()
    {
        Receiver = await OtlpReceiver.StartAsync();
        var database = await postgres.Server.CreateDatabaseAsync();
        string[] shared =
        [
            $"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1", $"--OTEL_EXPORTER_OTLP_ENDPOINT={Receiver.Url}",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "--OTEL_BSP_SCHEDULE_DELAY=200", "--OTEL_METRIC_EXPORT_INTERVAL=500",
        ];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", $"--Edge:ApiPort={ApiPort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FilePort}",
            $"--Edge:TftpPort={TftpPort}"]);
    }
}

/// <summary>What people see of a running cluster: traces, metrics, the dashboard, health, and where grains are.</summary>
public sealed class ObservationTests(ObservedCluster silos) : IClassFixture<ObservedCluster>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task OneTraceFollowsABootFromThePacketThroughTheGrainsToTheSql()
    {
        await PrepareAsync("10.8.0.0/24", "traced", "02:00:00:00:08:01");
        // Other silos of the process trace packets as well: this one's trace is known by the id of what it began in.
        using var packet = new Activity("packet") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C)
            .Start();
        var trace = packet.TraceId.ToHexString();
        var handler = silos.Silos[2].Services.GetRequiredService<DhcpHandler>();
        var offer = (await handler.HandleAsync(Discover(0x08), CancellationToken.None)).Departure;
        Assert.Equal(DhcpMessageType.Offer, offer!.Message.Type);
        // An offer waits for no database; a lease does.
        var request = Packet(0x08, DhcpMessageType.Request,
            KeyValuePair.Create(DhcpOption.RequestedAddress, IPv4.ToIPAddress(offer.Message.YourAddress).GetAddressBytes()));
        Assert.Equal(DhcpMessageType.Ack, (await handler.HandleAsync(request, CancellationToken.None)).Departure!.Message.Type);
        packet.Stop();
        string? missing = null;
        await Wait.UntilAsync(
            () =>
            {
                var spans = silos.Receiver.Spans.ToList();
                missing = spans.Where(s => s.Name == "DHCP DISCOVER" && s.Trace == trace).Select(root => Missing(spans, root))
                    .FirstOrDefault("no span DHCP DISCOVER came");
                return Task.FromResult(missing is null);
            }, Soon, () => missing + "; there are: "
                + string.Join(", ",
                    silos.Receiver.Spans.Select(s => s.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));
        await Wait.UntilAsync(
            () => Task.FromResult(
                silos.Receiver.Metrics.ContainsKey("anvil.dhcp.messages")
                    && silos.Receiver.Metrics.Keys.Any(m => m.StartsWith("orleans-", StringComparison.Ordinal))), Soon,
            () => "no metrics came: " + string.Join(", ", silos.Receiver.Metrics.Keys.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task MachinesAreOnCoresAndSubnetsOnEdges()
    {
        await PrepareAsync("10.10.0.0/24", "placed", "02:00:00:00:0a:01");
        await silos.Silos[2].Services.GetRequiredService<DhcpHandler>().HandleAsync(Discover(0x0a), CancellationToken.None);
        var statistics = await silos.Service<IGrainFactory>().GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        SiloAddress Of(int silo) => silos.Silos[silo].Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        Assert.All(statistics.Where(s => s.GrainId.ToString().Contains("/m-", StringComparison.Ordinal)),
            s => Assert.Equal(Of(1), s.SiloAddress));
        Assert.All(statistics.Where(s => s.GrainId.ToString().Contains("/s-", StringComparison.Ordinal)),
            s => Assert.Equal(Of(2), s.SiloAddress));
        Assert.Contains(statistics, s => s.GrainId.ToString().Contains("/m-", StringComparison.Ordinal));
        Assert.Contains(statistics, s => s.GrainId.ToString().Contains("/s-placed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheDashboardShowsEverySiloToWhoMayLook()
    {
        using var nobody = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await nobody.GetAsync($"http://127.0.0.1:{silos.ApiPort}/dashboard/DashboardCounters")).StatusCode);
        JsonNode? counters = null;
        await Wait.UntilAsync(
            async () =>
            {
                counters = JsonNode.Parse(
                    await silos.Http.GetStringAsync($"http://127.0.0.1:{silos.ApiPort}/dashboard/DashboardCounters"));
                return (counters!["hosts"] as JsonArray)?.Count == 3;
            }, Soon, () => $"the dashboard does not show three silos: {counters?.ToJsonString()[..400]}");
        foreach (var page in new[] { "", "ClusterStats", "TopGrainMethods", "Reminders", "GrainTypes" })
        {
            using var response = await silos.Http.GetAsync($"http://127.0.0.1:{silos.ApiPort}/dashboard/{page}");
            Assert.True(response.IsSuccessStatusCode, $"{page}: {response.StatusCode}");
        }

        Assert.Equal(HttpStatusCode.Forbidden,
            (await silos.Http.GetAsync($"http://127.0.0.1:{silos.ApiPort}/dashboard/GrainState?grainId=x&grainType=y")).StatusCode);
    }

    [Fact]
    public async Task EverySiloTellsThatItLivesAndThatItIsReady()
    {
        foreach (var silo in silos.Silos)
        {
            var port = new Uri(silo.Urls.First(u => u.StartsWith("https", StringComparison.Ordinal))).Port;
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            Assert.Equal("alive\n", await http.GetStringAsync("/healthz"));
            var ready = JsonNode.Parse(await http.GetStringAsync("/readyz"))!;
            Assert.True(ready["Ready"]!.GetValue<bool>());
            Assert.Equal(["draining", "cluster", "catalog", "database"],
                ((JsonArray)ready["Checks"]!).Select(c => c!["Name"]!.ToString()));
        }
    }

    [Fact]
    public async Task AnEdgeAnswersMachinesAndSendsPeopleToAGateway()
    {
        var port = new Uri(silos.Silos[2].Urls.First(u => !u.EndsWith($":{silos.FilePort}", StringComparison.Ordinal))).Port;
        using var http = silos.Client("rocketskates", SiloFixture.Password);
        var body = JsonNode.Parse(await (await http.GetAsync($"http://127.0.0.1:{port}/api/v3/machines")).Content.ReadAsStringAsync())!;
        Assert.Equal((403, "this is an edge, which answers machines only; ask a gateway"),
            (body["Code"]!.GetValue<int>(), body["Messages"]![0]!.ToString()));
        var core = new Uri(silos.Silos[1].Urls.First()).Port;
        using var nobody = new HttpClient();
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync($"http://127.0.0.1:{core}/api/v3/machines")).StatusCode);
    }

    private async Task PrepareAsync(string subnet, string name, string mac)
    {
        var prefix = subnet[..subnet.LastIndexOf('.')];
        Assert.Equal(HttpStatusCode.Created,
            (await silos.CallAsync("POST", "subnets",
                $$"""
                {"Name":"{{name}}","Subnet":"{{subnet}}","Enabled":true,"ActiveStart":"{{prefix}}.10",
                "ActiveEnd":"{{prefix}}.200","ActiveLeaseTime":600,"ReservedLeaseTime":7200}
                """)).Status);
        Assert.Equal(HttpStatusCode.Created,
            (await silos.CallAsync("POST", "machines",
                $$"""{"Name":"{{name}}","BootEnv":"sledgehammer","HardwareAddrs":["{{mac}}"]}""")).Status);
        var catalog = silos.Silos[2].Services.GetRequiredService<ICatalog>();
        await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey(name)), Soon,
            () => "the edge does not see the subnet");
    }

    /// <summary>A firmware's DISCOVER on the interface with the address .1 of a test's subnet.</summary>
    private static DhcpArrival Discover(byte net) => Packet(net, DhcpMessageType.Discover);

    /// <summary>A packet of the same.</summary>
    private static DhcpArrival Packet(byte net, DhcpMessageType type, params IReadOnlyList<KeyValuePair<byte, byte[]>> more) => new(
        new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, net, 1],
            TransactionId = 5,
            Flags = 0x8000,
            Options = [KeyValuePair.Create((byte)53, new[] { (byte)type }), .. more,
                KeyValuePair.Create((byte)60, "PXEClient:Arch:00007:UNDI:003001"u8.ToArray()),
                KeyValuePair.Create((byte)93, new byte[] { 0, 7 })],
        }, [IPv4.Parse($"10.{net}.0.1")], 0, 68, IsBinl: false);

    /// <summary>What a trace lacks; null when it has the subnet's grain, the machine's grain, its storage and SQL below them.</summary>
    private static string? Missing(List<ReceivedSpan> spans, ReceivedSpan root)
    {
        var trace = spans.Where(s => s.Trace == root.Trace).DistinctBy(s => s.Id).ToDictionary(s => s.Id, StringComparer.Ordinal);
        bool Below(ReceivedSpan span, Func<ReceivedSpan, bool> ancestor)
        {
            for (var at = span; trace.TryGetValue(at.Parent, out var parent); at = parent)
            {
                if (ancestor(parent)) return true;
            }

            return false;
        }

        bool IsSql(ReceivedSpan s)
            => s.Name.Contains("anvil", StringComparison.OrdinalIgnoreCase)
                || s.Name.Contains("postgres", StringComparison.OrdinalIgnoreCase);
        bool Grain(ReceivedSpan s, string name) => s.Name.Contains(name, StringComparison.Ordinal);
        if (!trace.Values.Any(s => Grain(s, "Handle") && Below(s, a => a == root)))
            return "no call of the subnet's grain below the packet";
        if (!trace.Values.Any(s => Grain(s, "Sighted") && Below(s, a => a == root)))
            return "no call of the machine's grain below the packet";
        if (!trace.Values.Any(s => IsSql(s) && Below(s, a => Grain(a, "Handle")))) return "no SQL below the subnet's grain";
        return trace.Values.Any(s => IsSql(s) && Below(s, a => Grain(a, "Sighted"))) ? null : "no SQL below the machine's grain";
    }
}
