using System.Globalization;

namespace Anvil.Templates;

/// <summary>Sprig's list functions; those with `must` are the same, since here all faults are the template's.</summary>
internal static class ListFunctions
{
    /// <summary>Most items of a list of numbers.</summary>
    private const int LongestSequence = 1_000_000;

    public static IEnumerable<Function> All() =>
    [
        .. Function.Named("list tuple", name => Function.Own(name, "any...", Tuple)),
        .. Must("first", name => Function.Own(name, "any", a => a.List(0, "find first on") is { Count: > 0 } list ? list[0] : null)),
        .. Must("last", name => Function.Own(name, "any", a => a.List(0, "find last on") is { Count: > 0 } list ? list[^1] : null)),
        .. Must("rest", name => Function.Of(name, "any",
            a => a.List(0, "find rest on") is { Count: > 0 } list ? list.Skip(1).ToList() : TypedList.Nil())),
        .. Must("initial", name => Function.Of(name, "any",
            a => a.List(0, "find initial on") is { Count: > 0 } list ? list.SkipLast(1).ToList() : TypedList.Nil())),
        .. Must("append", name => Function.Own(name, "any any", a => Longer(a, 0, "push on").Append(a[1]).ToList())),
        .. Must("push", name => Function.Own(name, "any any", a => Longer(a, 0, "push on").Append(a[1]).ToList())),
        .. Must("prepend", name => Function.Own(name, "any any", a => Longer(a, 0, "prepend on").Prepend(a[1]).ToList())),
        Function.Own("concat", "any...", Concat),
        .. Must("reverse", name => Function.Of(name, "any", a => a.List(0, "find reverse on").Reverse().ToList())),
        .. Must("uniq", name => Function.Of(name, "any", Unique)),
        .. Must("without", name => Function.Of(name, "any any...", Without)),
        .. Must("has", name => Function.Own(name, "any any", Has)),
        .. Must("compact", name => Function.Of(name, "any", a => a.List(0, "compact on").Where(Values.Truth).ToList())),
        .. Must("chunk", name => Function.Of(name, "int any", Chunk)),
        Function.Own("mustSlice", "any any...", a => Functions.Find("slice").Call(a.All, a.Budget)),
        Function.Own("until", "int", a => Numbers(0, a.Int(0), a.Int(0) < 0 ? -1 : 1, a.Budget)),
        Function.Own("untilStep", "int int int", a => Numbers(a.Int(0), a.Int(1), a.Int(2), a.Budget)),
        Function.Own("seq", "int...", Seq),
        Function.Own("toStrings", "any", a => Texts(a[0], a.Budget)),
        Function.Own("sortAlpha", "any", SortAlpha),
        Function.Of("join", "text any", Join),
    ];

    /// <summary>A list of the same type as another.</summary>
    public static IReadOnlyList<object?> Like(IReadOnlyList<object?> list, IReadOnlyList<object?> items)
        => list is TypedList typed ? new TypedList(items, typed.Element) : items;

