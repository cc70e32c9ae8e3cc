using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>Machines that are powered on within one second, by tests/Swarm: from the first packet to registered and back to their
/// disks.</summary>
internal sealed class StormCase : IBenchCase
{
    private const int Few = 100;
    private const int Many = 10_000;

    /// <inheritdoc/>
    public string Name => "storm";

    /// <inheritdoc/>
    public string About
        => "100, 1,000 and (once) 10,000 unknown machines powered on within a second, until all are at rest: CPU of each";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var sizes = options.IsQuick ? [Few] : new[] { Few, 1_000, Many };
        var storms = sizes.ToDictionary(s => s, _ => new List<StormResult>());
        for (var run = 0; run < options.Runs; run++)
        {
            // The largest takes longer than all others together.
            foreach (var size in sizes.Where(s => s < Many || run == 0))
                storms[size].Add(await OneAsync(size, run, options, cancellation));
        }

        foreach (var size in sizes)
        {
            var runs = storms[size];
            yield return BenchLine.Alone($"storm.{size}.seconds", "s", [.. runs.Select(r => r.Seconds)]);
            yield return BenchLine.Alone($"storm.{size}.lost", "", [.. runs.Select(r => (double)r.Lost)], Goal.OursAtMost(0));
            yield return size == Few ? BenchLine.Alone($"storm.{size}.cpu", "ms", Cpu(runs))
                : BenchLine.Beside($"storm.{size}.cpu", "ms", Cpu(runs), $"Anvil, {Few} machines", Cpu(storms[Few]), Goal.AtMost(1.2));
        }

        static List<double> Cpu(IEnumerable<StormResult> runs) => runs.Select(r => r.CpuMilliseconds).ToList();
    }

    private static async Task<StormResult> OneAsync(int machines, int seed, BenchOptions options, CancellationToken cancellation)
    {
        using var link = new Link(isEveryClient: true);
        await using var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe);
        SwarmLoad.MakeFiles(silo);
        await silo.StartAsync(cancellation);
        await silo.AddSubnetAsync(cancellation);
        var swarm = new SwarmLoad(link, options.Folder);
        using (var http = await silo.ApiAsync(cancellation)) await SwarmLoad.PrepareAsync(http, cancellation);
        // What is compiled at the first machines is no part of the path.
        await swarm.RunAsync(silo, Few, 1000 + seed, cancellation);
        return await swarm.RunAsync(silo, machines, seed, cancellation);
    }
}
