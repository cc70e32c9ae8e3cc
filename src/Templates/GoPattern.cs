using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>A regular expression of Go's syntax, made ready.</summary>
/// <param name="Regex">What finds it; its groups have no names, but the numbers that Go gives them.</param>
/// <param name="Names">Names of groups, by their numbers; empty for one without.</param>
internal sealed record GoPattern(Regex Regex, IReadOnlyList<string> Names)
{
    /// <summary>The value of a group of a text by its number or name; empty when there is none, or it took no part.</summary>
    public ReadOnlySpan<char> Group(Match match, string text, string name)
    {
        // Digits are a number, but for those with a zero before them or too many.
        if (name.Length < 10 && (name.Length == 1 || name[0] != '0') && !name.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return int.Parse(name, System.Globalization.CultureInfo.InvariantCulture) is var n && n < match.Groups.Count
                ? Of(match.Groups[n], text) : [];
        for (var i = 1; i < Names.Count; i++)
        {
            if (Names[i] == name && match.Groups[i].Success) return Of(match.Groups[i], text);
        }

        return [];
    }

    private static ReadOnlySpan<char> Of(Group group, string text) => text.AsSpan(group.Index, group.Length);
}
