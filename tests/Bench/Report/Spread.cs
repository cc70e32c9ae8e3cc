namespace Anvil.Bench.Report;

/// <summary>The least, the median and the most of some runs.</summary>
internal sealed record Spread(double Min, double Median, double Max)
{
    /// <summary>Of runs, at least one.</summary>
    public static Spread Of(IReadOnlyCollection<double> runs)
    {
        var sorted = runs.Order().ToList();
        var half = sorted.Count / 2;
        return new Spread(sorted[0], sorted.Count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2, sorted[^1]);
    }

    /// <summary>The figure below which a share of them lies, by the nearest rank; NaN of none.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share)
        => sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];

    /// <summary>Four significant digits at most.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        double.NaN => "?",
        0 => "0",
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    /// <summary>As a cell of the table.</summary>
    public string Cell() => Min.Equals(Max) ? Text(Median) : $"{Text(Min)} / {Text(Median)} / {Text(Max)}";
}
