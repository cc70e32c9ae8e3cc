using System.Globalization;
using Anvil.Support;

namespace Anvil.Edge.Tests.Costs;

/// <summary>What an operation may allocate, as costs.txt beside this file records it: a name and octets a line, and why in a
/// comment.</summary>
internal sealed class CostBook
{
    /// <summary>How far an operation may be above its record, and how far below before the record is to be mended.</summary>
    public const double Tolerance = 0.1;

    /// <summary>Octets that are nobody's: what is made once for many calls.</summary>
    private const double Slack = 16;

    private readonly Dictionary<string, double> _octets = new(StringComparer.Ordinal);

    /// <summary>Reads the records.</summary>
    public CostBook()
    {
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "tests", "Edge.Tests", "Costs", "costs.txt")))
        {
            if (line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, var octets])
                _octets.Add(name, double.Parse(octets, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>What is wrong with a cost; null where it is as recorded.</summary>
    public string? Fault(string name, double octets)
    {
        if (!_octets.Remove(name, out var recorded)) return $"{name} {octets:F0}   # is not recorded";
        if (octets > (recorded * (1 + Tolerance)) + Slack) return $"{name} {octets:F0}   # is dearer: {recorded:F0} is recorded";
        return octets < (recorded * (1 - Tolerance)) - Slack ? $"{name} {octets:F0}   # is cheaper: {recorded:F0} is recorded" : null;
    }

    /// <summary>Records that belong to no operation.</summary>
    public IEnumerable<string> Left => _octets.Keys.Select(n => $"{n}   # is recorded, and no operation");
}
