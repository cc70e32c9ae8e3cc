using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Packets;

/// <summary>What a packet waits for, and what it sees of what was written just before.</summary>
public abstract class PacketTests(WatchedSilos silos)
{
    private const string NetBoot = "ipxe.efi";
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task WhatAClientWasToldIsDoneHoldsForTheNextPacketOfEveryEdge()
    {
        await PrepareAsync(21, "next");
        for (var i = 0; i < 15; i++)
        {
            // Not known: discovery boots it. Known and meant for its disk: nothing does. Deleted: discovery again.
            var mac = new byte[] { 2, 0, 0, 0, 21, (byte)i };
            foreach (var edge in silos.Edges) Assert.Equal(NetBoot, await BootsAsync(edge, mac));
            var uuid = await MakeAsync($"next-{i}", mac);
            foreach (var edge in silos.Edges) Assert.Equal("", await BootsAsync(edge, mac));
            foreach (var env in new[] { "sledgehammer", "local", "sledgehammer" })
            {
                await PatchAsync(uuid, env);
                foreach (var edge in silos.Edges) Assert.Equal(env == "local" ? "" : NetBoot, await BootsAsync(edge, mac));
            }

            await PatchAsync(uuid, "local");
            foreach (var edge in silos.Edges) Assert.Equal("", await BootsAsync(edge, mac));
            Assert.Equal(HttpStatusCode.OK, (await silos.CallAsync("DELETE", $"machines/{uuid}")).Status);
            foreach (var edge in silos.Edges) Assert.Equal(NetBoot, await BootsAsync(edge, mac));
        }
    }

