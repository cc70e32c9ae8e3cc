using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>Defined machines that ask as UEFI firmware does: the first time, and again; beside strangers that ask so, and Kea with
/// reservations.</summary>
internal sealed class DhcpKnownCase(KnownMachines machines) : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "dhcp-known";

    /// <inheritdoc/>
    public string About
        => "defined machines, first packets and later ones, each its own boot answer; beside strangers and Kea with reservations";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var data = await machines.DefinedAsync(cancellation);
        var macs = machines.Macs();
        ServerOf ours = (host, folder) => new SiloService(host, folder, SiloService.NoProbe, data);
        ServerOf kea = (host, folder) => new Kea(host, folder, macs);
        var (first, later, strangers, peer) =
            (new List<PerfResult>(), new List<PerfResult>(), new List<PerfResult>(), new List<PerfResult>());
        var (f, l, s, p) = (new RateSearch(), new RateSearch(), new RateSearch(), new RateSearch(RateSearch.Kea));
        for (var run = 0; run < options.Runs; run++)
        {
            first.Add(await f.RunAsync(rate => FirstAsync(ours, rate, options, cancellation)));
            later.Add(await ServedAsync(ours, async (server, link) =>
            {
                var perf = new PerfDhcp(link);
                await perf.RunAsync(server, 150, macs.Count / 150.0, PerfDhcp.FirstMac, macs.Count, true, false, cancellation);
                return await l.RunAsync(rate => KnownAsync(perf, server, rate, options, cancellation));
            }, options, cancellation));
            strangers.Add(await ServedAsync(ours, async (server, link) =>
            {
                var exchanges = new Exchanges(link, options.Seconds, isFirmware: true);
                await exchanges.WarmAsync(server, cancellation);
                return await exchanges.HighestAsync(server, s, cancellation);
            }, options, cancellation));
            peer.Add(await p.RunAsync(rate => FirstAsync(kea, rate, options, cancellation)));
        }

        yield return BenchLine.Beside("dhcp-known.first", "/s", DhcpCase.Rates(first), "Anvil, strangers", DhcpCase.Rates(strangers),
            Goal.AtLeast(0.8));
        yield return BenchLine.Beside("dhcp-known.later", "/s", DhcpCase.Rates(later), "Anvil, strangers", DhcpCase.Rates(strangers),
            Goal.AtLeast(0.8));
        yield return BenchLine.Beside("dhcp-known.first.kea", "/s", DhcpCase.Rates(first), "Kea", DhcpCase.Rates(peer), Goal.AtLeast(1.2));
        yield return BenchLine.Beside("dhcp-known.later.kea", "/s", DhcpCase.Rates(later), "Kea", DhcpCase.Rates(peer), Goal.AtLeast(1.2));
        yield return BenchLine.Beside("dhcp-known.first.cpu", "ms", DhcpCase.Cpu(first), "Kea", DhcpCase.Cpu(peer), Goal.AtMost(1));
        yield return BenchLine.Beside("dhcp-known.later.cpu", "ms", DhcpCase.Cpu(later), "Kea", DhcpCase.Cpu(peer), Goal.AtMost(1));
    }

    private static async Task<PerfResult> ServedAsync(ServerOf make, Func<Service, Link, Task<PerfResult>> run, BenchOptions options,
        CancellationToken cancellation)
    {
        using var link = new Link();
        await using var server = await DhcpCase.ServeAsync(make, link, options, cancellation);
        return await run(server, link);
    }

    /// <summary>Every try begins with machines that were never seen. Strangers warm the server up.</summary>
    private Task<PerfResult> FirstAsync(ServerOf make, int rate, BenchOptions options, CancellationToken cancellation)
        => ServedAsync(make, async (server, link) =>
        {
            await new Exchanges(link, options.Seconds, isFirmware: true).WarmAsync(server, cancellation);
            return await KnownAsync(new PerfDhcp(link), server, rate, options, cancellation);
        }, options, cancellation);

    private Task<PerfResult> KnownAsync(PerfDhcp perf, Service server, int rate, BenchOptions options, CancellationToken cancellation)
        => perf.RunAsync(server, rate, Math.Min(options.Seconds, (double)machines.Count / rate), PerfDhcp.FirstMac, machines.Count, true,
            false,
            cancellation);
}
