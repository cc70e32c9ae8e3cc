using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>The Machines API: writes, reads, lists, counts; beside DRP's server, or its recorded figures.</summary>
internal sealed class ApiCase : IBenchCase
{
    private const int Many = 100_000;
    private const double Flat = 0.9;

    /// <inheritdoc/>
    public string Name => "api";

    /// <inheritdoc/>
    public string About
        => "machines: create, patch, get, list, filter, count, delete at 1,000, 5,000, 100,000; beside DRP's server (--drp) or its record";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ApiFigures? least = null;
        foreach (var size in options.IsQuick ? [1_000] : new[] { 1_000, 5_000 })
        {
            var (ours, peer) = await ApiTurns.RunAsync(options, async (http, server, figures) =>
            {
                var work = new ApiWork(http, server, size, options.IsQuick);
                await work.FillAsync(cancellation);
                await work.RunAsync(figures, cancellation);
            }, cancellation);
            least ??= ours;
            foreach (var line in Lines(size, ours, options.Drp.Length > 0 ? peer : DrpRecorded.At(size), options.Drp.Length == 0))
                yield return line;
        }

        if (options.IsQuick) yield break;
        var data = await FilledAsync(options, cancellation);
        var (many, _) = await ApiTurns.RunAsync(options,
            (http, server, figures) => new ApiWork(http, server, Many, options.IsQuick).RunAsync(figures, cancellation),
            cancellation, data);
        Directory.Delete(data, recursive: true);
        foreach (var (name, figures) in many.All)
        {
            var unit = ApiFigures.UnitOf(name);
            // Counting is what grows with what is counted.
            var goal = unit == ApiFigures.PerCpuSecond && !name.StartsWith("head", StringComparison.Ordinal) ? Goal.AtLeast(Flat) : null;
            yield return BenchLine.Beside($"api.{Many}.{name}", unit, figures, "Anvil, 1,000 machines", least!.All[name], goal);
        }
    }

    /// <summary>Data with many machines, made once: it takes minutes.</summary>
    private static async Task<string> FilledAsync(BenchOptions options, CancellationToken cancellation)
    {
        await Console.Error.WriteLineAsync($"makes {Many} machines");
        using var link = new Link();
        await using var silo = new SiloService(link.Server, Path.Combine(options.Folder, "filled"));
        await silo.StartAsync(cancellation);
        using var http = await silo.ApiAsync(cancellation);
        await new ApiWork(http, silo, Many, options.IsQuick).FillAsync(cancellation);
        await silo.StopAsync();
        var kept = Path.Combine(options.Folder, "many-machines");
        Directory.Move(silo.DataFolder, kept);
        return kept;
    }

    private static IEnumerable<BenchLine> Lines(int size, ApiFigures ours, ApiFigures peer, bool isRecorded)
    {
        foreach (var (name, figures) in ours.All)
        {
            var isWrite = name.StartsWith("create", StringComparison.Ordinal) || name.StartsWith("patch", StringComparison.Ordinal);
            var unit = ApiFigures.UnitOf(name);
            var isCpu = unit == ApiFigures.PerCpuSecond;
            var goal = isWrite ? (isCpu ? null : Goal.AtLeast(size >= 5_000 ? 20 : 4)) : isCpu ? Goal.AtLeast(1.5) : null;
            var line = $"api.{size}.{name}";
            if (peer.All.TryGetValue(name, out var theirs))
                yield return BenchLine.Beside(line, unit, figures, "DRP", theirs, goal, isRecorded);
            else yield return BenchLine.Alone(line, unit, figures);
        }
    }
}
