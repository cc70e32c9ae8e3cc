using System.Runtime.CompilerServices;
using Anvil.Support;

namespace Anvil.Bench.Cases;

/// <summary>50 MB by TFTP, blocks of 1468 octets: some clients at once, each from its own address; beside the best peer of the same
/// run.</summary>
internal sealed class TftpCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "tftp";

    /// <inheritdoc/>
    public string About => "50 MB, blksize 1468, windowsize 1 and 16, 1, 16 and 128 clients; beside tftpd-hpa (windowsize 1) and atftpd";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var link = new Link(isEveryClient: true);
        var files = Directory.CreateDirectory(Path.Combine(options.Folder, "tftp")).FullName;
        LargeFile.Write(files);
        foreach (var window in new[] { 1, 16 })
        {
            foreach (var clients in options.IsQuick ? [1, 16] : new[] { 1, 16, 128 })
            {
                // All of 128 at windowsize 1 are 6.4 GB, a packet at a time.
                var runs = clients > 16 ? Math.Min(options.Runs, 2) : options.Runs;
                var results = new Dictionary<string, List<(double Rate, double Cpu)>>(StringComparer.Ordinal);
                var failed = new Dictionary<string, string>(StringComparer.Ordinal);
                for (var run = 0; run < runs; run++)
                {
                    foreach (var make in Servers(window))
                    {
                        var name = "?";
                        try
                        {
                            await using var server = make(link.Server, options.Folder);
                            name = server.Name;
                            if (failed.ContainsKey(name)) continue;
                            await server.StartAsync(cancellation);
                            if (server is SiloService ours)
                                File.Copy(Path.Combine(files, LargeFile.Name), Path.Combine(ours.Files, LargeFile.Name));
                            var before = server.CpuSeconds;
                            var sources = Enumerable.Range(1, clients).Select(i => IPAddress.Parse($"10.90.0.{i}")).ToList();
                            var seconds = await TftpLoad.RunAsync(link.Client, sources, LargeFile.Name, LargeFile.Length, window,
                                cancellation);
                            var megabytes = (double)LargeFile.Length * clients / 1e6;
                            if (!results.TryGetValue(name, out var list)) results[name] = list = [];
                            list.Add((megabytes / seconds, (server.CpuSeconds - before) * 1000 / megabytes));
                        }
                        catch (SetupException e)
                        {
                            failed[name] = e.Message;
                        }
                    }
                }

                var line = $"tftp.window-{window}.{clients}";
                foreach (var (name, reason) in failed) yield return BenchLine.Skipped($"{line}.{name}", reason);
                if (!results.TryGetValue("Anvil", out var anvil)) continue;
                var peers = results.Where(r => r.Key != "Anvil")
                    .OrderByDescending(r => Spread.Of(r.Value.Select(v => v.Rate).ToList()).Median);
                if (peers.FirstOrDefault() is not { Value: not null } best) continue;
                yield return BenchLine.Beside(line, "MB/s", anvil.Select(v => v.Rate).ToList(), best.Key,
                    best.Value.Select(v => v.Rate).ToList(), Goal.AtLeast(1.5));
                yield return BenchLine.Beside($"{line}.cpu", "ms/MB", anvil.Select(v => v.Cpu).ToList(), best.Key,
                    best.Value.Select(v => v.Cpu).ToList());
            }
        }

        IEnumerable<ServerOf> Servers(int window)
        {
            yield return (host, folder) => new SiloService(host, folder, SiloService.NoProbe);
            yield return (host, folder) => new Atftpd(host, folder, files);
            if (window == 1) yield return (host, folder) => new TftpdHpa(host, folder, files);
        }
    }
}
