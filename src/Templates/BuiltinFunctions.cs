using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Anvil.Templates;

/// <summary>The functions of Go's text/template itself.</summary>
internal static class BuiltinFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Of("not", a => !Values.Truth(a)).ChargingAll(),
        Function.Of("len", Length).ChargingAll(),
        Function.Any("index", 1, Index).ChargingAll(),
        new("slice", 1, 4, Slice) { Cost = FunctionCost.Own },
        Function.Any("print", 0, Print),
        Function.Any("println", 0, (a, b) => Joined(a, b) + "\n"),
        Function.Any("printf", 1, (a, b) => Printf.Format(b.Text(a[0]), a.Skip(1).ToList(), b)),
        Function.Any("html", 0, (a, b) => WebUtility.HtmlEncode(Escapable(a, b))),
        Function.Any("js", 0, (a, b) => JavaScriptEncoder.Default.Encode(Escapable(a, b))),
        Function.Any("urlquery", 0, (a, b) => Uri.EscapeDataString(Escapable(a, b)).Replace("%20", "+", StringComparison.Ordinal)),
        Function.Any("eq", 2, (a, b) => a.Skip(1).Any(other => Equal(a[0], other, b))).ChargingAll(),
        Function.Of("ne", (x, y, b) => !Equal(x, y, b)).ChargingAll(),
        Function.Of("lt", (x, y, b) => Compare(x, y, b) < 0).ChargingAll(),
        Function.Of("le", (x, y, b) => Compare(x, y, b) <= 0).ChargingAll(),
        Function.Of("gt", (x, y, b) => Compare(x, y, b) > 0).ChargingAll(),
        Function.Of("ge", (x, y, b) => Compare(x, y, b) >= 0).ChargingAll(),
    ];

    private static string Joined(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var texts = a.Select(v => ValuePrinter.Print(v, budget)).ToList();
        budget.MakeText(2 * (texts.Sum(t => (long)t.Length) + texts.Count));
        return string.Join(' ', texts);
    }

    /// <summary>A text that is about to be escaped: a character becomes nine at most, twice.</summary>
    private static string Escapable(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var text = Print(a, budget);
        budget.MakeText(18L * text.Length);
        return text;
    }

    private static object? Length(object? value, RenderBudget budget) => value switch
    {
        string s => Octets(s, budget),
        IReadOnlyList<object?> list => (long)list.Count,
        IReadOnlyDictionary<string, object?> map => (long)map.Count,
        null => throw new TemplateFault("len of nil pointer"),
        _ => throw new TemplateFault($"len of type {Values.Kind(value)}"),
    };

    private static long Octets(string text, RenderBudget budget)
    {
        budget.Step(1 + (text.Length / 256));
        return Encoding.UTF8.GetByteCount(text);
    }

    private static long Octet(string text, object? key, RenderBudget budget)
    {
        budget.MakeText(2L * text.Length);
        var octets = Encoding.UTF8.GetBytes(text);
        return octets[Position(key, octets.Length)];
    }

    private static object? Index(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var value = a[0];
        foreach (var key in a.Skip(1))
        {
            budget.Step();
            value = value switch
            {
                IReadOnlyList<object?> list => list[Position(key, list.Count)],
                string s => Octet(s, key, budget),
                IReadOnlyDictionary<string, object?> map => map.GetValueOrDefault(MapFunctions.Key(key, budget)),
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

    private static object? Slice(IReadOnlyList<object?> a, RenderBudget budget)
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
        if (a[0] is string) budget.MakeText(to - from);
        else budget.MakeList(to - from);
        return a[0] is string text ? text[(int)from..(int)to]
            : ((IReadOnlyList<object?>)a[0]!).Skip((int)from).Take((int)(to - from)).ToList();
    }

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

    private static bool Equal(object? a, object? b, RenderBudget budget)
    {
        budget.Step();
        if (a is not null && b is not null && Basic(a) != Basic(b)) throw new TemplateFault("incompatible types for comparison");
        return new ValueComparer(budget).Equals(a, b);
    }

    private static int Compare(object? a, object? b, RenderBudget budget)
    {
        switch (a, b)
        {
            case (string x, string y):
                budget.Step(1 + (Math.Min(x.Length, y.Length) / 1024));
                return string.CompareOrdinal(x, y);
            case (long x, long y): return x.CompareTo(y);
            case (long or double, long or double): return Values.ToDouble(a).CompareTo(Values.ToDouble(b));
            default: throw new TemplateFault(a is null || b is null ? "invalid type for comparison" : "incompatible types for comparison");
        }
    }

    private static string Basic(object value) => value is long or double ? "number" : Values.Kind(value);
}
