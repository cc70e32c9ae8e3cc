using System.Security.Cryptography;
using System.Text;

namespace Anvil.Templates;

/// <summary>Sprig's string functions.</summary>
internal static class StringFunctions
{
    /// <summary>Entries of the map that `split` makes: a piece, its name and its place in the map.</summary>
    private const int OctetsOfPart = 256;

    public static IEnumerable<Function> All() =>
    [
        Function.OfText("trim", s => s.Trim()),
        Function.OfText("trimAll", TrimAll),
        Function.OfText("trimall", TrimAll),
        Function.OfText("trimSuffix", (end, s, _) => s.EndsWith(end, StringComparison.Ordinal) ? s[..^end.Length] : s),
        Function.OfText("trimPrefix", (start, s, _) => s.StartsWith(start, StringComparison.Ordinal) ? s[start.Length..] : s),
        Function.OfText("upper", s => s.ToUpperInvariant()),
        Function.OfText("lower", s => s.ToLowerInvariant()),
        Function.OfText("title", (s, b) => EachWord(s, char.ToUpperInvariant, b)),
        Function.OfText("untitle", (s, b) => EachWord(s, char.ToLowerInvariant, b)),
        Function.Of("repeat", (n, s, b) => Repeat(b.Text(s), Function.Size(n), b)),
        Function.Of("substr", Substring),
        Function.OfText("nospace", s => string.Concat(s.Where(c => !char.IsWhiteSpace(c)))),
        Function.Of("trunc", (n, s, b) => Truncate(Values.ToLong(n), b.Text(s))),
        Function.Of("abbrev", (n, s, b) => Abbreviate((int)Math.Clamp(Values.ToLong(n), 0, 1_000_000), b.Text(s))),
        Function.OfText("initials", (s, b) => string.Concat(Words(s, b).Select(w => w[0]))),
        Function.Of("wrap", (n, s, b) => Wrap(b.Text(s), Function.Size(n), "\n", b)),
        Function.Of("wrapWith", (n, sep, s, b) => Wrap(b.Text(s), Function.Size(n), b.Text(sep), b)),
        Function.OfText("contains", (part, s, b) => Contains(s, part, b)).ChargingAll(),
        Function.OfText("hasPrefix", (part, s, _) => s.StartsWith(part, StringComparison.Ordinal)),
        Function.OfText("hasSuffix", (part, s, _) => s.EndsWith(part, StringComparison.Ordinal)),
        Function.Any("quote", 0, (a, b) => Joined(a, " ", (v, _) => Printf.Quote(b.Text(v), b), b)),
        Function.Any("squote", 0, (a, b) => Joined(a, " ", (v, _) => $"'{b.Text(v)}'", b)),
        Function.Any("cat", 0, (a, b) => Joined(a, " ", (v, _) => b.Text(v), b)),
        Function.Of("indent", (n, s, b) => Indent(n, s, b)),
        Function.Of("nindent", (n, s, b) => "\n" + Indent(n, s, b)),
        Function.Of("replace", Replace),
        Function.Of("plural", (one, many, n, _) => Values.ToLong(n) == 1 ? one : many).ChargingAll(),
        Function.OfText("snakecase", (s, _) => Cased(s, "_")),
        Function.OfText("kebabcase", (s, _) => Cased(s, "-")),
        Function.OfText("camelcase", Camel),
        Function.OfText("swapcase",
            s => string.Concat(s.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        Function.Of("toString", (a, b) => b.Text(a)).ChargingAll(),
        Function.Of("toStrings", (a, b) => Function.List(a).Select(v => (object?)b.Text(v)).ToList()),
        Function.Of("join",
            (sep, list, b) => list is IReadOnlyList<object?> items ? Joined(items, b.Text(sep), (v, _) => b.Text(v), b) : b.Text(list)),
        Function.OfText("split", (sep, s, b) => Parts(Pieces(s, sep, int.MaxValue, b), b)),
        Function.Of("splitn", (sep, n, s, b) => Parts(Pieces(b.Text(s), b.Text(sep), Math.Max(1, Function.Size(n)), b), b)),
        Function.OfText("splitList", (sep, s, b) => Pieces(s, sep, int.MaxValue, b).ToList<object?>()),
        Function.Of("sortAlpha", SortAlpha),
        Function.Of("randAlphaNum", (n, b) => Random(n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", b)),
        Function.Of("randAlpha", (n, b) => Random(n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", b)),
        Function.Of("randNumeric", (n, b) => Random(n, "0123456789", b)),
        Function.Of("randAscii", (n, b) => Random(n, string.Concat(Enumerable.Range(33, 94).Select(c => (char)c)), b)),
        Function.Of("uuidv4", () => Guid.NewGuid().ToString()),
        Function.OfText("base", s => s.Length == 0 ? "." : s.TrimEnd('/') is var path ? path[(path.LastIndexOf('/') + 1)..] : ""),
        Function.OfText("dir", Directory),
        Function.OfText("ext", s => Path.GetExtension(s)),
        Function.OfText("clean",
            s => Path.GetFullPath("/" + s) is var full && s.StartsWith('/')
                ? full : full.TrimStart('/') is { Length: > 0 } relative ? relative : "."),
        Function.OfText("isAbs", s => s.StartsWith('/')),
        Function.OfText("fail", s => throw new TemplateFault(s)),
    ];

    private static string TrimAll(string cut, string text, RenderBudget budget)
    {
        // Each character of the text may be looked for among all that are cut.
        budget.Step(1 + ((long)cut.Length * text.Length / 1024));
        return text.Trim(cut.ToCharArray());
    }

    private static string Repeat(string text, int count, RenderBudget budget)
    {
        budget.MakeText(2L * text.Length * count);
        return new StringBuilder(text.Length * count).Insert(0, text, count).ToString();
    }

    private static bool Contains(string text, string part, RenderBudget budget)
    {
        budget.Search(text, part);
        return text.Contains(part, StringComparison.Ordinal);
    }

    private static int Count(string text, string part, RenderBudget budget)
    {
        budget.Search(text, part);
        var count = 0;
        for (var at = 0; part.Length > 0 && (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length) count++;
        return count;
    }

    private static object? Replace(object? from, object? to, object? value, RenderBudget budget)
    {
        var (old, by, text) = (budget.Text(from), budget.Text(to), budget.Text(value));
        if (old.Length == 0) return value;
        var count = Count(text, old, budget);
        budget.MakeText(text.Length + ((long)count * (by.Length + 4)));
        return text.Replace(old, by, StringComparison.Ordinal);
    }

    /// <summary>A text cut at each separator; one without a separator is one piece.</summary>
    private static string[] Pieces(string text, string separator, int most, RenderBudget budget)
    {
        budget.MakePieces(text.Length, Math.Min(most, Count(text, separator, budget) + 1L));
        return text.Split(separator, most);
    }

    private static string[] Words(string text, RenderBudget budget)
    {
        budget.MakePieces(text.Length, text.AsSpan().Count(' ') + 1L);
        return text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static TemplateMap Parts(string[] pieces, RenderBudget budget)
    {
        budget.Step(pieces.Length);
        budget.Allocate((long)pieces.Length * OctetsOfPart);
        return new TemplateMap(pieces.Select((part, i) => KeyValuePair.Create($"_{i}", (object?)part)));
    }

    private static string Joined(IReadOnlyList<object?> items, string separator, Func<object?, int, string> text, RenderBudget budget)
    {
        var output = new StringBuilder();
        var isFirst = true;
        for (var i = 0; i < items.Count; i++)
        {
            budget.Step();
            if (items[i] is null) continue;
            if (!isFirst)
            {
                budget.MakeText(separator.Length);
                output.Append(separator);
            }

            isFirst = false;
            var one = text(items[i], i);
            budget.MakeText(2L * one.Length);
            output.Append(one);
        }

        budget.MakeText(output.Length);
        return output.ToString();
    }

    private static object? SortAlpha(object? list, RenderBudget budget)
    {
        var texts = Function.List(list).Select(budget.Text).ToArray();
        budget.Sort(texts);
        Array.Sort(texts, StringComparer.Ordinal);
        return texts.ToList<object?>();
    }

    private static string Camel(string text, RenderBudget budget)
    {
        budget.MakePieces(text.Length, text.AsSpan().CountAny('_', '-', ' ') + 1L, 192);
        return string.Concat(text.Split('_', '-', ' ').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }

    private static object? Substring(object? from, object? to, object? value, RenderBudget budget)
    {
        var text = budget.Text(value);
        var start = Values.ToLong(from);
        var end = Values.ToLong(to);
        if (end < 0 || end > text.Length) end = text.Length;
        if (start < 0) start = 0;
        return start >= end ? "" : text[(int)start..(int)end];
    }

    private static string Truncate(long n, string text) => n switch
    {
        >= 0 when n < text.Length => text[..(int)n],
        < 0 when -n < text.Length => text[(int)(text.Length + n)..],
        _ => text,
    };

    private static string Abbreviate(int width, string text) => width < 4 || text.Length <= width ? text : text[..(width - 3)] + "...";

    private static string Indent(object? spaces, object? value, RenderBudget budget)
    {
        var (size, text) = (Function.Size(spaces), budget.Text(value));
        budget.MakeText(2 * (text.Length + ((long)size * (text.AsSpan().Count('\n') + 2))));
        var pad = new string(' ', size);
        return pad + text.Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    private static string EachWord(string text, Func<char, char> change, RenderBudget budget)
    {
        budget.MakePieces(text.Length, text.AsSpan().Count(' ') + 1L, 192);
        return string.Join(' ', text.Split(' ').Select(w => w.Length == 0 ? w : change(w[0]) + w[1..]));
    }

    private static string Cased(string text, string separator)
    {
        var output = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is ' ' or '-' or '_') output.Append(separator);
            else if (char.IsUpper(text[i]) && i > 0 && char.IsLower(text[i - 1]))
                output.Append(separator).Append(char.ToLowerInvariant(text[i]));
            else output.Append(char.ToLowerInvariant(text[i]));
        }

        return output.ToString();
    }

    private static string Wrap(string text, int width, string separator, RenderBudget budget)
    {
        var output = new StringBuilder();
        var column = 0;
        foreach (var word in Words(text, budget))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
                budget.MakeText(2L * separator.Length);
                output.Append(separator);
                column = 0;
            }
            else if (column > 0)
            {
                output.Append(' ');
                column++;
            }

            output.Append(word);
            column += word.Length;
        }

        return output.ToString();
    }

    private static string Directory(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "." : slash == 0 ? "/" : path[..slash];
    }

    private static string Random(object? count, string alphabet, RenderBudget budget)
    {
        var size = Function.Size(count);
        budget.Step(1 + (size / 8));
        budget.MakeText(size);
        return RandomNumberGenerator.GetString(alphabet, size);
    }
}
