namespace Anvil.Templates;

/// <summary>Sprig's list and default-value functions.</summary>
internal static class ListFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Any("list", 0, a => a.ToList()),
        Function.Any("tuple", 0, a => a.ToList()),
        Function.Of("first", l => Function.List(l).FirstOrDefault()),
        Function.Of("last", l => Function.List(l).LastOrDefault()),
        Function.Of("rest", l => Function.List(l).Skip(1).ToList()),
        Function.Of("initial", l => Function.List(l).SkipLast(1).ToList()),
        Function.Of("append", (l, v) => Function.List(l).Append(v).ToList()),
        Function.Of("push", (l, v) => Function.List(l).Append(v).ToList()),
        Function.Of("prepend", (l, v) => Function.List(l).Prepend(v).ToList()),
        Function.Any("concat", 0, a => a.SelectMany(Function.List).ToList()),
        Function.Of("reverse", l => Function.List(l).Reverse().ToList()),
        Function.Of("uniq", l => Unique(Function.List(l))),
        Function.Any("without", 1, a => Function.List(a[0]).Where(v => !a.Skip(1).Any(w => Values.Same(v, w))).ToList()),
        Function.Of("has", (v, l) => Function.List(l).Any(w => Values.Same(v, w))),
        Function.Of("compact", l => Function.List(l).Where(Values.Truth).ToList()),
        Function.Of("chunk", (n, l) => Function.List(l).Chunk(Math.Max(1, Function.Size(n))).Select(c => (object?)c.ToList()).ToList()),
        Function.Of("until", n => Sequence(0, Values.ToLong(n), Values.ToLong(n) < 0 ? -1 : 1)),
        Function.Of("untilStep", (a, b, s) => Sequence(Values.ToLong(a), Values.ToLong(b), Values.ToLong(s))),
        Function.Any("seq", 1, Seq),
        new("default", 1, 2, a => a.Count == 2 && Values.Truth(a[1]) ? a[1] : a[0]),
        Function.Of("empty", v => !Values.Truth(v)),
        Function.Any("coalesce", 0, a => a.FirstOrDefault(Values.Truth)),
        Function.Any("all", 0, a => a.All(Values.Truth)),
        Function.Any("any", 0, a => a.Any(Values.Truth)),
        Function.Of("ternary", (yes, no, test) => Values.Truth(test) ? yes : no),
        Function.Of("kindOf", v => Values.Kind(v)),
        Function.Of("kindIs", (kind, v) => Values.Kind(v) == Function.Text(kind)),
        Function.Of("typeOf", v => Printf.Format("%T", [v])),
        Function.Of("typeIs", (type, v) => Printf.Format("%T", [v]) == Function.Text(type)),
        Function.Of("deepEqual", (a, b) => Values.Same(a, b)),
    ];

    private static List<object?> Unique(IReadOnlyList<object?> list)
    {
        var seen = new List<object?>();
        foreach (var item in list)
        {
            if (!seen.Any(s => Values.Same(s, item))) seen.Add(item);
        }

        return seen;
    }

    private static List<object?> Sequence(long start, long stop, long step)
    {
        if (step == 0 || Math.Abs((double)stop - start) / Math.Abs(step) > 1_000_000) throw new TemplateFault("sequence is too long");
        var list = new List<object?>();
        for (var n = start; step > 0 ? n < stop : n > stop; n += step) list.Add(n);
        return list;
    }

    private static object? Seq(IReadOnlyList<object?> a)
    {
        var n = a.Select(Values.ToLong).ToList();
        var (start, step, end) = n.Count switch
        {
            1 => (1L, n[0] >= 1 ? 1L : -1L, n[0]),
            2 => (n[0], n[1] >= n[0] ? 1L : -1L, n[1]),
            3 => (n[0], n[1], n[2]),
            _ => (1L, 1L, 0L)
        };
        return string.Join(' ', Sequence(start, end + Math.Sign(step), step).Select(Values.Text));
    }
}
