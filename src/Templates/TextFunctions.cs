using System.Text;

namespace Anvil.Templates;

/// <summary>
/// Sprig's text functions. Where Go counts octets, they do; a text that is cut within a character can be put together again.
/// </summary>
internal static class TextFunctions
{
    /// <summary>Entries of the map that `split` makes: a piece, its name and its place in the map.</summary>
    private const int OctetsOfPart = 256;

    /// <summary>Most of what is repeated or indented by a number.</summary>
    private const int MostRepeats = 1_000_000;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("trim", "text", a => a.Text(0).Trim()),
        .. Function.Named("trimAll trimall", name => Function.Of(name, "text text", TrimAll)),
        Function.Of("trimSuffix", "text text",
            a => a.Text(1).EndsWith(a.Text(0), StringComparison.Ordinal) ? a.Text(1)[..^a.Text(0).Length] : a.Text(1)),
        Function.Of("trimPrefix", "text text",
            a => a.Text(1).StartsWith(a.Text(0), StringComparison.Ordinal) ? a.Text(1)[a.Text(0).Length..] : a.Text(1)),
        Function.Of("repeat", "int text", a => Repeat(a.Text(1), Size(a.Int(0), "strings: negative Repeat count"), a.Budget)),
        Function.Of("substr", "int int text", Substring),
        Function.Of("nospace", "text", a => Octetwise(a.Text(0), o => !IsSpace(o))),
        Function.Of("trunc", "int text", Truncate),
        Function.Of("abbrev", "int text",
            a => a.Int(0) < 4 ? a.Text(1) : Abbreviate(a.Text(1), 0, (int)Math.Min(a.Int(0), int.MaxValue))),
        Function.Of("abbrevboth", "int int text", a => a.Int(1) < 4 || (a.Int(0) > 0 && a.Int(1) < 7) ? a.Text(2)
            : Abbreviate(a.Text(2), (int)Math.Min(a.Int(0), int.MaxValue / 2), (int)Math.Min(a.Int(1), int.MaxValue / 2))),
        Function.Of("initials", "text", a => Initials(a.Text(0))),
        Function.Of("wrap", "int text", a => Wrap(a.Text(1), a.Int(0), "\n", isCut: false, a.Budget)),
        Function.Of("wrapWith", "int text text", a => Wrap(a.Text(2), a.Int(0), a.Text(1), isCut: true, a.Budget)),
        Function.Own("contains", "text text", a => Contains(a.Text(1), a.Text(0), a.Budget)),
        Function.Of("hasPrefix", "text text", a => a.Text(1).StartsWith(a.Text(0), StringComparison.Ordinal)),
        Function.Of("hasSuffix", "text text", a => a.Text(1).EndsWith(a.Text(0), StringComparison.Ordinal)),
        Function.Own("quote", "any...", a => Joined(a, v => Quoted(v, a.Budget))),
        Function.Own("squote", "any...", a => Joined(a, v => $"'{ValuePrinter.Print(v, a.Budget)}'")),
        Function.Own("cat", "any...", a => Joined(a, v => ValuePrinter.Print(v, a.Budget))),
        Function.Of("indent", "int text", Indent),
        Function.Of("nindent", "int text", a => "\n" + Indent(a)),
        Function.Of("replace", "text text text", Replace),
        Function.Own("plural", "text text int", a => a.Int(2) == 1 ? a[0] : a[1]),
        Function.Of("split", "text text", a => Parts(Pieces(a.Text(1), a.Text(0), -1, a.Budget), a.Budget)),
        Function.Of("splitn", "text int text", a => Parts(Pieces(a.Text(2), a.Text(0), a.Int(1), a.Budget), a.Budget)),
        Function.Of("splitList", "text text", a => TypedList.Texts(Pieces(a.Text(1), a.Text(0), -1, a.Budget))),
    ];

    private static int Size(long n, string fault) => n switch
    {
        < 0 => throw new TemplateFault(fault),
        > MostRepeats => throw new TemplateFault($"{n} is not between 0 and {MostRepeats}"),
        _ => (int)n,
    };

    private static object? TrimAll(Arguments a)
    {
        var (cut, text) = (a.Text(0), a.Text(1));
        // Each character of the text may be looked for among all that are cut.
        a.Budget.Step(1 + ((long)cut.Length * text.Length / 1024));
        if (GoText.IsPlain(cut)) return text.Trim(cut.ToCharArray()) is var trimmed && cut.Length > 0 ? trimmed : text;
        var runes = cut.EnumerateRunes().ToHashSet();
        var (from, to) = (0, text.Length);
        while (from < to && Rune.TryGetRuneAt(text, from, out var first) && runes.Contains(first)) from += first.Utf16SequenceLength;
        while (from < to && Rune.DecodeLastFromUtf16(text.AsSpan(from, to - from), out var last, out var used)
            == System.Buffers.OperationStatus.Done && runes.Contains(last)) to -= used;
        return text[from..to];
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

    private static object? Replace(Arguments a)
    {
        var (old, by, text) = (a.Text(0), a.Text(1), a.Text(2));
        if (old.Length == 0) return Between(text, by, a.Budget);
        var count = Count(text, old, a.Budget);
        a.Budget.MakeText(text.Length + ((long)count * (by.Length + 4)));
        return text.Replace(old, by, StringComparison.Ordinal);
    }

    /// <summary>A text with another before and after each character, as Go replaces nothing.</summary>
    private static string Between(string text, string by, RenderBudget budget)
    {
        budget.MakeText(2 * (text.Length + ((long)by.Length * (text.Length + 1L))));
        var output = new StringBuilder(by);
        for (var i = 0; i < text.Length;)
        {
            var from = i;
            GoText.At(text, ref i);
            output.Append(text, from, i - from).Append(by);
        }

        return output.ToString();
    }

    /// <summary>A text cut at each separator, or between all characters; most -1 is any number, 0 none.</summary>
    private static string[] Pieces(string text, string separator, long most, RenderBudget budget)
    {
        if (most == 0) return [];
        var limit = most < 0 ? int.MaxValue : (int)Math.Min(most, int.MaxValue);
        if (separator.Length > 0)
        {
            budget.MakePieces(text.Length, Math.Min(limit, Count(text, separator, budget) + 1L));
            return text.Split(separator, limit);
        }

        budget.MakePieces(text.Length, Math.Min(limit, text.Length));
        var pieces = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var from = i;
            GoText.At(text, ref i);
            if (pieces.Count == limit - 1) i = text.Length;
            pieces.Add(text[from..i]);
        }

        return [.. pieces];
    }

    private static TemplateMap Parts(string[] pieces, RenderBudget budget)
    {
        budget.Step(pieces.Length);
        budget.Allocate((long)pieces.Length * OctetsOfPart);
        return new TemplateMap(pieces.Select((part, i) => KeyValuePair.Create($"_{i}", (object?)part))) { Element = "string" };
    }

    private static string Quoted(object value, RenderBudget budget)
    {
        var text = ValuePrinter.Print(value, budget);
        budget.MakeText(10L * text.Length);
        return GoQuote.Text(text);
    }

    /// <summary>Values with blanks between them; nil is none.</summary>
    private static string Joined(Arguments a, Func<object, string> text)
    {
        var output = new StringBuilder();
        var isFirst = true;
        foreach (var item in a.All)
        {
            a.Budget.Step();
            if (item is null) continue;
            if (!isFirst) output.Append(' ');
            isFirst = false;
            var one = text(item);
            a.Budget.MakeText(2L * one.Length);
            output.Append(one);
        }

        a.Budget.MakeText(output.Length);
        return output.ToString();
    }

    private static object? Substring(Arguments a)
    {
        var (start, end, text) = (a.Int(0), a.Int(1), a.Text(2));
        var length = GoText.Length(text);
        if (start < 0) start = 0;
        else if (end < 0 || end > length) end = length;
        return Cut(text, start, end, length);
    }

    private static object? Truncate(Arguments a)
    {
        var (most, text) = (a.Int(0), a.Text(1));
        var length = GoText.Length(text);
        if (most < 0 && length + most > 0) return GoText.Slice(text, (int)(length + most), length);
        return most >= 0 && length > most ? GoText.Slice(text, 0, (int)most) : text;
    }

    private static string Cut(string text, long from, long to, int length)
        => from >= 0 && from <= to && to <= length ? GoText.Slice(text, (int)from, (int)to)
            : throw new TemplateFault($"runtime error: slice bounds out of range [{from}:{to}] with length {length}");

    private static string Abbreviate(string text, int offset, int most)
    {
        var length = GoText.Length(text);
        if (length <= most) return text;
        offset = Math.Min(offset, length);
        if (length - offset < most - 3) offset = length - (most - 3);
        if (offset <= 4) return GoText.Slice(text, 0, most - 3) + "...";
        if (most < 7) return "";
        if (offset + most - 3 >= length) return "..." + GoText.Slice(text, length - (most - 3), length);
        return "..." + (most - 3 < 4 ? "" : Abbreviate(GoText.Slice(text, offset, length), 0, most - 3));
    }

    private static string Initials(string text)
    {
        var isAfterGap = true;
        return Octetwise(text, o =>
        {
            if (IsSpace(o))
            {
                isAfterGap = true;
                return false;
            }

            var isFirst = isAfterGap;
            isAfterGap = false;
            return isFirst;
        });
    }

    /// <summary>Some of a text's octets, each as a character of its own: Sprig's functions take them so.</summary>
    private static string Octetwise(string text, Func<byte, bool> isKept)
    {
        var octets = GoText.Bytes(text);
        var output = new StringBuilder(octets.Length);
        var isAll = true;
        foreach (var octet in octets)
        {
            if (isKept(octet)) output.Append((char)octet);
            else isAll = false;
        }

        return isAll ? text : output.ToString();
    }

    private static bool IsSpace(byte octet) => char.IsWhiteSpace((char)octet);

    private static string Indent(Arguments a)
    {
        var (size, text) = (Size(a.Int(0), "strings: negative Repeat count"), a.Text(1));
        a.Budget.MakeText(2 * (text.Length + ((long)size * (text.AsSpan().Count('\n') + 2))));
        var pad = new string(' ', size);
        return pad + text.Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    /// <summary>Breaks lines at blanks; words that are longer stay, or are cut.</summary>
    private static string Wrap(string text, long width, string separator, bool isCut, RenderBudget budget)
    {
        if (separator.Length == 0) separator = "\n";
        var most = (int)Math.Clamp(width, 1, int.MaxValue);
        var octets = GoText.Bytes(text);
        var lines = new List<byte>(octets.Length);
        var between = GoText.Bytes(separator);
        budget.MakeText(8L * octets.Length);
        var offset = 0;
        while (octets.Length - offset > most)
        {
            if (octets[offset] == ' ')
            {
                offset++;
                continue;
            }

            var space = Array.LastIndexOf(octets, (byte)' ', offset + most, most + 1);
            if (space < offset && !isCut) space = Array.IndexOf(octets, (byte)' ', offset + most);
            var end = space >= offset ? space : isCut ? offset + most : octets.Length;
            lines.AddRange(octets.AsSpan(offset, end - offset));
            offset = end;
            if (end == octets.Length) break;
            budget.MakeText(4L * between.Length);
            lines.AddRange(between);
            if (space >= 0 && space == end) offset++;
        }

        lines.AddRange(octets.AsSpan(offset));
        return GoText.From([.. lines]);
    }
}
