using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>One silo with all roles, and with cores beside it, on PostgreSQL: what an operation costs all of them together, the database
/// included.</summary>
internal sealed class SilosCase : IBenchCase
{
    private const int Rate = 400;
    private const int Writes = 500;
    private const int Connections = 8;
    private const double Most = 1.15;

    /// <inheritdoc/>
    public string Name => "silos";

    /// <inheritdoc/>
    public string About => "1, 2 and 4 silos on PostgreSQL: CPU of a DHCP exchange, of a machine made by the API and of one in a storm";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        int[] sizes = options.IsQuick ? [1, 2] : [1, 2, 4];
        var costs = sizes.ToDictionary(s => s, _ => new List<Cost>());
        await using var postgres = await PostgresServer.StartNewAsync(isDurable: true);
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var size in sizes) costs[size].Add(await OneAsync(postgres, size, run, options, cancellation));
        }

        foreach (var (what, unit, figure) in new (string, string, Func<Cost, double>)[]
        {
            ("dhcp.cpu", "ms", c => c.Dhcp), ("create.cpu", "ms", c => c.Create), ("create", "/s", c => c.CreateRate),
            ("storm.cpu", "ms", c => c.Storm),
        })
        {
            var one = costs[1].ConvertAll(c => figure(c));
            yield return BenchLine.Alone($"silos.1.{what}", unit, one);
            foreach (var size in sizes.Skip(1))
            {
                yield return BenchLine.Beside($"silos.{size}.{what}", unit, costs[size].ConvertAll(c => figure(c)), "Anvil, 1 silo", one,
                    unit == "ms" ? Goal.AtMost(Most) : null);
            }
        }

        yield return BenchLine.Alone($"silos.{sizes[^1]}.lost", "", [.. costs[sizes[^1]].Select(c => (double)c.Lost)], Goal.OursAtMost(0));
    }

    private static async Task<Cost> OneAsync(PostgresServer postgres, int silos, int run, BenchOptions options,
        CancellationToken cancellation)
    {
        var database = await postgres.CreateDatabaseAsync();
        using var link = new Link(isEveryClient: true);
        var all = new List<SiloService>();
        try
        {
            for (var number = 0; number < silos; number++)
            {
                var silo = new SiloService(link.Server, Path.Combine(options.Folder, $"silo-{number}"),
                    [.. SiloService.NoProbe, $"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1"])
                { Number = number };
                all.Add(silo);
                SwarmLoad.MakeFiles(silo);
                await silo.StartAsync(cancellation);
            }

            var first = all[0];
            first.Beside = [new ProcessTree(postgres.Id), .. all.Skip(1).Select(s => s.Tree)];
            await first.AddSubnetAsync(cancellation);
            return await MeasureAsync(first, link, run, options, cancellation);
        }
        finally
        {
            foreach (var silo in all) await silo.DisposeAsync();
        }
    }

    private static async Task<Cost> MeasureAsync(SiloService silo, Link link, int run, BenchOptions options,
        CancellationToken cancellation)
    {
        var exchanges = new Exchanges(link, options.Seconds);
        await exchanges.WarmAsync(silo, cancellation);
        var dhcp = await exchanges.AtAsync(silo, Rate, false, cancellation);
        using var http = await silo.ApiAsync(cancellation);
        await SwarmLoad.PrepareAsync(http, cancellation);
        await CreateAsync(0);
        var created = await CreateAsync(Writes);
        var (swarm, machines) = (new SwarmLoad(link, options.Folder), options.IsQuick ? 100 : 1_000);
        await swarm.RunAsync(silo, 100, 1000 + run, cancellation);
        var storm = await swarm.RunAsync(silo, machines, run, cancellation);
        return new Cost(dhcp.CpuMilliseconds, 1000 / created.PerCpuSecond, created.Rate, storm.CpuMilliseconds, storm.Lost);

        Task<ApiResult> CreateAsync(int first) => Api.RunAsync(http, silo, Connections, Writes,
            i => ("POST", "machines", $$"""{"Name":"made-{{first + i}}","BootEnv":"local"}"""), cancellation);
    }

    /// <summary>Processor time of one operation, in milliseconds.</summary>
    private sealed record Cost(double Dhcp, double Create, double CreateRate, double Storm, int Lost);
}
