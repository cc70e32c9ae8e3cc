using System.Diagnostics;
using Anvil.Lab;

namespace Anvil.Cluster.Tests;

/// <summary>
/// Machines go from first packet to registered and local while silos are killed, one or two at once, and PostgreSQL is restarted.
/// The cluster sets the pace: the next are killed when those before are ready again and machines have gone on. So the same happens
/// on a slow machine as on a fast one, and nothing is asked of its speed: everybody is at rest in the end, and nobody waits while others
/// are served turn after turn.
/// </summary>
[Collection(Alone.Name)]
public sealed class ChaosTests(ITestOutputHelper output)
{
    /// <summary>
    /// Machines, the seconds within which they are powered on, and how often is killed, in every run of the tests: every silo once, some
    /// twice.
    /// </summary>
    private static readonly (int Machines, int Ramp, int Blows) Short = (150, 100, 8);

    /// <summary>As <see cref="Short"/>, in the long ones.</summary>
    private static readonly (int Machines, int Ramp, int Blows) Long = (500, 30, 16);

    /// <summary>Each so many blows, two silos are killed at once.</summary>
    private const int PairEvery = 4;

    /// <summary>Turns that a machine may wait for a lease or a file, if that takes longer than a firmware's patience.</summary>
    private const int MostTurns = 5;

    /// <summary>The blows with which PostgreSQL is restarted.</summary>
    private static readonly int[] Restarts = [3, 11];

    [Theory]
    [InlineData(1)]
    public Task NoMachineIsLostAndNoAddressHeldTwice(int seed) => RunAsync(seed, Short);

    [Theory(Explicit = true)]
    [InlineData(1)]
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
    public Task NorOfFiveHundred(int seed) => RunAsync(seed, Long);

    private async Task RunAsync(int seed, (int Machines, int Ramp, int Blows) size)
    {
        var (machines, ramp, blows) = size;
        var random = new Random(seed);
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 60, "--Silo:ProbeSeconds=1");
        cluster.Keep = true;
        var clock = Stopwatch.StartNew();
        cluster.StartSwarm(machines, seed, ramp, "--turns", $"{MostTurns}");
        await cluster.TurnAsync(machines / SwarmCluster.StepsOfATurn);
        var kills = cluster.Servers.Silos.ToDictionary(s => s.Name, _ => 0, StringComparer.Ordinal);
        var deck = new Queue<SiloProcess>();
        for (var blow = 1; blow <= blows; blow++)
        {
            // Every silo in its turn, in another order each time, so that no role is spared.
            var dead = new List<SiloProcess>();
            while (dead.Count < (blow % PairEvery == 0 ? 2 : 1))
            {
                if (deck.Count == 0) deck = new Queue<SiloProcess>(Shuffled(random, cluster.Servers.Silos));
                dead.Add(deck.Dequeue());
            }

            foreach (var silo in dead)
            {
                await silo.KillAsync();
                kills[silo.Name]++;
            }

            if (Restarts.Contains(blow))
            {
                await cluster.Servers.Postgres!.KillAsync();
                await cluster.Servers.Postgres.StartAsync();
            }

            foreach (var silo in dead) silo.Launch();
            await cluster.WholeAsync();
            var whole = clock.Elapsed;
            await cluster.TurnAsync(machines / SwarmCluster.StepsOfATurn);
            output.WriteLine(
                $"killed {string.Join(" and ", dead.Select(s => s.Name))}; whole at {whole.TotalSeconds:F0} s; {cluster.Progress()}");
        }

        await cluster.RestAsync(machines);
        var report = await cluster.EndSwarmAsync();
        output.WriteLine(
            $"killed {string.Join(", ", kills.Select(k => $"{k.Key} {k.Value}×"))}, PostgreSQL {Restarts.Count(r => r <= blows)}×; "
                + $"{report.Boots} boots, {report.Renewals} renewals, {report.Requests} requests, {report.Refused} sent again; longest "
                + $"waits {string.Join(", ", report.LongestWaits.Select(w => $"{w.Key} {w.Value} s"))}");
        await cluster.AssertAllIsWellAsync(report);
        Assert.All(kills, k => Assert.True(k.Value > 0, $"{k.Key} was not killed"));
        cluster.Keep = false;
    }

    private static SiloProcess[] Shuffled(Random random, IEnumerable<SiloProcess> silos)
    {
        var order = silos.ToArray();
        random.Shuffle(order);
        return order;
    }
}
