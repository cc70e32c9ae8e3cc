using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// The ranges that Sprig's semverCompare takes: = != &gt; &lt; &gt;= &lt;= ~ ^, x for any number, `1.2 - 1.4`, several with commas or
/// blanks (all hold), and || (one holds). A version with a prerelease is in no range that names none.
/// </summary>
internal sealed partial class VersionRange
{
    private const string Version = @"v?[0-9xX*]+(\.[0-9xX*]+)?(\.[0-9xX*]+)?"
        + @"(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?";

    private const string Operator = "(=<|=>|=|!=|>=|<=|>|<|~>|~|\\^)?";

    private readonly IReadOnlyList<IReadOnlyList<Bound>> _choices;

    private VersionRange(IReadOnlyList<IReadOnlyList<Bound>> choices) => _choices = choices;

    /// <summary>Reads a range.</summary>
    /// <exception cref="TemplateFault">It is none.</exception>
    public static VersionRange Parse(string text)
    {
        if (text.Length > SemanticVersion.Longest) throw new TemplateFault("improper constraint: too long");
        text = FromTo().Replace(text, m => $">= {m.Groups["from"].Value}, <= {m.Groups["to"].Value}");
        return new VersionRange([.. text.Split("||").Select(choice => (IReadOnlyList<Bound>)[.. Bounds(choice)])]);
    }

    public bool Has(SemanticVersion version) => _choices.Any(all => all.All(bound => bound.Admits(version)));

    private static IEnumerable<Bound> Bounds(string choice)
    {
        if (!Several().IsMatch(choice)) throw new TemplateFault($"improper constraint: {choice}");
        return One().Matches(choice).Select(Bound.From);
    }

    // Ranges are texts of templates: nothing is tried again, whatever they hold.
    [GeneratedRegex(@"\s*(?<from>" + Version + @")\s+-\s+(?<to>" + Version + @")\s*",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex FromTo();

    [GeneratedRegex(@"\A\s*" + Operator + @"\s*" + Version + @"((\s+|\s*,\s*)" + Operator + @"\s*" + Version + @")*\s*\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Several();

    [GeneratedRegex("(?<op>" + Operator + @")\s*v?(?<major>[0-9xX*]+)(\.(?<minor>[0-9xX*]+))?(\.(?<patch>[0-9xX*]+))?"
        + @"(?<pre>-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(?<meta>\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex One();

    /// <summary>One bound: an operator and a version of which the last parts may be open.</summary>
    private sealed record Bound(string Operator, SemanticVersion Version, bool IsOpen, bool IsMinorOpen, bool IsPatchOpen)
    {
        public static Bound From(Match match)
        {
            static bool Open(Group part) => !part.Success || part.Value is "x" or "X" or "*";
            var (major, minor, patch) = (match.Groups["major"], match.Groups["minor"], match.Groups["patch"]);
            var pre = match.Groups["pre"].Value;
            var (isAny, isMinorOpen, isPatchOpen) = Open(major) ? (true, false, false) : Open(minor) ? (false, true, false)
                : (false, false, Open(patch));
            var text = isAny ? $"0.0.0{pre}" : isMinorOpen ? $"{major.Value}.0.0{pre}"
                : isPatchOpen ? $"{major.Value}.{minor.Value}.0{pre}"
                : $"{major.Value}.{minor.Value}.{patch.Value}{pre}{match.Groups["meta"].Value}";
            try
            {
                return new Bound(match.Groups["op"].Value, SemanticVersion.Parse(text), isAny || isMinorOpen || isPatchOpen, isMinorOpen,
                    isPatchOpen);
            }
            catch (TemplateFault)
            {
                throw new TemplateFault("constraint Parser Error");
            }
        }

        public bool Admits(SemanticVersion v)
        {
            if (v.Prerelease.Length > 0 && Version.Prerelease.Length == 0 && (Operator != "!=" || IsOpen)) return false;
            var order = v.CompareTo(Version);
            return Operator switch
            {
                "!=" => IsOpen ? Differs(v) : order != 0,
                ">" => IsOpen ? IsBeyond(v) : order > 0,
                "<" => order < 0,
                ">=" or "=>" => order >= 0,
                "<=" or "=<" => !IsOpen ? order <= 0
                    : v.Major < Version.Major || (v.Major == Version.Major && (v.Minor <= Version.Minor || IsMinorOpen)),
                "~" or "~>" => IsNear(v, order),
                "^" => order >= 0 && IsCompatible(v),
                _ => IsOpen ? IsNear(v, order) : order == 0,
            };
        }

        private bool Differs(SemanticVersion v)
        {
            if (Version.Major != v.Major) return true;
            if (IsMinorOpen) return false;
            if (Version.Minor != v.Minor) return true;
            if (!IsPatchOpen) return Version.Patch != v.Patch || v.CompareTo(Version) != 0;
            return (v.Prerelease.Length > 0 || Version.Prerelease.Length > 0)
                && SemanticVersion.ComparePrerelease(v.Prerelease, Version.Prerelease) != 0;
        }

        private bool IsBeyond(SemanticVersion v)
        {
            if (v.Major != Version.Major) return v.Major > Version.Major;
            if (IsMinorOpen) return false;
            return IsPatchOpen ? v.Minor > Version.Minor : v.CompareTo(Version) > 0;
        }

        private bool IsNear(SemanticVersion v, int order)
        {
            if (order < 0) return false;
            // 0.0.0, and what is open in all its parts.
            if ((Version.Major, Version.Minor, Version.Patch) == (0, 0, 0) && !IsMinorOpen && !IsPatchOpen) return true;
            return v.Major == Version.Major && (IsMinorOpen || v.Minor == Version.Minor);
        }

        /// <summary>The first number that is not 0 stays.</summary>
        private bool IsCompatible(SemanticVersion v)
        {
            if (Version.Major > 0 || IsMinorOpen) return v.Major == Version.Major;
            if (v.Major > 0) return false;
            if (Version.Minor > 0 || IsPatchOpen) return v.Minor == Version.Minor;
            return v.Minor == 0 && v.Patch == Version.Patch;
        }
    }
}
