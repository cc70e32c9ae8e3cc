using System.Globalization;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// A semantic version and the ranges that Sprig's semverCompare takes (=, !=, &gt;, &lt;, &gt;=, &lt;=, ~, ^, x ranges, commas, ||).
/// </summary>
internal sealed partial record SemanticVersion(long Major, long Minor, long Patch, string Prerelease, string Metadata)
    : IComparable<SemanticVersion>
{
    public static SemanticVersion Parse(string text)
    {
        var match = Shape().Match(text.Trim());
        if (!match.Success) throw new TemplateFault($"\"{text}\" is not a semantic version");
        long Part(string group)
            => match.Groups[group] is { Success: true, Value: var v }
                && long.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        return new SemanticVersion(Part("major"), Part("minor"), Part("patch"), match.Groups["pre"].Value, match.Groups["meta"].Value);
    }

    public int CompareTo(SemanticVersion? other)
    {
        if (other is null) return 1;
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0 || Prerelease == other.Prerelease) return order;
        if (Prerelease.Length == 0) return 1;
        return other.Prerelease.Length == 0 ? -1 : string.CompareOrdinal(Prerelease, other.Prerelease);
    }

    public bool Satisfies(string range) => range.Split("||").Any(any => any.Split(',').All(one => SatisfiesOne(one.Trim())));

    private bool SatisfiesOne(string constraint)
    {
        var match = Constraint().Match(constraint);
        if (!match.Success) throw new TemplateFault($"improper constraint: {constraint}");
        var bound = Parse(
            match.Groups["version"].Value.Replace(".x", "", StringComparison.OrdinalIgnoreCase)
                .Replace(".*", "", StringComparison.Ordinal));
        var parts = match.Groups["version"].Value.Split('-')[0].Split('.').Count(p => p is not ("x" or "X" or "*"));
        var order = CompareTo(bound);
        return match.Groups["op"].Value switch
        {
            "!=" => order != 0,
            ">" => order > 0,
            "<" => order < 0,
            ">=" or "=>" => order >= 0,
            "<=" or "=<" => order <= 0,
            "~" or "~>" => order >= 0 && Major == bound.Major && (parts < 2 || Minor == bound.Minor),
            "^" => order >= 0 && Major == bound.Major && (bound.Major > 0 || Minor == bound.Minor),
            _ => parts switch { 1 => Major == bound.Major, 2 => Major == bound.Major && Minor == bound.Minor, _ => order == 0 },
        };
    }

    [GeneratedRegex(
        @"^v?(?<major>\d{1,18})(\.(?<minor>\d{1,18}))?(\.(?<patch>\d{1,18}))?"
        + @"(-(?<pre>[0-9A-Za-z.-]+))?(\+(?<meta>[0-9A-Za-z.-]+))?$",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shape();

    [GeneratedRegex(@"^(?<op>!=|>=|=>|<=|=<|~>|[=><~^])?\s*(?<version>v?\d[0-9A-Za-z.*+-]*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Constraint();
}
