using System.Text.Json.Nodes;
using Anvil.Lab;
using Anvil.Provisioning.Network;

namespace Anvil.Cluster.Tests;

/// <summary>Single failures, looked at closely.</summary>
public sealed class FailureTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task OfTwoEdgesOnOneSubnetEitherMayDie()
    {
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 120);
        cluster.Keep = true;
        var edges = cluster.Servers.Of("edge");
        var answered = new List<string>();
        foreach (var dead in edges)
        {
            await dead.KillAsync();
            // The very next packet: nobody has noticed the death yet.
            var (address, server) = Lease(cluster, $"02:00:00:00:0f:{answered.Count:x2}");
            output.WriteLine($"{dead.Name} is dead: {server} gave {address}");
            Assert.Equal(edges.Single(e => e != dead).Host.MachineAddress, server);
            answered.Add(address);
            await dead.StartAsync();
        }

        Assert.Equal(2, answered.Distinct(StringComparer.Ordinal).Count());
        // Both alive: both answer a DISCOVER, and what they offer is one address.
        var offers = Offers(cluster, "02:00:00:00:0f:aa", servers: 2);
        output.WriteLine(string.Join(", ", offers));
        Assert.Equal(2, offers.Select(o => o.Server).Distinct(StringComparer.Ordinal).Count());
        Assert.Single(offers.Select(o => o.Address).Distinct(StringComparer.Ordinal));
        await cluster.AssertNoAddressWasHeldTwiceAsync();
        cluster.Keep = false;
    }

    /// <summary>A script is handed out once it is durable that it was: the document was not written for it.</summary>
    [Fact]
    public async Task WhatAMachineWasSeenDoingOutlivesAllCores()
    {
        const string Mac = "02:00:00:00:0d:01";
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 120);
        cluster.Keep = true;
        var made = await cluster.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "seen",
            ["HardwareAddrs"] = new JsonArray(Mac),
            ["BootEnv"] = "sledgehammer",
        });
        var (address, _) = Lease(cluster, Mac, pxe: true);
        var boot = Boot(cluster, Mac);
        Commands.Run("ip", "netns", "exec", cluster.Namespace, "curl", "-sf", "--interface", address, boot.File);
        var cores = cluster.Servers.Of("core");
        await Task.WhenAll(cores.Select(c => c.KillAsync()));
        await Task.WhenAll(cores.Select(c => c.StartAsync()));
        JsonNode? machine = null;
        await Wait.UntilAsync(async () => (machine = await cluster.Api.GetAsync($"machines/{made["Uuid"]}")) is not null, Soon,
            () => "nobody answers for the machine");
        var seen = machine!["Boot"]!;
        output.WriteLine(seen.ToJsonString());
        Assert.Equal(("Discovering", 0, address),
            (seen["Phase"]!.ToString(), seen["Attempts"]!.GetValue<int>(), machine["Address"]!.ToString()));
        cluster.Keep = false;
    }

    [Fact]
    public async Task WithPostgresAwayForTwoMinutesWhatIsKnownGoesOnAndNewLeasesWait()
    {
        const int Known = 40;
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 200);
        cluster.Keep = true;
        cluster.StartSwarm(Known, seed: 1, ramp: 5);
        await cluster.RestAsync(Known);
        var made = await cluster.Api.PostAsync("machines",
            new JsonObject { ["Name"] = "known", ["HardwareAddrs"] = new JsonArray("02:00:00:00:0e:01"), ["BootEnv"] = "sledgehammer" });
        var (knownAddress, _) = Lease(cluster, "02:00:00:00:0e:01", pxe: true);
        var before = Boot(cluster, "02:00:00:00:0e:01");
        Assert.NotEqual("", before.File);

        await cluster.Servers.Postgres!.KillAsync();
        var away = TimeProvider.System.GetTimestamp();
        // Whoever asks now for the first time gets nothing that is not durable: before anybody has noticed an address may be offered, and
        // is leased to nobody; after that, nothing is.
        if (Offers(cluster, "02:00:00:00:0e:02") is [var (early, from), ..])
            Assert.Empty(Probe(cluster, "renew", "02:00:00:00:0e:02", "--address", early, "--server", from));
        Assert.Empty(Offers(cluster, "02:00:00:00:0e:03"));
        foreach (var edge in cluster.Servers.Of("edge"))
        {
            var renewed = Renew(cluster, "02:00:00:00:0e:01", knownAddress, edge.Host.MachineAddress);
            Assert.True(renewed is > 0 and <= 200, $"{edge.Name}: renewed for {renewed} s");
        }

        var during = Boot(cluster, "02:00:00:00:0e:01");
        Assert.Equal((knownAddress, new Uri(before.File).AbsolutePath), (during.Address, new Uri(during.File).AbsolutePath));
        var script = Commands.Run("ip", "netns", "exec", cluster.Namespace, "curl", "-sf", "--interface", knownAddress, during.File);
        Assert.Contains("sledgehammer", script, StringComparison.Ordinal);
        var ready = Commands.Run("curl", "-s", "--unix-socket", cluster.Servers.Of("gateway")[0].ApiSocket, "http://anvil/readyz");
        output.WriteLine(ready);
        Assert.Contains("\"Name\":\"database\",\"Ok\":false", ready, StringComparison.Ordinal);
        var refused = Commands.Try("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u", $"rocketskates:{SiloProcess.Password}",
            "--unix-socket", cluster.Servers.Of("gateway")[0].ApiSocket, "http://anvil/api/v3/machines");
        Assert.Equal("503", refused.Output);
        await Wait.UntilAsync(() => Task.FromResult(TimeProvider.System.GetElapsedTime(away) >= TimeSpan.FromMinutes(2)),
            TimeSpan.FromMinutes(3), () => "two minutes do not pass");
        foreach (var silo in cluster.Servers.Silos) Assert.True(silo.IsRunning, $"{silo.Name} has ended");

        await cluster.Servers.Postgres.StartAsync();
        await Wait.UntilAsync(() => Task.FromResult(Offers(cluster, "02:00:00:00:0e:02").Count > 0), Soon, () => "new leases still wait");
        await Wait.UntilAsync(
            async () => (await TryAsync(() => cluster.Api.SetAsync($"machines/{made["Uuid"]}", "/Description", "after"))) is not null,
            Soon, () => "machines cannot be written");
        foreach (var silo in cluster.Servers.Silos) await silo.ReadyAsync();
        var report = await cluster.EndSwarmAsync();
        output.WriteLine(
            $"{report.Renewals} renewals; longest waits {string.Join(", ", report.LongestWaits.Select(w => $"{w.Key} {w.Value} s"))}");
        Assert.Equal((Known, 0, 0, 0), (report.Done, report.GaveUp.Count, report.Lost.Count, report.Doubles.Count));
        Assert.True(report.Renewals > 0, "no lease was renewed");
        Assert.Equal(Known + 1, ((JsonArray)(await cluster.Api.GetAsync("machines"))!).Count);
        await cluster.AssertNoAddressWasHeldTwiceAsync();
        cluster.Keep = false;
    }

    private static async Task<JsonNode?> TryAsync(Func<Task<JsonNode>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is SetupException or HttpRequestException)
        {
            return null;
        }
    }

    private static (string Address, string Server) Lease(SwarmCluster cluster, string mac, bool pxe = false)
    {
        var answer = Probe(cluster, "lease", mac, pxe ? ["--pxe"] : []).Single();
        return (answer["Address"]!.ToString(), answer["Server"]!.ToString());
    }

    private static List<(string Address, string Server)> Offers(SwarmCluster cluster, string mac, int servers = 0)
        => [.. Probe(cluster, "offers", mac, "--servers", $"{servers}").Select(o => (o["Address"]!.ToString(), o["Server"]!.ToString()))];

    private static (string Address, string File) Boot(SwarmCluster cluster, string mac)
    {
        var answer = Probe(cluster, "lease", mac, "--ipxe").Single();
        return (answer["Address"]!.ToString(), answer["File"]!.ToString());
    }

    private static int Renew(SwarmCluster cluster, string mac, string address, string server)
        => Probe(cluster, "renew", mac, "--address", address, "--server", server).Single()["Seconds"]!.GetValue<int>();

    /// <summary>One client's DHCP by the swarm's program.</summary>
    private static List<JsonNode> Probe(SwarmCluster cluster, string what, string mac, params string[] further)
    {
        var (code, said, error) = Commands.Try("ip",
            ["netns", "exec", cluster.Namespace, "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"), what, "--interface",
                "eth0", "--mac", mac, .. further]);
        if (code != 0) throw new SetupException($"{what} of {mac}: {error} {said}");
        return [.. ((JsonArray)JsonNode.Parse(said)!).Select(n => n!)];
    }
}
