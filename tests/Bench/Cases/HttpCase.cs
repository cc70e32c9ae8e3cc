using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>A static boot file of 50 MB: bytes for each CPU second, and in all, beside nginx.</summary>
internal sealed class HttpCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "http";

    /// <inheritdoc/>
    public string About => "a static file of 50 MB, 16 and 256 clients, MB for each CPU second; beside nginx";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var clients in new[] { 16, 256 })
        {
            var (ours, peer) = (new List<WrkResult>(), new List<WrkResult>());
            using var link = new Link();
            await using var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe);
            await silo.StartAsync(cancellation);
            LargeFile.Write(silo.Files);
            await using var nginx = new Nginx(link.Server, options.Folder, silo.Files);
            await nginx.StartAsync(cancellation);
            await WarmUp.RunAsync(silo, () => Wrk.RunAsync(link, silo, Url(SiloService.FilePort), clients, 2, cancellation));
            for (var run = 0; run < options.Runs; run++)
            {
                ours.Add(await Wrk.RunAsync(link, silo, Url(SiloService.FilePort), clients, options.Seconds, cancellation));
                peer.Add(await Wrk.RunAsync(link, nginx, Url(Nginx.Port), clients, options.Seconds, cancellation));
            }

            yield return BenchLine.Beside($"http.static.{clients}.cpu", "MB/CPUs", PerCpu(ours), "nginx", PerCpu(peer), Goal.AtLeast(0.9));
            yield return BenchLine.Beside($"http.static.{clients}", "MB/s", PerSecond(ours), "nginx", PerSecond(peer));
        }
    }

    private static string Url(int port) => $"http://{Link.ServerAddress}:{port}/{LargeFile.Name}";

    private static List<double> PerCpu(IEnumerable<WrkResult> runs)
        => runs.Select(r => r.Megabytes / Math.Max(r.CpuSeconds, 0.01)).ToList();

    private static List<double> PerSecond(IEnumerable<WrkResult> runs) => runs.Select(r => r.Megabytes / r.Seconds).ToList();
}
