using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anvil.Bench.Report;

/// <summary>One case and what was measured.</summary>
/// <param name="Name">The case.</param>
/// <param name="Values">What is printed, by name, with units as text.</param>
internal sealed record BenchLine(string Name, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>A ratio to nothing is infinite, which JSON's numbers cannot be.</summary>
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Unit of the figures.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Our figure of each run.</summary>
    public IReadOnlyList<double> Ours { get; init; } = [];

    /// <summary>Who stands beside us; "" for nobody.</summary>
    public string PeerName { get; init; } = "";

    /// <summary>The peer's figure of each run.</summary>
    public IReadOnlyList<double> Peer { get; init; } = [];

    /// <summary>Ours divided by the peer's, run by run.</summary>
    public IReadOnlyList<double> Ratios { get; init; } = [];

    /// <summary>True where the peer's figure is a recorded one, not of this run.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>The goal as text; "" for none.</summary>
    public string Goal { get; init; } = "";

    /// <summary>met, short, skipped, or "" where there is no goal.</summary>
    public string Verdict { get; init; } = "";

    /// <summary>Our figures beside a peer's, pair by pair.</summary>
    public static BenchLine Beside(string name, string unit, IReadOnlyList<double> ours, string peerName, IReadOnlyList<double> peer,
        Goal? goal = null, bool isRecorded = false)
    {
        var ratios = ours.Select((figure, run) => figure / peer[Math.Min(run, peer.Count - 1)]).ToList();
        var (a, b, r) = (Spread.Of(ours), Spread.Of(peer), Spread.Of(ratios));
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ours"] = Spread.Text(a.Median) + unit,
            ["peer"] = $"{Spread.Text(b.Median)}{unit}({peerName}{(isRecorded ? ",recorded" : "")})",
            ["ratio"] = $"{Spread.Text(r.Median)}[{Spread.Text(r.Min)}..{Spread.Text(r.Max)}]",
        };
        return new BenchLine(name, values)
        {
            Unit = unit,
            Ours = ours,
            PeerName = peerName,
            Peer = peer,
            Ratios = ratios,
            IsRecorded = isRecorded,
        }.Against(goal, a.Median, r.Median);
    }

    /// <summary>Our figures, with nobody beside them.</summary>
    public static BenchLine Alone(string name, string unit, IReadOnlyList<double> ours, Goal? goal = null)
    {
        var spread = Spread.Of(ours);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ours"] = $"{Spread.Text(spread.Median)}{unit}[{Spread.Text(spread.Min)}..{Spread.Text(spread.Max)}]",
        };
        return new BenchLine(name, values) { Unit = unit, Ours = ours }.Against(goal, spread.Median, double.NaN);
    }

    /// <summary>A case that could not run, and why.</summary>
    public static BenchLine Skipped(string name, string reason)
        => new(name, new Dictionary<string, string>(StringComparer.Ordinal) { ["reason"] = reason.ReplaceLineEndings(" ") })
        { Verdict = "skipped" };

    /// <summary>A case measured in milliseconds or microseconds: the median is ours, the slowest of twenty stands beside it.</summary>
    public static BenchLine Of(string name, IReadOnlyList<TimeSpan> runs)
    {
        var sorted = runs.Order().ToList();
        return new BenchLine(name, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ours"] = Text(sorted[sorted.Count / 2]),
            ["p95"] = Text(sorted[Math.Min(sorted.Count - 1, sorted.Count * 95 / 100)]),
            ["runs"] = sorted.Count.ToString(CultureInfo.InvariantCulture),
        })
        { Unit = "ms", Ours = [.. sorted.Select(r => r.TotalMilliseconds)] };
    }

    /// <summary>With another value to be printed.</summary>
    public BenchLine With(string key, string value)
        => this with { Values = new Dictionary<string, string>(Values, StringComparer.Ordinal) { [key] = value } };

    /// <summary>The lines as JSON.</summary>
    public static string ToJson(IReadOnlyList<BenchLine> lines) => JsonSerializer.Serialize(lines, Readable);

    /// <summary>Lines of a run before.</summary>
    /// <exception cref="JsonException">The text holds none.</exception>
    public static IReadOnlyList<BenchLine> FromJson(string text) => JsonSerializer.Deserialize<List<BenchLine>>(text, Readable) ?? [];

    /// <inheritdoc/>
    public override string ToString() => Verdict == "skipped" ? $"{Name} skipped: {Values["reason"]}"
        : $"{Name} {string.Join(' ', Values.Select(v => $"{v.Key}={v.Value}"))}{(Verdict.Length > 0 ? $" {Verdict}" : "")}";

    private BenchLine Against(Goal? goal, double ours, double ratio) => goal is null ? this
        : With("goal", $"{goal}") with { Goal = $"{goal}", Verdict = goal.IsMet(ours, ratio) ? "met" : "short" };

    private static string Text(TimeSpan time) => time.TotalMilliseconds >= 0.1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F2}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:F3}us");
}
