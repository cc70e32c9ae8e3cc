using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>Sprig's string and regular-expression functions.</summary>
internal static class StringFunctions
{
    private static readonly TimeSpan RegexTime = TimeSpan.FromSeconds(1);

    public static IEnumerable<Function> All() =>
    [
        Function.OfText("trim", s => s.Trim()),
        Function.OfText("trimAll", (cut, s) => s.Trim(cut.ToCharArray())),
        Function.OfText("trimall", (cut, s) => s.Trim(cut.ToCharArray())),
        Function.OfText("trimSuffix", (end, s) => s.EndsWith(end, StringComparison.Ordinal) ? s[..^end.Length] : s),
        Function.OfText("trimPrefix", (start, s) => s.StartsWith(start, StringComparison.Ordinal) ? s[start.Length..] : s),
        Function.OfText("upper", s => s.ToUpperInvariant()),
        Function.OfText("lower", s => s.ToLowerInvariant()),
        Function.OfText("title", s => EachWord(s, w => char.ToUpperInvariant(w[0]) + w[1..])),
        Function.OfText("untitle", s => EachWord(s, w => char.ToLowerInvariant(w[0]) + w[1..])),
        Function.Of("repeat", (n, s) => Repeat(Function.Text(s), Function.Size(n))),
        Function.Of("substr", Substring),
        Function.OfText("nospace", s => string.Concat(s.Where(c => !char.IsWhiteSpace(c)))),
        Function.Of("trunc", (n, s) => Truncate(Values.ToLong(n), Function.Text(s))),
        Function.Of("abbrev", (n, s) => Abbreviate((int)Math.Clamp(Values.ToLong(n), 0, 1_000_000), Function.Text(s))),
        Function.OfText("initials", s => string.Concat(s.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w[0]))),
        Function.Of("wrap", (n, s) => Wrap(Function.Text(s), Function.Size(n), "\n")),
        Function.Of("wrapWith", (n, sep, s) => Wrap(Function.Text(s), Function.Size(n), Function.Text(sep))),
        Function.OfText("contains", (part, s) => s.Contains(part, StringComparison.Ordinal)),
        Function.OfText("hasPrefix", (part, s) => s.StartsWith(part, StringComparison.Ordinal)),
        Function.OfText("hasSuffix", (part, s) => s.EndsWith(part, StringComparison.Ordinal)),
        Function.Any("quote", 0, a => string.Join(' ', a.Where(v => v is not null).Select(v => Printf.Format("%q", [Function.Text(v)])))),
        Function.Any("squote", 0, a => string.Join(' ', a.Where(v => v is not null).Select(v => $"'{Function.Text(v)}'"))),
        Function.Any("cat", 0, a => string.Join(' ', a.Where(v => v is not null).Select(Function.Text))),
        Function.Of("indent", (n, s) => Indent(n, s)),
        Function.Of("nindent", (n, s) => "\n" + Indent(n, s)),
        Function.Of("replace",
            (from, to, s) => Function.Text(from) is { Length: > 0 } f
                ? Function.Text(s).Replace(f, Function.Text(to), StringComparison.Ordinal) : s),
        Function.Of("plural", (one, many, n) => Values.ToLong(n) == 1 ? one : many),
        Function.OfText("snakecase", s => Cased(s, "_")),
        Function.OfText("kebabcase", s => Cased(s, "-")),
        Function.OfText("camelcase",
            s => string.Concat(s.Split('_', '-', ' ').Where(w => w.Length > 0).Select(w => char.ToUpperInvariant(w[0]) + w[1..]))),
        Function.OfText("swapcase",
            s => string.Concat(s.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        Function.OfText("regexMatch", (p, s) => Regex(p).IsMatch(s)),
        Function.OfText("mustRegexMatch", (p, s) => Regex(p).IsMatch(s)),
        Function.OfText("regexFind", (p, s) => Regex(p).Match(s).Value),
        Function.Of("regexFindAll", (p, s, n) => FindAll(p, s, n)),
        Function.Of("regexReplaceAll", (p, s, by) => Regex(Function.Text(p)).Replace(Function.Text(s), GoReplacement(Function.Text(by)))),
        Function.Of("regexReplaceAllLiteral", (p, s, by) => Regex(Function.Text(p)).Replace(Function.Text(s), _ => Function.Text(by))),
        Function.Of("regexSplit", (p, s, n) => Values.ToLong(n) < 0
            ? Regex(Function.Text(p)).Split(Function.Text(s)).ToList<object?>()
            : Regex(Function.Text(p)).Split(Function.Text(s), Function.Size(n)).ToList<object?>()),
        Function.OfText("regexQuoteMeta", s => System.Text.RegularExpressions.Regex.Escape(s)),
        Function.Of("toString", a => Function.Text(a)),
        Function.Of("toStrings", a => Function.List(a).Select(v => (object?)Function.Text(v)).ToList()),
        Function.Of("join",
            (sep, list) => list is IReadOnlyList<object?> items
                ? string.Join(Function.Text(sep), items.Where(v => v is not null).Select(Function.Text)) : Function.Text(list)),
        Function.OfText("split",
            (sep, s) => new TemplateMap(s.Split(sep).Select((part, i) => KeyValuePair.Create($"_{i}", (object?)part)))),
        Function.Of("splitn",
            (sep, n, s) => new TemplateMap(
                Function.Text(s).Split(Function.Text(sep), Math.Max(1, Function.Size(n)))
                    .Select((part, i) => KeyValuePair.Create($"_{i}", (object?)part)))),
        Function.OfText("splitList", (sep, s) => s.Split(sep).ToList<object?>()),
        Function.Of("sortAlpha", list => Function.List(list).Select(Function.Text).Order(StringComparer.Ordinal).ToList<object?>()),
        Function.Of("randAlphaNum", n => Random(n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")),
        Function.Of("randAlpha", n => Random(n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")),
        Function.Of("randNumeric", n => Random(n, "0123456789")),
        Function.Of("randAscii", n => Random(n, string.Concat(Enumerable.Range(33, 94).Select(c => (char)c)))),
        Function.Of("uuidv4", () => Guid.NewGuid().ToString()),
        Function.OfText("base", s => s.Length == 0 ? "." : s.TrimEnd('/').Split('/')[^1]),
        Function.OfText("dir", Directory),
        Function.OfText("ext", s => Path.GetExtension(s)),
        Function.OfText("clean",
            s => Path.GetFullPath("/" + s) is var full && s.StartsWith('/')
                ? full : full.TrimStart('/') is { Length: > 0 } relative ? relative : "."),
        Function.OfText("isAbs", s => s.StartsWith('/')),
        Function.OfText("fail", s => throw new TemplateFault(s)),
    ];

    private static Regex Regex(string pattern) => new(GoPattern(pattern), RegexOptions.CultureInvariant, RegexTime);

    private static string GoPattern(string pattern)
        => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal).Replace(@"\z", @"\z", StringComparison.Ordinal);

    private static string GoReplacement(string text)
        => System.Text.RegularExpressions.Regex.Replace(text, @"\$(\w+)", "$${$1}", RegexOptions.None, RegexTime);

    private static List<object?> FindAll(object? pattern, object? text, object? most)
    {
        var n = Values.ToLong(most);
        var all = Regex(Function.Text(pattern)).Matches(Function.Text(text)).Select(m => (object?)m.Value);
        return (n < 0 ? all : all.Take((int)Math.Min(n, int.MaxValue))).ToList();
    }

    private static string Repeat(string text, int count)
        => (long)text.Length * count <= 8 << 20 ? new StringBuilder(text.Length * count).Insert(0, text, count).ToString()
            : throw new TemplateFault("result is too long");

    private static object? Substring(object? from, object? to, object? value)
    {
        var text = Function.Text(value);
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

    private static string Indent(object? spaces, object? text)
    {
        var pad = new string(' ', Function.Size(spaces));
        return pad + Function.Text(text).Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    private static string EachWord(string text, Func<string, string> change)
        => string.Join(' ', text.Split(' ').Select(w => w.Length == 0 ? w : change(w)));

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

    private static string Wrap(string text, int width, string separator)
    {
        var output = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
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

    private static string Random(object? count, string alphabet) => RandomNumberGenerator.GetString(alphabet, Function.Size(count));
}
