namespace Anvil.Bench.Load;

/// <summary>Figures of the API's calls by name, one of each run.</summary>
internal sealed class ApiFigures
{
    /// <summary>Unit of calls a second.</summary>
    public const string PerSecond = "/s";

    /// <summary>Unit of calls for each second of processor time.</summary>
    public const string PerCpuSecond = "/CPUs";

    private readonly Dictionary<string, List<double>> _all = new(StringComparer.Ordinal);

    /// <summary>All, in the order in which they came.</summary>
    public IReadOnlyDictionary<string, List<double>> All => _all;

    /// <summary>Unit of a figure by its name.</summary>
    public static string UnitOf(string name) => name.EndsWith(".time", StringComparison.Ordinal) ? "ms"
        : name.EndsWith(".cpu", StringComparison.Ordinal) ? PerCpuSecond : PerSecond;

    /// <summary>Adds one.</summary>
    public ApiFigures Add(string name, params double[] figures)
    {
        if (!_all.TryGetValue(name, out var list)) _all[name] = list = [];
        list.AddRange(figures);
        return this;
    }

    /// <summary>Adds what a number of calls took: a second, for each CPU second, and the middle one in milliseconds.</summary>
    public void Add(string name, ApiResult result)
        => Add(name, result.Rate).Add($"{name}.cpu", result.PerCpuSecond).Add($"{name}.time", result.Median);
}
