using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>From the start of the process to the first DHCP answer, with many machines stored; and what they take of memory.</summary>
internal sealed class StartCase(KnownMachines machines) : IBenchCase
{
    private const int Leases = 10_000;

    /// <inheritdoc/>
    public string Name => "start";

    /// <inheritdoc/>
    public string About => "start to first DHCP answer with many machines stored; memory for each 1,000 machines and 10,000 leases";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var data = await machines.DefinedAsync(cancellation);
        var (empty, full, memory, seen, leases) =
            (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < options.Runs; run++)
        {
            using var link = new Link();
            var perf = new PerfDhcp(link);
            double none;
            await using (var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe))
            {
                await silo.StartAsync(cancellation);
                await silo.AddSubnetAsync(cancellation);
                await perf.RunAsync(silo, 100, 2, 0x02_00_50_00_00_00, 1000, false, false, cancellation);
                none = silo.ResidentMegabytes;
                await perf.RunAsync(silo, 500, Leases / 500.0, 0x02_00_60_00_00_00, Leases, false, false, cancellation);
                leases.Add(silo.ResidentMegabytes - none);
                empty.Add(none);
            }

            await using (var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe, data))
            {
                full.Add(await FirstAnswerAsync(silo, link, cancellation));
                await silo.StartAsync(cancellation, isLaunched: true);
                await perf.RunAsync(silo, 100, 2, 0x02_00_50_00_00_00, 1000, false, false, cancellation);
                memory.Add((silo.ResidentMegabytes - none) * 1000 / machines.Count);
                await perf.RunAsync(silo, 150, machines.Count / 150.0, PerfDhcp.FirstMac, machines.Count, true, false, cancellation);
                seen.Add((silo.ResidentMegabytes - none) * 1000 / machines.Count);
            }
        }

        yield return BenchLine.Alone($"start.{machines.Count}-machines", "s", full, Goal.OursAtMost(2));
        yield return BenchLine.Alone("start.memory.empty", "MB", empty);
        yield return BenchLine.Alone("start.memory.1000-machines", "MB", memory, Goal.OursAtMost(10));
        yield return BenchLine.Alone("start.memory.1000-machines-booted", "MB", seen, Goal.OursAtMost(10));
        yield return BenchLine.Alone("start.memory.10000-leases", "MB", leases);
    }

    /// <summary>Seconds from exec to the first OFFER, asked for every 20 ms.</summary>
    private static async Task<double> FirstAnswerAsync(SiloService silo, Link link, CancellationToken cancellation)
    {
        using var asker = new FirstOffer(link.Client);
        silo.Copy();
        var began = Stopwatch.GetTimestamp();
        silo.Launch();
        await asker.WaitAsync(TimeSpan.FromMinutes(1), cancellation);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
