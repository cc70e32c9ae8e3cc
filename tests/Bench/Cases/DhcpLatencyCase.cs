using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>How long OFFER and ACK take at half of the highest rate, and how many exchanges end at twice that rate.</summary>
internal sealed class DhcpLatencyCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "dhcp-latency";

    /// <inheritdoc/>
    public string About => "delays at half of each one's highest rate, and exchanges finished at twice that rate; beside Kea";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (ours, peer) = (new List<Runs>(), new List<Runs>());
        var (a, k) = (new RateSearch(), new RateSearch(RateSearch.Kea));
        for (var run = 0; run < options.Runs; run++)
        {
            ours.Add(await OneAsync((host, folder) => new SiloService(host, folder, SiloService.NoProbe), a, options, cancellation));
            peer.Add(await OneAsync((host, folder) => new Kea(host, folder), k, options, cancellation));
        }

        foreach (var (name, share) in new[] { ("p50", 0.5), ("p99", 0.99) })
        {
            yield return BenchLine.Beside($"dhcp-latency.50-percent.{name}", "ms", DhcpRestCase.Delay(ours.Select(r => r.Half), share),
                "Kea",
                DhcpRestCase.Delay(peer.Select(r => r.Half), share), name == "p99" ? Goal.AtMost(1) : null);
        }

        yield return BenchLine.Beside("dhcp-latency.200-percent", "/s", DhcpCase.Rates(ours.Select(r => r.Twice)), "Anvil at 100 percent",
            DhcpCase.Rates(ours.Select(r => r.Highest)), Goal.AtLeast(1));
        yield return BenchLine.Beside("dhcp-latency.200-percent.kea", "/s", DhcpCase.Rates(peer.Select(r => r.Twice)),
            "Kea at 100 percent",
            DhcpCase.Rates(peer.Select(r => r.Highest)));
    }

    private static async Task<Runs> OneAsync(ServerOf make, RateSearch search, BenchOptions options, CancellationToken cancellation)
    {
        using var link = new Link();
        await using var server = await DhcpCase.ServeAsync(make, link, options, cancellation);
        var exchanges = new Exchanges(link, options.Seconds);
        await exchanges.WarmAsync(server, cancellation);
        var highest = await exchanges.HighestAsync(server, search, cancellation);
        var half = await exchanges.AtAsync(server, highest.Rate / 2, true, cancellation);
        return new Runs(highest, half, await exchanges.AtAsync(server, highest.Rate * 2, false, cancellation));
    }

    private sealed record Runs(PerfResult Highest, PerfResult Half, PerfResult Twice);
}
