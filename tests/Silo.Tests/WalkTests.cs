using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Diagnostics;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests;

/// <summary>
/// The walk through the house, by traces: which files a packet, a registration, a change and a list pass through, floor by floor. What it
/// prints is what
/// docs/concepts.md draws.
/// </summary>
public sealed class WalkTests(SingleSilo silo, ITestOutputHelper output) : IClassFixture<SingleSilo>
{
    private static readonly string[] Floors = ["Gateway", "Objects", "Edge", "Grains", "Storage"];

    [Fact]
    public async Task ADhcpPacketAsksOneGrainAndItsLeases()
    {
        await silo.CallAsync("POST", "subnets",
            """{"Name":"walk","Subnet":"10.66.0.0/24","Enabled":true,"ActiveStart":"10.66.0.10","ActiveEnd":"10.66.0.99"}""");
        async Task<DhcpMessage> AskAsync(DhcpMessageType type, uint address)
        {
            var packet = new DhcpMessage
            {
                Op = 1,
                HardwareAddress = [2, 0, 0, 0, 6, 6],
                Options =
                [
                    KeyValuePair.Create<byte, byte[]>(DhcpOption.MessageType, [(byte)type]),
                    KeyValuePair.Create(DhcpOption.RequestedAddress, IPv4.ToIPAddress(address).GetAddressBytes()),
                ],
            };
            var arrival = new DhcpArrival(packet, [IPv4.Parse("10.66.0.1")], 0, 68, IsBinl: false);
            var outcome = await silo.Service<DhcpHandler>().HandleAsync(arrival, CancellationToken.None);
            return outcome.Departure!.Message;
        }

        DhcpMessage offer = null!;
        var asked = await WalkAsync("a DISCOVER", async () => offer = await AskAsync(DhcpMessageType.Discover, 0));
        Assert.Equal(["Edge", "Grains"], FloorsOf(asked));
        var files = await WalkAsync("a REQUEST",
            async () => Assert.Equal(DhcpMessageType.Ack, (await AskAsync(DhcpMessageType.Request, offer.YourAddress)).Type));
        Assert.Equal(["Edge", "Grains", "Storage"], FloorsOf(files));
        Assert.Contains("src/Edge/Dhcp/DhcpHandler.cs", files);
        Assert.Contains("src/Grains/Subnets/SubnetGrain.cs", files);
        Assert.DoesNotContain(files, f => f.StartsWith("src/Grains/Machines", StringComparison.Ordinal));
        // Where there is a subnet, who registers from loopback has an address that nobody leased.
        await silo.OkAsync("DELETE", "subnets/walk");
    }

    [Fact]
    public async Task ARegistrationGoesFromTheGatewayToTheMachinesGrain()
    {
        using var http = new HttpClient();
        var config = JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{silo.FilePort}/sledgehammer/agent.json"))!;
        using var stranger = silo.Client(config["Token"]!.ToString());
        var files = await WalkAsync("a registration", async () =>
        {
            var (status, made) = await silo.CallAsync("POST", "machines",
                """{"Name":"walk-in","HardwareAddrs":["02:00:00:00:66:01"]}""", stranger);
            Assert.True(status == HttpStatusCode.Created, $"{status} {made}");
        });
        Assert.Equal(["Gateway", "Objects", "Grains", "Storage"], FloorsOf(files));
        Assert.Contains("src/Objects/Kinds/MachineObjects.cs", files);
        Assert.Contains("src/Storage/Sqlite/SqliteGrainStorage.cs", files);
        Assert.Contains("src/Grains/Machines/MachineStore.cs", files);
    }

    [Fact]
    public async Task AChangeOfAProfileGoesToTheCatalogsGrain()
    {
        await silo.CallAsync("POST", "profiles", """{"Name":"walk-profile"}""");
        var files = await WalkAsync("a PATCH of a profile", async () =>
            Assert.Equal(HttpStatusCode.OK,
                (await silo.CallAsync("PATCH", "profiles/walk-profile",
                    """[{"op":"replace","path":"/Description","value":"walked"}]""")).Status));
        Assert.Equal(["Gateway", "Objects", "Grains", "Storage"], FloorsOf(files));
        Assert.Contains("src/Grains/Catalog/CatalogGrain.cs", files);
        Assert.Contains("src/Storage/CatalogStore.cs", files);
    }

    [Fact]
    public async Task AListOfMachinesAsksNoGrain()
    {
        var files = await WalkAsync("a list of machines",
            async () => Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines?sort=Name&limit=5")).Status));
        Assert.Equal(["Gateway", "Objects", "Storage"], FloorsOf(files));
    }

    private static IEnumerable<string> FloorsOf(IEnumerable<string> files)
        => files.Select(f => f.Split('/')[1]).Distinct(StringComparer.Ordinal).OrderBy(f => Array.IndexOf(Floors, f));

    /// <summary>
    /// Does something within a trace of its own, and gives the files that its spans name, in the order of their beginnings.
    /// </summary>
    private async Task<IReadOnlyList<string>> WalkAsync(string what, Func<Task> act)
    {
        var (begun, spans) = (new ConcurrentQueue<Activity>(), new ConcurrentQueue<Activity>());
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is AnvilDiagnostics.Name or "Microsoft.Orleans.Application" or "Microsoft.AspNetCore"
                or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = begun.Enqueue,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        // Others in the process trace as well: this walk is known by its own id.
        using var walk = new Activity("walk") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C)
            .Start();
        await act();
        walk.Stop();
        // An answer is there a moment before the span ends that sent it.
        int Of(IEnumerable<Activity> all) => all.Count(s => s.TraceId == walk.TraceId);
        await Wait.UntilAsync(() => Task.FromResult(Of(spans) == Of(begun)), TimeSpan.FromSeconds(30),
            () => $"{Of(begun) - Of(spans)} spans do not end");
        List<string> files =
        [
            .. spans.Where(s => s.TraceId == walk.TraceId).OrderBy(s => s.StartTimeUtc)
            .Select(s => s.GetTagItem("code.file.path") as string).OfType<string>().Distinct(StringComparer.Ordinal),
        ];
        output.WriteLine($"{what}:");
        foreach (var file in files) output.WriteLine("  " + file);
        // What the traces do not say is not drawn, and what they say is.
        Assert.Equal(Drawn(what).Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
        return files;
    }

    /// <summary>The files of a walk in docs/concepts.md.</summary>
    private static IEnumerable<string> Drawn(string what)
        => File.ReadLines(Path.Combine(Repository.Root, "docs", "concepts.md")).SkipWhile(l => l != what + ":").Skip(1)
            .TakeWhile(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ')[0]);
}
