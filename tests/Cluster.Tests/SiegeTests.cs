using System.Text.Json.Nodes;
using Anvil.Swarm;

namespace Anvil.Cluster.Tests;

/// <summary>
/// Honest machines do a whole boot, from their first packet to rest, beside an attack from their own link: each comes to rest with a
/// firmware's patience, and the silo's memory and database stay within bounds. What a step took beside the attack is said beside its
/// quiet time.
/// </summary>
[Collection(Alone.Name)]
public sealed class SiegeTests(ITestOutputHelper output)
{
    private const int Machines = 8;

    /// <summary>What the silo may have had in memory after an attack, in octets.</summary>
    private const long MostMemory = 1L << 30;

    /// <summary>What its database may have grown by, the log of writes included, in octets.</summary>
    private const long MostGrowth = 128L << 20;

    private static readonly string[] Kinds =
        ["strangers", "relays", "forged", "transfers", "misses", "passwords", "connections", "registrations"];

    /// <summary>All attacks at once.</summary>
    [Fact]
    public Task MachinesBootBesideEveryAttackAtOnce() => BesideAsync(5000, Kinds);

    /// <summary>One attack after another.</summary>
    [Theory(Explicit = true)]
    [InlineData("strangers", 20_000)]
    [InlineData("relays", 30_000)]
    [InlineData("forged", 4000)]
    [InlineData("transfers", 1200)]
    [InlineData("misses", 10_000)]
    [InlineData("passwords", 500)]
    [InlineData("connections", 2500)]
    [InlineData("registrations", 200)]
    public Task MachinesBootBesideAnAttack(string kind, int requests) => BesideAsync(requests, kind);

    private async Task BesideAsync(int requests, params string[] kinds)
    {
        await using var alone = await SwarmCluster.StartAloneAsync(leaseSeconds: 600);
        alone.Keep = true;
        await alone.Api.PostAsync("prefs", new JsonObject { ["registration"] = "open" });
        foreach (var seed in new[] { 1, 2 })
        {
            foreach (var mac in Macs(seed))
                await alone.Api.PostAsync("machines", new JsonObject
                {
                    ["Name"] = "honest-" + mac.Replace(':', '-'),
                    ["HardwareAddrs"] = new JsonArray(mac),
                    ["Workflow"] = "swarm",
                });
        }

        var quiet = await BootAsync(alone, 1);
        var host = alone.AddHost("stranger", 251);
        string[] addresses = [.. Enumerable.Range(0, 20).Select(i => $"10.77.1.{1 + i}")];
        foreach (var address in addresses) Commands.Run("ip", "-n", host.Namespace, "addr", "add", $"{address}/16", "dev", host.Interface);
        var size = DatabaseSize(alone);
        var log = Path.Combine(alone.Folder, "attack.log");
        await using (var attack = new Attack(host, addresses, alone.Servers.Address, Macs(2), log, kinds))
        {
            await attack.GoesOnAsync(requests);
            var beside = await BootAsync(alone, 2);
            foreach (var (step, median) in beside.MedianWaits.OrderBy(w => w.Key, StringComparer.Ordinal))
                output.WriteLine($"{string.Join('+', kinds)} {step}: quiet {quiet.MedianWaits.GetValueOrDefault(step)} s, "
                    + $"beside {median} s, longest {quiet.LongestWaits.GetValueOrDefault(step)} and {beside.LongestWaits[step]} s");
            output.WriteLine($"all at rest: quiet {quiet.Seconds:F1} s, beside {beside.Seconds:F1} s");
            // It went on all the while.
            await attack.GoesOnAsync(1);
            output.WriteLine($"{attack.Sent} requests of the attacker");
        }

        Assert.True(alone.Servers.Silos[0].IsRunning, "the silo ended");
        var (memory, grown) = (PeakMemory.Of(alone.Servers.Silos[0].Id), DatabaseSize(alone) - size);
        output.WriteLine($"memory {memory >> 20} MiB at most; the database grew by {grown >> 20} MiB");
        Assert.True(memory <= MostMemory, $"the silo had {memory >> 20} MiB");
        Assert.True(grown <= MostGrowth, $"the database grew by {grown >> 20} MiB");
        alone.Keep = false;
    }

    private static async Task<SwarmReport> BootAsync(SwarmCluster alone, int seed)
    {
        alone.StartSwarm(Machines, seed, ramp: 1);
        await alone.RestAsync(Machines);
        var report = await alone.EndSwarmAsync();
        Assert.Equal(Machines, report.Done);
        Assert.Empty(report.Doubles);
        Assert.Empty(report.GaveUp);
        Assert.Empty(report.Lost);
        return report;
    }

    /// <summary>MAC addresses of a swarm's machines, as its seed makes them.</summary>
    private static IReadOnlyList<string> Macs(int seed)
    {
        var prefix = (byte)new Random(seed).Next(256);
        return [.. Enumerable.Range(0, Machines).Select(i => $"02:5a:{prefix:x2}:00:00:{i:x2}")];
    }

    private static long DatabaseSize(SwarmCluster alone) => Directory.GetFiles(Path.Combine(alone.Folder, "silo"), "anvil.db*")
        .Sum(f => new FileInfo(f).Length);
}
