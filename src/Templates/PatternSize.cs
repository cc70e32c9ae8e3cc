using System.Globalization;

namespace Anvil.Templates;

/// <summary>How large a pattern is with its counted repetitions written out: `(a{100}){100}` is ten thousand characters in
/// seven.</summary>
public static class PatternSize
{
    /// <summary>The size of a pattern, whether or not it is well formed.</summary>
    public static long Of(string pattern)
    {
        var open = new Stack<long>();
        var (total, last) = (0L, 0L);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '(':
                    open.Push(total);
                    (total, last) = (0, 0);
                    break;
                case ')' when open.Count > 0:
                    last = Math.Max(total, 1);
                    total = Sum(open.Pop(), last);
                    break;
                case '{' when Count(pattern, i) is var (count, end):
                    total = Sum(total, last * Math.Max(count - 1, 0));
                    last = Sum(0, last * Math.Max(count, 1));
                    i = end;
                    break;
                case '[':
                    // One character of a class; a bracket that comes first, or behind a backslash, does not end it.
                    var at = i + 1;
                    if (at < pattern.Length && pattern[at] == '^') at++;
                    for (at++; at < pattern.Length && pattern[at] != ']'; at++)
                    {
                        if (pattern[at] == '\\') at++;
                    }

                    i = at;
                    last = 1;
                    total = Sum(total, 1);
                    break;
                case '*' or '+' or '?' or '|':
                    break;
                default:
                    if (pattern[i] == '\\') i++;
                    last = 1;
                    total = Sum(total, 1);
                    break;
            }
        }

        return open.Aggregate(total, Sum);
    }

    private static long Sum(long one, long other) => Math.Min(one + other, int.MaxValue);

    private static (long Count, int End)? Count(string pattern, int start)
    {
        var end = pattern.IndexOf('}', start);
        if (end < 0) return null;
        var most = 0L;
        foreach (var number in pattern[(start + 1)..end].Split(','))
        {
            if (number.Length == 0) continue;
            if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
            most = Math.Max(most, Math.Min(count, int.MaxValue));
        }

        return (most, end);
    }
}
