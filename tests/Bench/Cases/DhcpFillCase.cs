using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>DHCP as a subnet fills with leases, and beside many other subnets: the rate, and what an exchange costs, beside the
/// emptiest.</summary>
internal sealed class DhcpFillCase : IBenchCase
{
    private const int CostRate = 400;
    private const int FillRate = 1_000;
    private const int FillPiece = 5_000;
    private const int MostPieces = 60;

    // Beyond those that Exchanges uses in a run.
    private const ulong FirstFiller = 0x02_01_00_00_00_00;

    /// <inheritdoc/>
    public string Name => "dhcp-fill";

    /// <inheritdoc/>
    public string About => "rate and CPU of an exchange with 1,000 to 60,000 leases in one subnet, and with 1 to 10,000 subnets";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var leases = options.IsQuick ? [1_000, 10_000] : new[] { 1_000, 10_000, 60_000 };
        var filled = leases.ToDictionary(l => l, _ => new List<(PerfResult Highest, PerfResult Cost)>());
        for (var run = 0; run < options.Runs; run++)
        {
            using var link = new Link();
            await using var silo = await DhcpCase.ServeAsync(Make(null), link, options, cancellation);
            foreach (var level in leases)
            {
                await FillAsync(link, silo, level, cancellation);
                filled[level].Add(await MeasureAsync(link, silo, options, cancellation));
            }
        }

        foreach (var line in Lines("leases", leases, filled)) yield return line;

        var subnets = options.IsQuick ? [1, 1_000] : new[] { 1, 100, 10_000 };
        var beside = subnets.ToDictionary(s => s, _ => new List<(PerfResult Highest, PerfResult Cost)>());
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var count in subnets)
            {
                using var link = new Link();
                var data = await ManySubnets.MakeAsync(options.Folder, count - 1, cancellation);
                await using var silo = await DhcpCase.ServeAsync(Make(data), link, options, cancellation);
                await ((SiloService)silo).AddSubnetAsync(cancellation);
                await new Exchanges(link, options.Seconds).WarmAsync(silo, cancellation);
                beside[count].Add(await MeasureAsync(link, silo, options, cancellation));
            }
        }

        foreach (var line in Lines("subnets", subnets, beside)) yield return line;
    }

    private static ServerOf Make(string? data) => (host, folder) => new SiloService(host, folder, SiloService.NoProbe, data);

    private static IEnumerable<BenchLine> Lines(string what, int[] levels,
        Dictionary<int, List<(PerfResult Highest, PerfResult Cost)>> results)
    {
        var least = results[levels[0]];
        yield return BenchLine.Alone($"dhcp-fill.{levels[0]}-{what}", "/s", DhcpCase.Rates(least.Select(r => r.Highest)));
        yield return BenchLine.Alone($"dhcp-fill.{levels[0]}-{what}.cpu", "ms", DhcpCase.Cpu(least.Select(r => r.Cost)));
        foreach (var level in levels.Skip(1))
        {
            var peer = $"Anvil, {levels[0]} {what}";
            yield return BenchLine.Beside($"dhcp-fill.{level}-{what}", "/s", DhcpCase.Rates(results[level].Select(r => r.Highest)), peer,
                DhcpCase.Rates(least.Select(r => r.Highest)), Goal.AtLeast(0.9));
            yield return BenchLine.Beside($"dhcp-fill.{level}-{what}.cpu", "ms", DhcpCase.Cpu(results[level].Select(r => r.Cost)), peer,
                DhcpCase.Cpu(least.Select(r => r.Cost)), Goal.AtMost(1.1));
        }
    }

    /// <summary>The cost at one and the same rate, since it falls as packets come together; then the highest rate.</summary>
    private static async Task<(PerfResult Highest, PerfResult Cost)> MeasureAsync(Link link, Service silo, BenchOptions options,
        CancellationToken cancellation)
    {
        var exchanges = new Exchanges(link, options.Seconds);
        var cost = await exchanges.AtAsync(silo, CostRate, false, cancellation);
        return (await exchanges.HighestAsync(silo, new RateSearch(), cancellation), cost);
    }

    private static async Task FillAsync(Link link, Service silo, int leases, CancellationToken cancellation)
    {
        var perf = new PerfDhcp(link);
        var pieces = 0;
        for (var given = 0; given < leases;)
        {
            if (++pieces > MostPieces) throw new SetupException($"only {given} of {leases} leases are given at {FillRate}/s");
            var piece = Math.Min(FillPiece, leases - given);
            // Those of lower levels are there already, and only renewed.
            given += (await perf.RunAsync(silo, FillRate, (double)piece / FillRate, FirstFiller + ((ulong)pieces << 24), piece, false,
                false,
                cancellation)).Acks;
        }
    }
}
