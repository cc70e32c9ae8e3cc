using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>Unknown clients through a relay: the highest rate with less than 1 % lost, and processor time for each exchange.</summary>
internal sealed class DhcpCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "dhcp";

    /// <inheritdoc/>
    public string About => "unknown clients, 4-way exchanges through a relay: highest rate, CPU each; beside Kea memfile and dnsmasq";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ServerOf ours = (host, folder) => new SiloService(host, folder, SiloService.NoProbe);
        ServerOf probing = (host, folder) => new SiloService(host, folder, SiloService.OneRelay);
        var (anvil, kea, dnsmasq, probe) = (new List<PerfResult>(), new List<PerfResult>(), new List<PerfResult>(),
            new List<PerfResult>());
        var (a, k, d, p) = (new RateSearch(), new RateSearch(RateSearch.Kea), new RateSearch(RateSearch.Dnsmasq), new RateSearch());
        string? missing = null;
        for (var run = 0; run < options.Runs; run++)
        {
            anvil.Add(await OneAsync(ours, a, options, cancellation));
            kea.Add(await OneAsync((host, folder) => new Kea(host, folder), k, options, cancellation));
            try
            {
                dnsmasq.Add(await OneAsync((host, folder) => new Dnsmasq(host, folder), d, options, cancellation));
            }
            catch (SetupException e)
            {
                missing = e.Message;
            }

            probe.Add(await OneAsync(probing, p, options, cancellation));
        }

        yield return BenchLine.Beside("dhcp.unknown", "/s", Rates(anvil), "Kea", Rates(kea), Goal.AtLeast(1.5));
        yield return BenchLine.Beside("dhcp.unknown.cpu", "ms", Cpu(anvil), "Kea", Cpu(kea), Goal.AtMost(1));
        yield return missing is not null ? BenchLine.Skipped("dhcp.unknown.dnsmasq", missing)
            : BenchLine.Beside("dhcp.unknown.dnsmasq", "/s", Rates(anvil), "dnsmasq", Rates(dnsmasq), Goal.AtLeast(1.5));
        yield return BenchLine.Beside("dhcp.probe", "/s", Rates(probe), "Anvil without probe", Rates(anvil), Goal.AtLeast(0.95));
    }

    /// <summary>Rates of some runs.</summary>
    public static List<double> Rates(IEnumerable<PerfResult> runs) => runs.Select(r => r.Finished).ToList();

    /// <summary>Processor time for each exchange of some runs, in milliseconds.</summary>
    public static List<double> Cpu(IEnumerable<PerfResult> runs) => runs.Select(r => r.CpuMilliseconds).ToList();

    /// <summary>Starts a server on an empty store, as it is, with the subnet of all clients where it is ours.</summary>
    public static async Task<Service> ServeAsync(ServerOf make, Link link, BenchOptions options, CancellationToken cancellation)
    {
        var server = make(link.Server, options.Folder);
        try
        {
            await server.StartAsync(cancellation);
            if (server is SiloService silo && !silo.HasData) await silo.AddSubnetAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The highest rate of a server on an empty store.</summary>
    /// <param name="make">The server.</param>
    /// <param name="search">Where earlier runs ended.</param>
    /// <param name="options">How long.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="beside">What works for the server, and counts as its own.</param>
    public static async Task<PerfResult> OneAsync(ServerOf make, RateSearch search, BenchOptions options, CancellationToken cancellation,
        ProcessTree? beside = null)
    {
        using var link = new Link();
        await using var server = await ServeAsync(make, link, options, cancellation);
        if (beside is not null) server.Beside = [beside];
        var exchanges = new Exchanges(link, options.Seconds);
        await exchanges.WarmAsync(server, cancellation);
        return await exchanges.HighestAsync(server, search, cancellation);
    }
}
