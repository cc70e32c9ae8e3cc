using System.Diagnostics;

namespace Anvil.Cluster.Tests;

/// <summary>
/// 500 machines go from first packet to registered and local while a random silo is killed every few seconds and started again,
/// and PostgreSQL is restarted twice.
/// </summary>
[Collection(Alone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Machines = 500;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(1)]
    public Task NoMachineIsLostAndNoAddressHeldTwice(int seed) => RunAsync(seed);

    [Theory(Explicit = true)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    public Task NorWithAnotherSeed(int seed) => RunAsync(seed);

    private async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 120, "--Silo:ProbeSeconds=1");
        cluster.Keep = true;
        var clock = Stopwatch.StartNew();
        cluster.StartSwarm(Machines, seed, ramp: 30, minutes: 9, "--until-stdin-ends");
        var kills = new Dictionary<string, int>(StringComparer.Ordinal);
        var restarts = new List<TimeSpan> { TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(50) };
        var allAtRest = false;
        while (!allAtRest || clock.Elapsed < Least)
        {
            await Task.Delay(TimeSpan.FromSeconds(3 + (3 * random.NextDouble())));
            var silo = cluster.Servers.Silos[random.Next(cluster.Servers.Silos.Count)];
            await silo.KillAsync();
            kills[silo.Name] = kills.GetValueOrDefault(silo.Name) + 1;
            if (restarts.Count > 0 && clock.Elapsed > restarts[0])
            {
                restarts.RemoveAt(0);
                await cluster.Servers.Postgres!.KillAsync();
                await cluster.Servers.Postgres.StartAsync();
            }

            silo.Launch();
            // A silo that ended by itself is started again, as its supervisor would.
            foreach (var other in cluster.Servers.Silos.Where(s => !s.IsRunning))
            {
                await other.KillAsync();
                other.Launch();
            }

            var progress = cluster.Progress();
            output.WriteLine($"{clock.Elapsed.TotalSeconds,5:F0} s  killed {silo.Name}; {progress}");
            allAtRest = progress.Contains($"{Machines} at rest", StringComparison.Ordinal);
            Assert.True(cluster.SwarmRuns, $"the swarm ended: {progress}");
            Assert.True(clock.Elapsed < Patience, $"not all machines are at rest after {Patience.TotalMinutes} minutes: {progress}");
        }

        foreach (var silo in cluster.Servers.Silos) await silo.ReadyAsync();
        var report = await cluster.EndSwarmAsync(TimeSpan.FromMinutes(1));
        output.WriteLine($"killed {string.Join(", ", kills.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key} {k.Value}×"))}, PostgreSQL 2×; {report.Boots} boots, {report.Renewals} renewals, {report.Requests} requests, {report.Refused} sent again; longest waits {string.Join(", ", report.LongestWaits.Select(w => $"{w.Key} {w.Value} s"))}");
        await cluster.AssertAllIsWellAsync(report);
        cluster.Keep = false;
    }
}
