using System.Text;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// Sprig's regular-expression functions. As Go's, they take a time that grows with the text alone: what needs going back (look-around,
/// back-references) is no pattern.
/// </summary>
internal static class PatternFunctions
{
    private const int OctetsOfMatch = 512;

    /// <summary>What the machinery of a pattern takes before it has seen a text, and for each of its characters.</summary>
    private const int OctetsOfPattern = 256 << 10;
    private const int OctetsOfPatternCharacter = 4096;

    /// <summary>
    /// What the machinery takes as it goes on: it makes a state for a text's character, up to so many, and keeps them for the render.
    /// </summary>
    private const int OctetsOfState = 64;
    private const int MostStates = 10_000;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(TemplateLimits.PatternMilliseconds);

    public static IEnumerable<Function> All() =>
    [
        Function.OfText("regexMatch", (p, s, b) => First(p, s, b).Success),
        Function.OfText("mustRegexMatch", (p, s, b) => First(p, s, b).Success),
        Function.OfText("regexFind", (p, s, b) => First(p, s, b).Value),
        Function.Of("regexFindAll", FindAll),
        Function.Of("regexReplaceAll", (p, s, by, b) => Replace(b.Text(p), b.Text(s), GoReplacement(b.Text(by)), b)),
        Function.Of("regexReplaceAllLiteral", (p, s, by, b) => Replace(b.Text(p), b.Text(s), [(b.Text(by), false)], b)),
        Function.Of("regexSplit", Split),
        Function.OfText("regexQuoteMeta", Regex.Escape),
    ];

    private static Regex Make(string pattern, RenderBudget budget)
    {
        if (pattern.Length > TemplateLimits.PatternLength)
            throw new TemplateFault($"error parsing regexp: a pattern has at most {TemplateLimits.PatternLength} characters");
        budget.Step(1000 + (10 * pattern.Length));
        budget.Allocate(OctetsOfPattern + (OctetsOfPatternCharacter * (long)pattern.Length));
        try
        {
            var text = pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);
            return new Regex(text, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Longest);
        }
        catch (ArgumentException e)
        {
            throw new TemplateFault($"error parsing regexp: {e.Message}");
        }
        catch (NotSupportedException e)
        {
            throw new TemplateFault($"error parsing regexp: invalid or unsupported syntax: {e.Message}");
        }
    }

    private static Match First(string pattern, string text, RenderBudget budget)
    {
        var regex = Ready(pattern, text, budget);
        return Search(() => regex.Match(text), budget);
    }

    private static Regex Ready(string pattern, string text, RenderBudget budget)
    {
        var regex = budget.Pattern(pattern, Make);
        budget.Step(1 + (text.Length / 16));
        budget.Allocate(OctetsOfState * (long)Math.Min(text.Length, MostStates));
        return regex;
    }

    private static Match Search(Func<Match> search, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(OctetsOfMatch);
        budget.Look();
        try
        {
            return search();
        }
        catch (RegexMatchTimeoutException)
        {
            throw new TemplateFault($"the pattern took longer than {TemplateLimits.PatternMilliseconds} ms", TemplateBound.Time);
        }
    }

    private static IEnumerable<Match> Matches(string pattern, string text, RenderBudget budget)
    {
        var regex = Ready(pattern, text, budget);
        for (var match = Search(() => regex.Match(text), budget); match.Success;)
        {
            yield return match;
            var last = match;
            match = Search(last.NextMatch, budget);
        }
    }

    private static object? FindAll(object? pattern, object? text, object? most, RenderBudget budget)
    {
        var n = Values.ToLong(most);
        var found = new List<object?>();
        if (n == 0) return found;
        foreach (var match in Matches(budget.Text(pattern), budget.Text(text), budget))
        {
            budget.MakeText(match.Length);
            found.Add(match.Value);
            if (found.Count == n) break;
        }

        return found;
    }

    private static object? Split(object? pattern, object? text, object? most, RenderBudget budget)
    {
        var n = Values.ToLong(most);
        if (n >= 0) n = Function.Size(most);
        var (from, all) = (0, budget.Text(text));
        var pieces = new List<object?>();
        foreach (var match in Matches(budget.Text(pattern), all, budget))
        {
            if (n > 0 && pieces.Count >= n - 1) break;
            budget.MakeText(match.Index - from);
            pieces.Add(all[from..match.Index]);
            from = match.Index + match.Length;
            for (var i = 1; i < match.Groups.Count; i++)
            {
                if (!match.Groups[i].Success) continue;
                budget.MakeText(match.Groups[i].Length);
                pieces.Add(match.Groups[i].Value);
            }
        }

        budget.MakeText(all.Length - from);
        pieces.Add(all[from..]);
        return pieces;
    }

    private static string Replace(string pattern, string text, List<(string Text, bool IsGroup)> by, RenderBudget budget)
    {
        var output = new StringBuilder();
        var from = 0;
        foreach (var match in Matches(pattern, text, budget))
        {
            budget.MakeText(match.Index - from);
            output.Append(text, from, match.Index - from);
            from = match.Index + match.Length;
            foreach (var (part, isGroup) in by)
            {
                var group = isGroup ? match.Groups[part] : null;
                budget.MakeText(group?.Length ?? part.Length);
                if (group is null) output.Append(part);
                else output.Append(group.ValueSpan);
            }
        }

        if (from == 0 && output.Length == 0) return text;
        budget.MakeText(text.Length - from);
        output.Append(text, from, text.Length - from);
        budget.MakeText(output.Length);
        return output.ToString();
    }

    /// <summary>The parts of a replacement: texts, and groups by number or name ($1, ${name}; Go's Regexp.Expand).</summary>
    private static List<(string Text, bool IsGroup)> GoReplacement(string text)
    {
        var parts = new List<(string, bool)>();
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            if (text[i + 1] == '$')
            {
                plain.Append('$');
                i++;
                continue;
            }

            var isBraced = text[i + 1] == '{';
            var start = i + (isBraced ? 2 : 1);
            var end = start;
            while (end < text.Length && (text[end] == '_' || char.IsLetterOrDigit(text[end]))) end++;
            if (end == start || (isBraced && (end == text.Length || text[end] != '}')))
            {
                plain.Append('$');
                continue;
            }

            if (plain.Length > 0) parts.Add((plain.ToString(), false));
            plain.Clear();
            parts.Add((text[start..end], true));
            i = isBraced ? end : end - 1;
        }

        if (plain.Length > 0) parts.Add((plain.ToString(), false));
        return parts;
    }
}
