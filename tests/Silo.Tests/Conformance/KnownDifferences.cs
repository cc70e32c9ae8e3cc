namespace Anvil.Silo.Tests.Conformance;

/// <summary>
/// The differences that stay, `differences.txt`: a line for each, with the exchange's number (`*` for all), where it is (`status`, `body`,
/// a header's name, or the beginning of a JSON pointer, behind `+` for a field more), and why. What waits for a kind that is not there
/// yet may be gone any day.
/// </summary>
public sealed class KnownDifferences
{
    private const string Waits = " waits for ";

    private readonly List<(string Number, string Where, string Line)> _lines = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Reads the list.</summary>
    public KnownDifferences()
    {
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Conformance", "differences.txt"))
            .Where(l => l.Length > 0 && l[0] != '#'))
        {
            var parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            Assert.True(parts.Length == 3, $"differences.txt: a number, a place and a reason are needed: {line}");
            foreach (var number in parts[0].Split(',')) _lines.Add((number, parts[1], line));
        }
    }

    /// <summary>Lines of which nothing was found.</summary>
    public IEnumerable<string> Unused
        => _lines.Select(l => l.Line).Distinct().Where(l => !_used.Contains(l) && !l.Contains(Waits, StringComparison.Ordinal));

    /// <summary>True for a difference that is named.</summary>
    public bool IsNamed(string number, string where)
    {
        var isNamed = false;
        foreach (var (exchange, place, line) in _lines.Where(l => l.Number == "*" || l.Number == number))
        {
            if (where != place && !(where.StartsWith(place, StringComparison.Ordinal)
                && (place.EndsWith('/') || where[place.Length] == '/'))
                && !(exchange == "*" && place[0] == '+' && where[0] == '+' && where.EndsWith(place[1..], StringComparison.Ordinal)))
                continue;
            isNamed = true;
            _used.Add(line);
        }

        return isNamed;
    }
}