    [Fact]
    public async Task AnAddressThatMovesToAnotherMachineIsTheOthersForTheNextPacket()
    {
        await PrepareAsync(22, "moved");
        var mac = new byte[] { 2, 0, 0, 0, 22, 1 };
        var text = string.Join(':', mac.Select(b => $"{b:x2}"));
        var from = await MakeAsync("moved-from", mac);
        var to = (await silos.CallAsync("POST", "machines", """{"Name":"moved-to","BootEnv":"sledgehammer"}""")).Body!["Uuid"]!.ToString();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK,
                (await silos.CallAsync("PATCH", $"machines/{from}", """[{"op":"replace","path":"/HardwareAddrs","value":[]}]""")).Status);
            Assert.Equal(HttpStatusCode.OK,
                (await silos.CallAsync("PATCH", $"machines/{to}",
                    $$"""[{"op":"replace","path":"/HardwareAddrs","value":["{{text}}"]}]""")).Status);
            foreach (var edge in silos.Edges) Assert.Equal(NetBoot, await BootsAsync(edge, mac));
            Assert.Equal(HttpStatusCode.OK,
                (await silos.CallAsync("PATCH", $"machines/{to}", """[{"op":"replace","path":"/HardwareAddrs","value":[]}]""")).Status);
            Assert.Equal(HttpStatusCode.OK,
                (await silos.CallAsync("PATCH", $"machines/{from}",
                    $$"""[{"op":"replace","path":"/HardwareAddrs","value":["{{text}}"]}]""")).Status);
            foreach (var edge in silos.Edges) Assert.Equal("", await BootsAsync(edge, mac));
        }
    }

    [Fact]
    public async Task APacketWaitsForTheLeaseAndForNothingElse()
    {
        await PrepareAsync(23, "alone");
        var mac = new byte[] { 2, 0, 0, 0, 23, 1 };
        var uuid = await MakeAsync("alone-1", mac, "sledgehammer");
        await Wait.UntilAsync(() => Task.FromResult(silos.Watch.AllSightingsAreIn), Soon, () => "sightings of other tests are left");
        silos.Watch.HoldSightings();
        var told = silos.Watch.Count("Sighted");
        try
        {
            foreach (var edge in silos.Edges)
            {
                // A packet is tried again when the machine under the test was so slow that the edge had to ask.
                for (var attempt = 1; ; attempt++)
                {
                    await Wait.UntilAsync(() => Task.FromResult(!Machines(edge).IsBehind), Soon, () => "the edge's view stays old");
                    var (reads, handled, queries) = (silos.Watch.Count("Get") + silos.Watch.Count("Read"), silos.Watch.Count("Handle"),
                        silos.Watch.Queries.Values.Sum());
                    var offer = await AnswerAsync(edge, mac, DhcpMessageType.Discover);
                    Assert.Equal((DhcpMessageType.Offer, NetBoot), (offer.Type, offer.File));
                    var ack = await AnswerAsync(edge, mac, DhcpMessageType.Request, offer.YourAddress);
                    Assert.Equal((DhcpMessageType.Ack, offer.YourAddress), (ack.Type, ack.YourAddress));
                    var asked = (silos.Watch.Count("Get") + silos.Watch.Count("Read") - reads, silos.Watch.Queries.Values.Sum() - queries);
                    if (asked != (0, 0) && attempt < 5) continue;
                    Assert.Equal((0, 0), asked);
                    Assert.Equal(2, silos.Watch.Count("Handle") - handled);
                    break;
                }
            }

            Assert.Equal(told, silos.Watch.Count("Sighted"));
        }
        finally
        {
            silos.Watch.ReleaseSightings();
        }

        JsonNode? machine = null;
        await Wait.UntilAsync(
            async () =>
            {
                machine = (await silos.CallAsync("GET", $"machines/{uuid}")).Body;
                return machine?["Address"]?.ToString() is { Length: > 0 } && machine["Boot"]!["Via"]!.ToString() == NetBoot;
            }, Soon, () => $"the machine was not told that it was seen: {machine?.ToJsonString()}");
    }

    [Fact]
    public async Task WhereTheFeedIsBehindTheMachinesGrainIsAsked()
    {
        await PrepareAsync(24, "behind");
        var mac = new byte[] { 2, 0, 0, 0, 24, 1 };
        var stranger = new byte[] { 2, 0, 0, 0, 24, 2 };
        var uuid = await MakeAsync("behind-1", mac);
        foreach (var edge in silos.Edges) Assert.Equal("", await BootsAsync(edge, mac));
        silos.Watch.HoldFeed(true);
        silos.Watch.Silence(true);
        try
        {
            foreach (var edge in silos.Edges)
                await Wait.UntilAsync(() => Task.FromResult(Machines(edge).IsBehind), Soon,
                    () => "the edge does not notice that its view is old");
            await PatchAsync(uuid, "sledgehammer");
            await MakeAsync("behind-2", stranger);
            foreach (var edge in silos.Edges)
            {
                Assert.Equal(NetBoot, await BootsAsync(edge, mac));
                Assert.Equal("", await BootsAsync(edge, stranger));
            }
        }
        finally
        {
            silos.Watch.HoldFeed(false);
        }

        try
        {
            // What nobody tells is found, too: within a second, or the edge knows that it is behind.
            foreach (var edge in silos.Edges)
                await Wait.UntilAsync(() => Task.FromResult(!Machines(edge).IsBehind), Soon, () => "the edge does not come back");
            await PatchAsync(uuid, "local");
            foreach (var edge in silos.Edges)
                await Wait.UntilAsync(async () => await BootsAsync(edge, mac) == "", Soon, () => "the edge does not read what changed");
            Assert.Equal(HttpStatusCode.OK, (await silos.CallAsync("DELETE", $"machines/{uuid}")).Status);
            foreach (var edge in silos.Edges)
                await Wait.UntilAsync(async () => await BootsAsync(edge, mac) == NetBoot, Soon,
                    () => "the edge does not read what was deleted");
        }
        finally
        {
            silos.Watch.Silence(false);
        }
    }

    [Fact]
    public async Task ATokenIsRenderedAfterTheSightingThatVoidsOlderOnes()
    {
        await PrepareAsync(25, "token");
        var mac = new byte[] { 2, 0, 0, 0, 25, 1 };
        var uuid = await MakeAsync("token-1", mac, "sledgehammer");
        var edge = silos.Edges[0];
        for (var boot = 0; boot < 3; boot++)
        {
            silos.Watch.HoldSightings();
            try
            {
                var offer = await AnswerAsync(edge, mac, DhcpMessageType.Discover);
                await AnswerAsync(edge, mac, DhcpMessageType.Request, offer.YourAddress);
                var asked = silos.Watch.Count("WhoHas");
                var file = silos.Silos[edge].Services.GetRequiredService<BootFileResolver>()
                    .ResolveAsync("sledgehammer/agent.json", IPv4.ToIPAddress(offer.YourAddress), IPAddress.Loopback, "http",
                        isRead: true);
                await Wait.UntilAsync(() => Task.FromResult(silos.Watch.Count("WhoHas") > asked), Soon,
                    () => "the subnet is not asked who has the address");
                silos.Watch.ReleaseSightings();
                var agent = JsonNode.Parse(Encoding.UTF8.GetString((await file)!.Rendered!))!;
                await Wait.UntilAsync(() => Task.FromResult(silos.Watch.AllSightingsAreIn), Soon, () => "sightings are left");
                using var agents =
                    silos.Client(agent.AsObject().Select(p => p.Value!.ToString())
                        .Single(v => v.StartsWith("ey", StringComparison.Ordinal)));
                Assert.Equal(HttpStatusCode.OK, (await silos.CallAsync("GET", $"machines/{uuid}", client: agents)).Status);
            }
            finally
            {
                silos.Watch.ReleaseSightings();
            }
        }
    }

    [Fact]
    public async Task ADiscoverThatBootsFromDiskIsNotedAsThat()
    {
        await PrepareAsync(26, "disk");
        var mac = new byte[] { 2, 0, 0, 0, 26, 1 };
        await MakeAsync("disk-1", mac);
        var before = silos.Watch.Sightings.Count;
        await AnswerAsync(silos.Edges[0], mac, DhcpMessageType.Discover);
        await Wait.UntilAsync(() => Task.FromResult(silos.Watch.Sightings.Skip(before).Any(s => s.What == SightingKind.Disk)), Soon,
            () => "seen: " + string.Join(", ", silos.Watch.Sightings));
        Assert.DoesNotContain(silos.Watch.Sightings.Skip(before), s => s.What == SightingKind.Script);
    }

    private async Task PrepareAsync(byte net, string name)
    {
        var (status, body) = await silos.CallAsync("POST", "subnets",
            $$"""
            {"Name":"{{name}}","Subnet":"10.{{net}}.0.0/24","Enabled":true,"ActiveStart":"10.{{net}}.0.10",
            "ActiveEnd":"10.{{net}}.0.200","ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        Assert.True(status == HttpStatusCode.Created, body?.ToJsonString());
        foreach (var edge in silos.Edges)
        {
            var catalog = silos.Silos[edge].Services.GetRequiredService<ICatalog>();
            await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey(name)), Soon,
                () => "an edge does not see the subnet");
            await Wait.UntilAsync(() => Task.FromResult(!Machines(edge).IsBehind), Soon, () => "an edge's view stays old");
        }
    }

    private KnownMachines Machines(int edge) => silos.Silos[edge].Services.GetRequiredService<KnownMachines>();

    private async Task<string> MakeAsync(string name, byte[] mac, string env = "local")
    {
        var (status, body) = await silos.CallAsync("POST", "machines",
            $$"""{"Name":"{{name}}","BootEnv":"{{env}}","HardwareAddrs":["{{string.Join(':', mac.Select(b => $"{b:x2}"))}}"]}""");
        Assert.True(status == HttpStatusCode.Created, body?.ToJsonString());
        return body!["Uuid"]!.ToString();
    }

    private async Task PatchAsync(string uuid, string env)
    {
        var (status, body) = await silos.CallAsync("PATCH", $"machines/{uuid}",
            $$"""[{"op":"replace","path":"/BootEnv","value":"{{env}}"}]""");
        Assert.True(status == HttpStatusCode.OK, body?.ToJsonString());
    }

    /// <summary>The boot file that an edge offers; "" for none.</summary>
    private async Task<string> BootsAsync(int edge, byte[] mac) => (await AnswerAsync(edge, mac, DhcpMessageType.Discover)).File;

    private async Task<DhcpMessage> AnswerAsync(int edge, byte[] mac, DhcpMessageType type, uint wanted = 0)
    {
        var options = new List<KeyValuePair<byte, byte[]>>
        {
            KeyValuePair.Create((byte)53, new[] { (byte)type }),
            KeyValuePair.Create((byte)60, "PXEClient:Arch:00007:UNDI:003001"u8.ToArray()),
            KeyValuePair.Create((byte)93, new byte[] { 0, 7 }),
        };
        if (wanted != 0)
            options.Add(KeyValuePair.Create((byte)50,
                new[] { (byte)(wanted >> 24), (byte)(wanted >> 16), (byte)(wanted >> 8), (byte)wanted }));
        var arrival = new DhcpArrival(
            new DhcpMessage { Op = 1, HardwareAddress = mac, TransactionId = 5, Flags = 0x8000, Options = options },
            [IPv4.Parse($"10.{mac[4]}.0.1")], 0, 68, IsBinl: false);
        var outcome = await silos.Silos[edge].Services.GetRequiredService<DhcpHandler>().HandleAsync(arrival, CancellationToken.None);
        return outcome.Departure?.Message ?? throw new SetupException($"no answer: {outcome.Drop}");
    }
}

/// <summary>Packets of one silo on SQLite.</summary>
public sealed class SinglePacketTests(WatchedSilo silo) : PacketTests(silo), IClassFixture<WatchedSilo>;

/// <summary>Packets of a cluster with two edges on PostgreSQL.</summary>
public sealed class ClusterPacketTests(WatchedCluster silos) : PacketTests(silos), IClassFixture<WatchedCluster>;
