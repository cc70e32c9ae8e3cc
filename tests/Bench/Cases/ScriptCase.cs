using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>iPXE scripts of known machines, each asked from the machine's own address: on a connection of its own, as iPXE asks, and on
/// kept ones.</summary>
internal sealed class ScriptCase(KnownMachines machines) : IBenchCase
{
    private const int Clients = 16;
    private const string SmallFile = "small.ipxe";
    private const int SmallSize = 1024;

    /// <inheritdoc/>
    public string Name => "script";

    /// <inheritdoc/>
    public string About
        => "iPXE scripts and preseeds of known machines, each from its own address; default.ipxe; beside nginx with a small file";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (data, known) = await machines.LeasedAsync(cancellation);
        var targets = known.Select(m => (m.Address, $"/{m.Mac}.ipxe")).ToList();
        var seeds = known.Select(m => (m.Address, $"/machines/{KnownMachines.Uuid(m.Mac)}/seed")).ToList();
        var files = Directory.CreateDirectory(Path.Combine(options.Folder, "small")).FullName;
        await File.WriteAllTextAsync(Path.Combine(files, SmallFile), new string('#', SmallSize), cancellation);
        var small = targets.Select(t => (t.Address, $"/{SmallFile}")).ToList();
        var rows = new Dictionary<string, (List<double> Ours, List<double> Peer)>(StringComparer.Ordinal);
        for (var run = 0; run < options.Runs; run++)
        {
            using var link = new Link(isEveryClient: true);
            await using (var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe, data))
            {
                await silo.StartAsync(cancellation);
                await LoadAsync(silo, SiloService.FilePort, targets, 1, "script.known", false);
                await LoadAsync(silo, SiloService.FilePort, targets, 20, "script.known.kept", false);
                await LoadAsync(silo, SiloService.FilePort, seeds, 20, "script.preseed", false);
                await WrkAsync(silo, $"http://{Link.ServerAddress}:{SiloService.FilePort}/default.ipxe", false);
            }

            await using (var nginx = new Nginx(link.Server, options.Folder, files))
            {
                await nginx.StartAsync(cancellation);
                await LoadAsync(nginx, Nginx.Port, small, 1, "script.known", true);
                await LoadAsync(nginx, Nginx.Port, small, 20, "script.known.kept", true);
                await LoadAsync(nginx, Nginx.Port, small, 20, "script.preseed", true);
                await WrkAsync(nginx, $"http://{Link.ServerAddress}:{Nginx.Port}/{SmallFile}", true);
            }

            async Task LoadAsync(Service server, int port, IReadOnlyList<(IPAddress, string)> what, int requests, string name, bool isPeer)
            {
                await WarmUp.RunAsync(server,
                    () => HttpLoad.RunAsync(link.Client, port, what, Clients, requests, TimeSpan.FromSeconds(1), cancellation));
                var before = server.CpuSeconds;
                var (answers, seconds) = await HttpLoad.RunAsync(link.Client, port, what, Clients, requests,
                    TimeSpan.FromSeconds(options.Seconds), cancellation);
                Note(name, answers / seconds, answers / (server.CpuSeconds - before), isPeer);
            }

            async Task WrkAsync(Service server, string url, bool isPeer)
            {
                await WarmUp.RunAsync(server, () => Wrk.RunAsync(link, server, url, Clients, 1, cancellation));
                var result = await Wrk.RunAsync(link, server, url, Clients, options.Seconds, cancellation);
                Note("script.default", result.Requests / result.Seconds, result.Requests / result.CpuSeconds, isPeer);
            }
        }

        foreach (var (name, (ours, peer)) in rows)
        {
            // A core's: what a second of processor time renders.
            var goal = !name.EndsWith(".cpu", StringComparison.Ordinal) ? null
                : name.StartsWith("script.known", StringComparison.Ordinal) ? Goal.OursAtLeast(10_000)
                : name.StartsWith("script.preseed", StringComparison.Ordinal) ? Goal.OursAtLeast(1_500) : null;
            yield return BenchLine.Beside(name, name.EndsWith(".cpu", StringComparison.Ordinal) ? "/CPUs" : "/s", ours, "nginx, 1 kB file",
                peer, goal);
        }

        void Note(string name, double rate, double perCpu, bool isPeer)
        {
            foreach (var (key, value) in new[] { (name, rate), (name + ".cpu", perCpu) })
            {
                if (!rows.TryGetValue(key, out var row)) rows[key] = row = ([], []);
                (isPeer ? row.Peer : row.Ours).Add(value);
            }
        }
    }
}