    /// <summary>The items of a list, or one value, as texts; nil is none.</summary>
    public static TypedList Texts(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case TypedList { Element: "string" } texts: return texts;
            case null: return TypedList.Texts([]);
            case IReadOnlyList<object?> list:
                var all = new List<string>();
                foreach (var item in list)
                {
                    budget.MakeList(1);
                    if (item is not null) all.Add(ValuePrinter.Print(item, budget));
                }

                return TypedList.Texts(all);
            default: return TypedList.Texts([ValuePrinter.Print(value, budget)]);
        }
    }

    private static IEnumerable<Function> Must(string name, Func<string, Function> make)
        => [make(name), make("must" + char.ToUpperInvariant(name[0]) + name[1..])];

    private static object? Tuple(Arguments a)
    {
        a.Budget.MakeList(a.Count);
        return a.All.ToList();
    }

    /// <summary>A list that is about to be copied into a longer one.</summary>
    private static IReadOnlyList<object?> Longer(Arguments a, int place, string what)
    {
        var list = a.List(place, what);
        a.Budget.MakeList(list.Count + 1L);
        return list;
    }

    private static object? Concat(Arguments a)
    {
        var all = new List<object?>();
        for (var i = 0; i < a.Count; i++)
        {
            // Twice: a list that grows is copied.
            a.Budget.MakeList(2L * a.List(i, "concat").Count);
            all.AddRange(a.List(i, "concat"));
        }

        return all.Count == 0 ? TypedList.Nil() : all;
    }

    private static object? Unique(Arguments a)
    {
        var seen = new HashSet<object?>(new ValueComparer(a.Budget));
        var unique = new List<object?>();
        foreach (var item in a.List(0, "find uniq on"))
        {
            a.Budget.MakeMap(1);
            if (seen.Add(item)) unique.Add(item);
        }

        return unique;
    }

    private static object? Without(Arguments a)
        => a.List(0, "find without on").Where(v => !a.From(1).Any(w => Same(v, w, a.Budget))).ToList();

    private static object? Has(Arguments a)
    {
        if (a[1] is null) return false;
        var list = a.List(1, "find has on");
        for (var i = 0; i < list.Count; i++)
        {
            if (Same(a[0], list[i], a.Budget)) return true;
        }

        return false;
    }

    private static bool Same(object? a, object? b, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(32);
        return new ValueComparer(budget).Equals(a, b);
    }

    private static object? Chunk(Arguments a)
    {
        var list = a.List(1, "chunk");
        if (a.Int(0) <= 0) throw new TemplateFault("runtime error: makeslice: len out of range");
        var most = (int)Math.Min(a.Int(0), Math.Max(1, list.Count));
        a.Budget.Step(1 + (list.Count / most));
        a.Budget.Allocate(256L * (1 + (list.Count / most)));
        return new TypedList(list.Chunk(most).Select(c => (object?)c.ToList()).ToList(), "[]" + TypedList.Anything);
    }

    private static TypedList Numbers(long start, long stop, long step, RenderBudget budget)
    {
        var none = stop < start ? step >= 0 : step <= 0;
        var length = none ? 0 : Math.Ceiling(((double)stop - start) / step);
        if (length > LongestSequence) throw new TemplateFault("sequence is too long");
        budget.MakeList(2 * (long)length);
        var list = new List<object?>();
        for (var n = start; list.Count < length; n += step) list.Add(n);
        return new TypedList(list, "int");
    }

    private static object? Seq(Arguments a)
    {
        var n = a.All.Select(Values.ToLong).ToList();
        if (n.Count is 0 or > 3) return "";
        var (start, end) = n.Count == 1 ? (1, n[0]) : (n[0], n[^1]);
        var direction = end < start ? -1 : 1;
        var step = n.Count == 3 ? n[1] : direction;
        if (n.Count == 3 && end < start && step > 0) return "";
        var sequence = Numbers(start, end + direction, step, a.Budget);
        a.Budget.MakePieces(21L * sequence.Count, sequence.Count);
        return string.Join(' ', sequence.Select(v => ((long)v!).ToString(CultureInfo.InvariantCulture)));
    }

    private static object? SortAlpha(Arguments a)
    {
        if (a[0] is null) return TypedList.Texts(["<nil>"]);
        var texts = Texts(a[0], a.Budget).Select(t => (string)t!).ToArray();
        a.Budget.MakeList(2L * texts.Length);
        a.Budget.Sort(texts);
        Array.Sort(texts, GoText.Compare);
        return TypedList.Texts(texts);
    }

    private static object? Join(Arguments a)
    {
        var texts = Texts(a[1], a.Budget);
        var separator = a.Text(0);
        a.Budget.MakeText(texts.Sum(t => (long)((string)t!).Length) + ((long)separator.Length * texts.Count));
        a.Budget.Step(1 + texts.Count);
        return string.Join(separator, texts);
    }
}
