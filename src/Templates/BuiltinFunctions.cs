using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Anvil.Templates;

/// <summary>The functions of Go's text/template itself.</summary>
internal static class BuiltinFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Of("not", a => !Values.Truth(a)),
        Function.Of("len", Length),
        Function.Any("index", 1, Index),
        new("slice", 1, 4, Slice),
        Function.Any("print", 0, a => Print(a)),
        Function.Any("println", 0, a => string.Join(' ', a.Select(Values.Text)) + "\n"),
        Function.Any("printf", 1, a => Printf.Format(Function.Text(a[0]), a.Skip(1).ToList())),
        Function.Any("html", 0, a => WebUtility.HtmlEncode(Print(a))),
        Function.Any("js", 0, a => JavaScriptEncoder.Default.Encode(Print(a))),
        Function.Any("urlquery", 0, a => Uri.EscapeDataString(Print(a)).Replace("%20", "+", StringComparison.Ordinal)),
        Function.Any("eq", 2, a => a.Skip(1).Any(b => Equal(a[0], b))),
        Function.Of("ne", (a, b) => !Equal(a, b)),
        Function.Of("lt", (a, b) => Compare(a, b) < 0),
        Function.Of("le", (a, b) => Compare(a, b) <= 0),
        Function.Of("gt", (a, b) => Compare(a, b) > 0),
        Function.Of("ge", (a, b) => Compare(a, b) >= 0),
    ];

    private static object? Length(object? value) => value switch
    {
        string s => (long)Encoding.UTF8.GetByteCount(s),
        IReadOnlyList<object?> list => (long)list.Count,
        IReadOnlyDictionary<string, object?> map => (long)map.Count,
        null => throw new TemplateFault("len of nil pointer"),
        _ => throw new TemplateFault($"len of type {Values.Kind(value)}"),
    };

    private static object? Index(IReadOnlyList<object?> a)
    {
        var value = a[0];
        foreach (var key in a.Skip(1))
        {
            value = value switch
            {
                IReadOnlyList<object?> list => list[Position(key, list.Count)],
                string s => (long)Encoding.UTF8.GetBytes(s)[Position(key, Encoding.UTF8.GetByteCount(s))],
                IReadOnlyDictionary<string, object?> map => map.GetValueOrDefault(Function.Text(key)),
                null => throw new TemplateFault("index of untyped nil"),
                _ => throw new TemplateFault($"can't index item of type {Values.Kind(value)}"),
            };
        }

        return value;
    }

    private static int Position(object? key, int count)
    {
        if (key is not long n) throw new TemplateFault($"cannot index slice/array with type {Values.Kind(key)}");
        return n >= 0 && n < count ? (int)n : throw new TemplateFault($"index out of range: {n}");
    }

    private static object? Slice(IReadOnlyList<object?> a)
    {
        var count = a[0] switch
        {
            string s => s.Length,
            IReadOnlyList<object?> list => list.Count,
            _ => throw new TemplateFault($"can't slice item of type {Values.Kind(a[0])}"),
        };
        var from = a.Count > 1 ? Values.ToLong(a[1]) : 0;
        var to = a.Count > 2 ? Values.ToLong(a[2]) : count;
        if (from < 0 || to > count || from > to) throw new TemplateFault($"index out of range: {from}:{to}");
        return a[0] is string text ? text[(int)from..(int)to]
            : ((IReadOnlyList<object?>)a[0]!).Skip((int)from).Take((int)(to - from)).ToList();
    }

    private static string Print(IReadOnlyList<object?> a)
    {
        var text = new StringBuilder();
        for (var i = 0; i < a.Count; i++)
        {
            if (i > 0 && a[i] is not string && a[i - 1] is not string) text.Append(' ');
            text.Append(Values.Text(a[i]));
        }

        return text.ToString();
    }

    private static bool Equal(object? a, object? b)
    {
        if (a is not null && b is not null && Basic(a) != Basic(b)) throw new TemplateFault("incompatible types for comparison");
        return Values.Same(a, b);
    }

    private static int Compare(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (long x, long y) => x.CompareTo(y),
        (long or double, long or double) => Values.ToDouble(a).CompareTo(Values.ToDouble(b)),
        _ => throw new TemplateFault(a is null || b is null ? "invalid type for comparison" : "incompatible types for comparison"),
    };

    private static string Basic(object value) => value is long or double ? "number" : Values.Kind(value);
}
