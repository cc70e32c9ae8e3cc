using System.Globalization;

namespace Anvil.Bench;

/// <summary>One case and what was measured.</summary>
/// <param name="Name">The case.</param>
/// <param name="Values">Measured values by name, with their units as text.</param>
internal sealed record BenchLine(string Name, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>A case measured in milliseconds or microseconds: the median is ours, the slowest of twenty stands beside it.</summary>
    public static BenchLine Of(string name, IReadOnlyList<TimeSpan> runs)
    {
        var sorted = runs.Order().ToList();
        return new BenchLine(name, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ours"] = Text(sorted[sorted.Count / 2]),
            ["p95"] = Text(sorted[Math.Min(sorted.Count - 1, sorted.Count * 95 / 100)]),
            ["runs"] = sorted.Count.ToString(CultureInfo.InvariantCulture),
        });
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {string.Join(' ', Values.Select(v => $"{v.Key}={v.Value}"))}";

    private static string Text(TimeSpan time) => time.TotalMilliseconds >= 0.1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F2}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:F3}us");
}
