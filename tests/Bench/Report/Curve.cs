namespace Anvil.Bench.Report;

/// <summary>What lines show that differ in a size alone: the cost of a path against it.</summary>
/// <param name="Name">Their name, with N in the size's place.</param>
/// <param name="Unit">Unit of the figures.</param>
/// <param name="Ours">Our runs at each size, the smallest first.</param>
/// <param name="Peer">The peer's, where one stands beside each of ours; else empty.</param>
/// <param name="PeerName">Who that is; "" for nobody.</param>
internal sealed record Curve(string Name, string Unit, IReadOnlyList<(double Size, Spread Runs)> Ours,
    IReadOnlyList<(double Size, Spread Runs)> Peer, string PeerName)
{
    /// <summary>The curves of some lines, in their order: those of at least two sizes.</summary>
    public static IReadOnlyList<Curve> Of(IReadOnlyList<BenchLine> lines)
        => [.. lines.Where(l => l.Ours.Count > 0).Select(l => (Line: l, Place: PlaceOf(l.Name))).Where(l => l.Place is not null)
            .GroupBy(l => l.Place!.Value.Name, StringComparer.Ordinal)
            .Select(g => Of(g.Key, [.. g.OrderBy(l => l.Place!.Value.Size).Select(l => (l.Place!.Value.Size, l.Line))]))
            .Where(c => c.Ours.Count > 1)];

    private static Curve Of(string name, IReadOnlyList<(double Size, BenchLine Line)> lines)
    {
        // Where we stand beside ourselves, the other figure is one of the curve's own.
        var peers = lines.Select(l => l.Line.PeerName).Distinct(StringComparer.Ordinal).ToList();
        var hasPeer = peers is [{ Length: > 0 } only] && !only.StartsWith("Anvil", StringComparison.Ordinal);
        return new Curve(name, lines[0].Line.Unit.Trim(), [.. lines.Select(l => (l.Size, Spread.Of(l.Line.Ours)))],
            hasPeer ? [.. lines.Select(l => (l.Size, Spread.Of(l.Line.Peer)))] : [], hasPeer ? peers[0] : "");
    }

    /// <summary>The size in a name: the first of its parts that begins with a digit.</summary>
    private static (string Name, double Size)? PlaceOf(string name)
    {
        var parts = name.Split('.');
        var at = Array.FindIndex(parts, p => char.IsAsciiDigit(p[0]));
        if (at < 0) return null;
        var digits = parts[at].TakeWhile(char.IsAsciiDigit).Count();
        var size = double.Parse(parts[at].AsSpan(0, digits), CultureInfo.InvariantCulture);
        parts[at] = "N" + parts[at][digits..];
        return (string.Join('.', parts), size);
    }
}
