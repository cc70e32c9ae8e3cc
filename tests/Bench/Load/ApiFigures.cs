namespace Anvil.Bench.Load;

/// <summary>Figures of the API's calls by name, one of each run.</summary>
internal sealed class ApiFigures
{
    private readonly Dictionary<string, List<double>> _all = new(StringComparer.Ordinal);

    /// <summary>All, in the order in which they came.</summary>
    public IReadOnlyDictionary<string, List<double>> All => _all;

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
