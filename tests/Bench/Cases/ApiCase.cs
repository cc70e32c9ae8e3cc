using System.Runtime.CompilerServices;

namespace Anvil.Bench.Cases;

/// <summary>The Machines API: writes, reads, lists, counts; beside DRP's server, or its recorded figures.</summary>
internal sealed class ApiCase : IBenchCase
{
    /// <inheritdoc/>
    public string Name => "api";

    /// <inheritdoc/>
    public string About
        => "machines: create, patch, get, list, filter, count, delete at 1,000 and 5,000; beside DRP's server (--drp) or its record";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var size in options.IsQuick ? [1_000] : new[] { 1_000, 5_000 })
        {
            var (ours, peer) = await ApiTurns.RunAsync(options,
                (http, server, figures) => new ApiWork(http, server, size, options.IsQuick).RunAsync(figures, cancellation), cancellation);
            foreach (var line in Lines(size, ours, options.Drp.Length > 0 ? peer : DrpRecorded.At(size), options.Drp.Length == 0))
                yield return line;
        }
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
