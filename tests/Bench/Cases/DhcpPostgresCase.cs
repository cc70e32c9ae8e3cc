using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>DHCP with leases in PostgreSQL, which writes through to the disk; beside Kea on the same server, one database each.</summary>
internal sealed class DhcpPostgresCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "dhcp-postgres";

    /// <inheritdoc/>
    public string About => "unknown clients with leases in PostgreSQL, its CPU counted in; beside Kea with PostgreSQL";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (ours, peer) = (new List<PerfResult>(), new List<PerfResult>());
        var (a, k) = (new RateSearch(), new RateSearch());
        await using var postgres = await PostgresServer.StartNewAsync(isDurable: true);
        for (var run = 0; run < options.Runs; run++)
        {
            var database = await postgres.CreateDatabaseAsync();
            ours.Add(await OneAsync((host, folder) => new SiloService(host, folder,
                [.. SiloService.NoProbe, $"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1"]), a));
            var leases = await KeaDatabase.MakeAsync(postgres);
            peer.Add(await OneAsync((host, folder) => new Kea(host, folder) { Database = leases }, k));
        }

        yield return BenchLine.Beside("dhcp-postgres.unknown", "/s", DhcpCase.Rates(ours), "Kea", DhcpCase.Rates(peer), Goal.AtLeast(3));
        yield return BenchLine.Beside("dhcp-postgres.unknown.cpu", "ms", DhcpCase.Cpu(ours), "Kea", DhcpCase.Cpu(peer));

        Task<PerfResult> OneAsync(ServerOf make, RateSearch search)
            => DhcpCase.OneAsync(make, search, options, cancellation, new ProcessTree(postgres.Id));
    }
}
