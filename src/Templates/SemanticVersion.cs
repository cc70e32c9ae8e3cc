using System.Globalization;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>A semantic version, with the methods that Sprig's has.</summary>
internal sealed partial record SemanticVersion(ulong Major, ulong Minor, ulong Patch, string Prerelease, string Metadata, string Original)
    : IGoObject, IComparable<SemanticVersion>
{
    /// <summary>Longest version or range that is read, in characters.</summary>
    public const int Longest = 4096;

    public string Type => "*semver.Version";

    public object Json => Text;

    public string Text
    {
        get
        {
            var pre = Prerelease.Length > 0 ? "-" + Prerelease : "";
            var metadata = Metadata.Length > 0 ? "+" + Metadata : "";
            return string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{pre}{metadata}");
        }
    }

    /// <summary>Reads a version; parts that are left out are 0.</summary>
    /// <exception cref="TemplateFault">It is none.</exception>
    public static SemanticVersion Parse(string text)
    {
        var match = text.Length <= Longest ? Shape().Match(text) : Match.Empty;
        if (!match.Success) throw new TemplateFault("Invalid Semantic Version");
        var pre = match.Groups["pre"].Value;
        CheckPrerelease(pre);
        return new SemanticVersion(Part(match, "major"), Part(match, "minor"), Part(match, "patch"), pre, match.Groups["meta"].Value,
            text);
    }

    public int CompareTo(SemanticVersion? other)
    {
        if (other is null) return 1;
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        return order != 0 ? order : ComparePrerelease(Prerelease, other.Prerelease);
    }

    /// <summary>The order of what follows the numbers: none comes last; numbers come before words.</summary>
    public static int ComparePrerelease(string a, string b)
    {
        if (a == b) return 0;
        if (a.Length == 0) return 1;
        if (b.Length == 0) return -1;
        var (x, y) = (a.Split('.'), b.Split('.'));
        for (var i = 0; i < Math.Max(x.Length, y.Length); i++)
        {
            if (i == x.Length) return -1;
            if (i == y.Length) return 1;
            if (x[i] == y[i]) continue;
            var isNumber = ulong.TryParse(x[i], NumberStyles.None, CultureInfo.InvariantCulture, out var m);
            var isOther = ulong.TryParse(y[i], NumberStyles.None, CultureInfo.InvariantCulture, out var n);
            if (isNumber != isOther) return isNumber ? -1 : 1;
            return isNumber ? m > n ? 1 : -1 : string.CompareOrdinal(x[i], y[i]) > 0 ? 1 : -1;
        }

        return 0;
    }

    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        budget.MakeText(4L * Original.Length);
        SemanticVersion Other()
        {
            if (arguments is not [SemanticVersion other])
                throw new TemplateFault($"wrong type for value; expected *semver.Version for {name}");
            Cut(Prerelease, budget);
            Cut(other.Prerelease, budget);
            return other;
        }

        string Argument()
        {
            if (arguments is not [string text]) throw new TemplateFault($"expected string for {name}");
            Cut(text, budget);
            // The next version is written with it, as itself and as it was read.
            budget.MakeText(4L * text.Length);
            return text;
        }

        value = name switch
        {
            "Major" => new Whole((long)Major, "uint64"),
            "Minor" => new Whole((long)Minor, "uint64"),
            "Patch" => new Whole((long)Patch, "uint64"),
            "Prerelease" => Prerelease,
            "Metadata" => Metadata,
            "Original" => Original,
            "String" => Text,
            "Compare" => (long)Math.Sign(CompareTo(Other())),
            "LessThan" => CompareTo(Other()) < 0,
            "GreaterThan" => CompareTo(Other()) > 0,
            "Equal" => CompareTo(Other()) == 0,
            "IncMajor" => Next(new SemanticVersion(Major + 1, 0, 0, "", "", "")),
            "IncMinor" => Next(new SemanticVersion(Major, Minor + 1, 0, "", "", "")),
            "IncPatch" => Next(new SemanticVersion(Major, Minor, Prerelease.Length > 0 ? Patch : Patch + 1, "", "", "")),
            "SetPrerelease" => Next(this with { Prerelease = CheckPrerelease(Argument()) }),
            "SetMetadata" => Next(this with { Metadata = CheckParts(Argument(), "Invalid Metadata string") }),
            _ => null,
        };
        return value is not null;
    }

    public override string ToString() => Text;

    /// <summary>Charges for a text that is cut at its dots.</summary>
    private static void Cut(string text, RenderBudget budget) => budget.MakePieces(text.Length, text.AsSpan().Count('.') + 1L);

    private SemanticVersion Next(SemanticVersion next)
        => next with { Original = (Original.StartsWith('v') ? "v" : "") + next.Text };

    private static string CheckPrerelease(string text)
    {
        foreach (var part in text.Split('.'))
        {
            if (part.Length > 1 && part[0] == '0' && !part.AsSpan().ContainsAnyExceptInRange('0', '9'))
                throw new TemplateFault("Version segment starts with 0");
        }

        return CheckParts(text, "Invalid Prerelease string");
    }

    private static string CheckParts(string text, string fault)
        => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? text : throw new TemplateFault(fault);

    private static ulong Part(Match match, string group)
        => !match.Groups[group].Success ? 0
            : ulong.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
            : throw new TemplateFault($"Error parsing version segment: {GoQuote.Text(match.Groups[group].Value)} is out of range");

    [GeneratedRegex(
        @"\Av?(?<major>[0-9]+)(\.(?<minor>[0-9]+))?(\.(?<patch>[0-9]+))?"
        + @"(-(?<pre>[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+(?<meta>[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Shape();
}
