using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>The functions of Go's text/template itself, but comparisons.</summary>
internal static class BuiltinFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Own("not", "any", a => !Values.Truth(a[0])),
        Function.Own("len", "any", a => Length(a[0], a.Budget)),
        Function.Own("index", "any any...", Index),
        Function.Own("slice", "any any...", Slice),
        Function.Own("call", "any any...", a => throw new TemplateFault(
            a[0] is null ? "call of nil" : $"non-function of type {Values.TypeOf(a[0])}")),
        Function.Of("print", "any...", a => Print(a.All, a.Budget)),
        Function.Of("println", "any...", a => Joined(a.All, a.Budget) + "\n"),
        Function.Of("printf", "text any...", a => Printf.Format(a.Text(0), a.From(1), a.Budget)),
        Function.Of("html", "any...", a => Html(Escapable(a))),
        Function.Of("js", "any...", a => Script(Escapable(a))),
        Function.Of("urlquery", "any...", a => GoUrl.Escape(Escapable(a), UrlPart.Query)),
    ];

    /// <summary>Several values as one text, as Go's fmt.Sprint writes them.</summary>
    private static string Print(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var output = new StringBuilder();
        for (var i = 0; i < a.Count; i++)
        {
            if (i > 0 && a[i] is not string && a[i - 1] is not string) output.Append(' ');
            var text = ValuePrinter.Print(a[i], budget);
            budget.MakeText(2L * text.Length);
            output.Append(text);
        }

        budget.MakeText(output.Length);
        return output.ToString();
    }

    private static string Joined(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var texts = a.Select(v => ValuePrinter.Print(v, budget)).ToList();
        budget.MakeText(2 * (texts.Sum(t => (long)t.Length) + texts.Count));
        return string.Join(' ', texts);
    }

    /// <summary>A text that is about to be escaped: a character becomes nine at most, twice.</summary>
    private static string Escapable(Arguments a)
    {
        var text = a is { Count: 1 } && a[0] is string one ? one
            : Print([.. a.All.Select(v => v ?? "<no value>")], a.Budget);
        a.Budget.MakeText(18L * text.Length);
        return text;
    }

    private static string Html(string text)
    {
        var output = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\0' => output.Append('\uFFFD'),
                '"' => output.Append("&#34;"),
                '\'' => output.Append("&#39;"),
                '&' => output.Append("&amp;"),
                '<' => output.Append("&lt;"),
                '>' => output.Append("&gt;"),
                _ => output.Append(c),
            };
        }

        return output.ToString();
    }

    private static string Script(string text)
    {
        var output = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            var rune = GoText.At(text, ref i);
            if (rune.Value is '\\' or '\'' or '"') output.Append('\\').Append((char)rune.Value);
            else if (rune.Value is < ' ' or '<' or '>' or '&' or '=' || !(rune.IsAscii || GoUnicode.IsPrint(rune)))
                output.Append("\\u").Append(rune.Value.ToString("X4", CultureInfo.InvariantCulture));
            else output.Append(rune.ToString());
        }

        return output.ToString();
    }

    private static object? Length(object? value, RenderBudget budget) => value switch
    {
        string s => Octets(s, budget),
        IReadOnlyList<object?> list => (long)list.Count,
        IReadOnlyDictionary<string, object?> map => (long)map.Count,
        null => throw new TemplateFault("len of nil pointer"),
        _ => throw new TemplateFault($"len of type {Values.TypeOf(value)}"),
    };

    private static long Octets(string text, RenderBudget budget)
    {
        budget.Step(1 + (text.Length / 64));
        return GoText.Length(text);
    }

    private static Whole Octet(string text, object? key, RenderBudget budget)
    {
        budget.MakeText(4L * text.Length);
        var octets = GoText.Bytes(text);
        return new Whole(octets[Position(key, octets.Length - 1)], "uint8");
    }

    private static object? Index(Arguments a)
    {
        var value = a[0] ?? throw new TemplateFault("index of untyped nil");
        foreach (var key in a.From(1))
        {
            a.Budget.Step();
            value = value switch
            {
                IReadOnlyList<object?> list => list[Position(key, list.Count - 1)],
                string s => Octet(s, key, a.Budget),
                IReadOnlyDictionary<string, object?> map => Entry(map, key, a.Budget),
                null => throw new TemplateFault("index of nil pointer"),
                _ => throw new TemplateFault($"can't index item of type {Values.TypeOf(value)}"),
            };
        }

        return value;
    }

    private static object? Entry(IReadOnlyDictionary<string, object?> map, object? key, RenderBudget budget)
    {
        if (key is not string name)
        {
            throw new TemplateFault(key is null ? "value is nil; should be of type string"
                : $"value has type {Values.TypeOf(key)}; should be string");
        }

        budget.Step(1 + (name.Length / 64));
        return map.TryGetValue(name, out var value) ? value : map is TemplateMap { Element: "string" } ? "" : null;
    }

    private static int Position(object? key, int most)
    {
        if (key is not (long or Whole))
        {
            throw new TemplateFault(key is null ? "cannot index slice/array with nil"
                : $"cannot index slice/array with type {Values.TypeOf(key)}");
        }

        var n = Values.ToLong(key);
        return n >= 0 && n <= most ? (int)n : throw new TemplateFault($"index out of range: {n}");
    }

    /// <summary>Sprig's slice of a list, which has the name of the one of text/template, and that one's of a text.</summary>
    /// <summary>Sprig's, which stands in the place of Go's: of a text there is none.</summary>
    private static object? Slice(Arguments a)
    {
        var items = a[0] as IReadOnlyList<object?> ?? throw new TemplateFault(a[0] is null ? "slice of untyped nil"
            : $"list should be type of slice or array but {Values.Kind(a[0])}");
        if (items.Count == 0) return null;
        var from = a.Count > 1 ? Values.ToLong(a[1]) : 0;
        var to = a.Count > 2 ? Values.ToLong(a[2]) : items.Count;
        if (from < 0 || to > items.Count || from > to) throw new TemplateFault("reflect.Value.Slice: slice index out of bounds");
        a.Budget.MakeList(to - from);
        return ListFunctions.Like(items, items.Skip((int)from).Take((int)(to - from)).ToList());
    }
}
