using System.Text;

namespace Anvil.Bench.Report;

/// <summary>The lines as a table in Markdown: min / median / max of the runs.</summary>
internal static class Table
{
    /// <summary>The table; "" when no line has figures.</summary>
    public static string Of(IReadOnlyList<BenchLine> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines.Where(l => l.Ours.Count > 0))
        {
            if (text.Length == 0) text.AppendLine("| case | ours | peer | ratio | goal | |").AppendLine("|---|---|---|---|---|---|");
            var unit = line.Unit.Length == 0 ? "" : $" {line.Unit.TrimStart()}";
            var peer = line.Peer.Count == 0 ? "–"
                : $"{line.PeerName}{(line.IsRecorded ? " (recorded)" : "")}: {Spread.Of(line.Peer).Cell()}";
            text.Append(CultureInfo.InvariantCulture, $"| {line.Name} | {Spread.Of(line.Ours).Cell()}{unit} | {peer} ");
            text.Append(CultureInfo.InvariantCulture, $"| {(line.Ratios.Count == 0 ? "–" : Spread.Of(line.Ratios).Cell())} ");
            text.AppendLine(CultureInfo.InvariantCulture, $"| {line.Goal} | {line.Verdict} |");
        }

        return text.ToString();
    }
}
