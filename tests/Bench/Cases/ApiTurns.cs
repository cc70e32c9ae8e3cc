namespace Anvil.Bench.Cases;

/// <summary>Work with the Machines API, run by run: ours, and then DRP's server where it is given.</summary>
internal static class ApiTurns
{
    /// <summary>The figures of both; the peer's are none without its program.</summary>
    /// <param name="options">Runs, and DRP's program.</param>
    /// <param name="measure">The work, on a server that has nothing yet.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="data">What our server begins with, after all; null: nothing. The peer is not asked then.</param>
    public static async Task<(ApiFigures Ours, ApiFigures Peer)> RunAsync(BenchOptions options,
        Func<HttpClient, Service, ApiFigures, Task> measure, CancellationToken cancellation, string? data = null)
    {
        var (ours, peer) = (new ApiFigures(), new ApiFigures());
        for (var run = 0; run < options.Runs; run++)
        {
            using var link = new Link();
            await using (var silo = new SiloService(link.Server, options.Folder, data: data))
            {
                await silo.StartAsync(cancellation);
                using var http = await silo.ApiAsync(cancellation);
                await measure(http, silo, ours);
            }

            if (options.Drp.Length == 0 || data is not null) continue;
            await using var drp = new DrpServer(link.Server, options.Folder, options.Drp);
            await drp.StartAsync(cancellation);
            using var other = await drp.ApiAsync(cancellation);
            await measure(other, drp, peer);
        }

        return (ours, peer);
    }
}
