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

    /// <summary>
    /// What the machinery of a pattern takes before it has seen a text, and for each of its characters, counted repetitions written out.
    /// </summary>
    private const int OctetsOfPattern = 256 << 10;
    private const int OctetsOfPatternCharacter = 4096;

    /// <summary>
    /// What the machinery takes as it goes on: it makes a state for a text's character, up to so many, and keeps them for the render. What
    /// more some patterns take (tens of megabytes, where each state is of many places) is charged as it was taken.
    /// </summary>
    private const int OctetsOfState = 64;
    private const int MostStates = 10_000;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("regexMatch", "text text", a =>
        {
            try
            {
                return First(a).Success;
            }
            catch (TemplateFault e) when (e.Spent is null)
            {
                return false;
            }
        }),
        Function.Of("mustRegexMatch", "text text", a => First(a).Success),
        .. Function.Named("regexFind mustRegexFind", name => Function.Of(name, "text text", Find)),
        .. Function.Named("regexFindAll mustRegexFindAll", name => Function.Of(name, "text text int", FindAll)),
        .. Function.Named("regexReplaceAll mustRegexReplaceAll",
            name => Function.Of(name, "text text text", a => Replace(a, GoReplacement(a.Text(2))))),
        .. Function.Named("regexReplaceAllLiteral mustRegexReplaceAllLiteral",
            name => Function.Of(name, "text text text", a => Replace(a, [(a.Text(2), false)]))),
        .. Function.Named("regexSplit mustRegexSplit", name => Function.Of(name, "text text int", Split)),
        Function.Of("regexQuoteMeta", "text", a => QuoteMeta(a.Text(0))),
    ];

    private static GoPattern Make(string pattern, bool isWide, WordText? words, RenderBudget budget)
    {
        if (pattern.Length > TemplateLimits.PatternLength)
            throw new TemplateFault($"error parsing regexp: a pattern has at most {TemplateLimits.PatternLength} characters");
        budget.Step(1000 + (10 * pattern.Length));
        budget.Allocate(OctetsOfPattern + (OctetsOfPatternCharacter * (long)pattern.Length));
        if (words is not null)
        {
            // Each piece is compared with each character, and may mean all of them.
            budget.Step((long)pattern.Length * words.Size / 4);
            budget.Allocate((OctetsOfPattern / 8L * pattern.Length) + (8L * pattern.Length * words.Size));
        }

        var ready = PatternParser.Parse(pattern, isWide, words);
        budget.Allocate(OctetsOfPatternCharacter * Math.Max(0, PatternSize.Of(pattern) - pattern.Length));
        return ready;
    }

    /// <summary>The pattern that is the first argument, ready for the text that is the second.</summary>
    private static Sought Ready(Arguments a)
    {
        var (pattern, text) = (a.Text(0), a.Text(1));
        var isWide = text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');
        var words = WordText.Of(pattern, text, a.Budget);
        var key = words is null ? (isWide ? "w" : "n") + pattern : $"b{words.Size} {words.Key}{pattern}";
        var ready = a.Budget.Pattern(key, (_, b) => Make(pattern, isWide, words, b));
        a.Budget.Step(1 + (text.Length / 16));
        var states = OctetsOfState * (long)Math.Min(text.Length, MostStates);
        a.Budget.Allocate(states);
        return new Sought(ready, text, words?.Seen ?? text) { Prepaid = states };
    }

    private static Match First(Arguments a) => Search(Ready(a), 0, a.Budget);

    private static object? Find(Arguments a)
    {
        var match = First(a);
        return a.Text(1).Substring(match.Index, match.Length);
    }

    private static Match Search(Sought sought, int from, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(OctetsOfMatch);
        budget.Look();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var match = sought.Pattern.Regex.Match(sought.Seen, from);
            // Between the halves of a character there is nothing.
            while (match is { Success: true, Length: 0 } && IsWithin(sought.Text, match.Index))
                match = sought.Pattern.Regex.Match(sought.Seen, match.Index + 1);
            // What was charged before comes off it once, with the first search.
            var taken = GC.GetAllocatedBytesForCurrentThread() - before - OctetsOfMatch - sought.Prepaid;
            sought.Prepaid = 0;
            if (taken > 0) budget.Allocate(taken);
            return match;
        }
        catch (RegexMatchTimeoutException)
        {
            throw new TemplateFault($"the pattern took longer than {TemplateLimits.PatternMilliseconds} ms", TemplateBound.Time);
        }
    }

    private static bool IsWithin(string text, int at) => at > 0 && at < text.Length && char.IsSurrogatePair(text[at - 1], text[at]);

    /// <summary>The end of the character at a place.</summary>
    private static int After(string text, int at)
        => at + (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1);

    /// <summary>All matches; one of nothing right after another is none.</summary>
    private static IEnumerable<Match> Matches(Sought sought, RenderBudget budget)
    {
        var last = -1;
        for (var at = 0; at <= sought.Text.Length;)
        {
            var match = Search(sought, at, budget);
            if (!match.Success) yield break;
            var end = match.Index + match.Length;
            var isAccepted = end != at || match.Index != last;
            at = end == at ? After(sought.Text, at) : end;
            last = end;
            if (isAccepted) yield return match;
        }
    }

    private static object? FindAll(Arguments a)
    {
        var n = a.Int(2);
        var sought = Ready(a);
        if (n == 0) return TypedList.Nil("string");
        var found = new List<string>();
        foreach (var match in Matches(sought, a.Budget))
        {
            a.Budget.MakeText(match.Length);
            found.Add(sought.Text.Substring(match.Index, match.Length));
            if (found.Count == n) break;
        }

        return found.Count == 0 ? TypedList.Nil("string") : TypedList.Texts(found);
    }

    private static object? Split(Arguments a)
    {
        var (text, n) = (a.Text(1), a.Int(2));
        var sought = Ready(a);
        if (n == 0) return TypedList.Nil("string");
        if (a.Text(0).Length > 0 && text.Length == 0) return TypedList.Texts([""]);
        var pieces = new List<string>();
        var (from, end) = (0, 0);
        foreach (var match in Matches(sought, a.Budget))
        {
            if (n > 0 && pieces.Count == n - 1) break;
            end = match.Index;
            if (match.Index + match.Length != 0)
            {
                a.Budget.MakeText(end - from);
                pieces.Add(text[from..end]);
            }

            from = match.Index + match.Length;
        }

        if (end != text.Length)
        {
            a.Budget.MakeText(text.Length - from);
            pieces.Add(text[from..]);
        }

        return TypedList.Texts(pieces);
    }

    private static string Replace(Arguments a, List<(string Text, bool IsGroup)> by)
    {
        var (text, budget) = (a.Text(1), a.Budget);
        var sought = Ready(a);
        var output = new StringBuilder();
        var from = 0;
        for (var at = 0; at <= text.Length;)
        {
            var match = Search(sought, at, budget);
            if (!match.Success) break;
            var end = match.Index + match.Length;
            budget.MakeText(match.Index - from);
            output.Append(text, from, match.Index - from);
            if (end > from || match.Index == 0) Expand(output, sought, match, by, budget);
            from = end;
            var next = at < text.Length ? After(text, at) : at + 1;
            at = next > end ? next : end;
        }

        if (from == 0 && output.Length == 0) return text;
        budget.MakeText(text.Length - from);
        output.Append(text, from, text.Length - from);
        budget.MakeText(output.Length);
        return output.ToString();
    }

    private static void Expand(
        StringBuilder output, Sought sought, Match match, List<(string Text, bool IsGroup)> by, RenderBudget budget)
    {
        foreach (var (part, isGroup) in by)
        {
            var value = isGroup ? sought.Pattern.Group(match, sought.Text, part) : part;
            budget.MakeText(value.Length);
            output.Append(value);
        }
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

    private static string QuoteMeta(string text)
    {
        var output = new StringBuilder(text.Length * 2);
        foreach (var c in text)
        {
            if (@"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal)) output.Append('\\');
            output.Append(c);
        }

        return output.ToString();
    }

    /// <summary>What is looked for, and where.</summary>
    /// <param name="Pattern">The pattern.</param>
    /// <param name="Text">The text.</param>
    /// <param name="Seen">The text as the pattern sees it; its places are those of the text.</param>
    private sealed record Sought(GoPattern Pattern, string Text, string Seen)
    {
        /// <summary>Octets of states that were charged, and not taken yet.</summary>
        public long Prepaid { get; set; }
    }
}
