using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>DHCP far below the highest rate: processor time for each exchange, and how long OFFER and ACK take.</summary>
internal sealed class DhcpRestCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "dhcp-rest";

    /// <inheritdoc/>
    public string About => "CPU and latency of an exchange at 50, 500 and 1,000 a second; beside Kea";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var rate in new[] { 50, 500, 1_000 })
        {
            var (ours, peer) = (new List<PerfResult>(), new List<PerfResult>());
            for (var run = 0; run < options.Runs; run++)
            {
                // Both listen on port 67: the one that is not asked is not there.
                ours.Add(await OneAsync((host, folder) => new SiloService(host, folder, SiloService.NoProbe), rate, options,
                    cancellation));
                peer.Add(await OneAsync((host, folder) => new Kea(host, folder), rate, options, cancellation));
            }

            yield return BenchLine.Beside($"dhcp-rest.{rate}.cpu", "ms", DhcpCase.Cpu(ours), "Kea", DhcpCase.Cpu(peer), Goal.AtMost(1.5));
            yield return BenchLine.Beside($"dhcp-rest.{rate}.p50", "ms", Delay(ours, 0.5), "Kea", Delay(peer, 0.5), Goal.OursAtMost(2));
            yield return BenchLine.Beside($"dhcp-rest.{rate}.p99", "ms", Delay(ours, 0.99), "Kea", Delay(peer, 0.99));
        }
    }

    private static async Task<PerfResult> OneAsync(ServerOf make, int rate, BenchOptions options, CancellationToken cancellation)
    {
        using var link = new Link();
        await using var server = await DhcpCase.ServeAsync(make, link, options, cancellation);
        var exchanges = new Exchanges(link, options.Seconds);
        await exchanges.WarmAsync(server, cancellation);
        return await exchanges.AtAsync(server, rate, true, cancellation);
    }

    /// <summary>A percentile of the delays of OFFER and ACK, in milliseconds.</summary>
    public static List<double> Delay(IEnumerable<PerfResult> runs, double share)
        => runs.Select(r => Spread.Percentile(r.Delays, share)).ToList();
}
