namespace Anvil.Templates;

/// <summary>Sprig's list and default-value functions.</summary>
internal static class ListFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Any("list", 0, (a, b) => Tuple(a, b)).ChargingAll(),
        Function.Any("tuple", 0, (a, b) => Tuple(a, b)).ChargingAll(),
        Function.Of("first", l => Function.List(l) is { Count: > 0 } list ? list[0] : null).ChargingAll(),
        Function.Of("last", l => Function.List(l) is { Count: > 0 } list ? list[^1] : null).ChargingAll(),
        Function.Of("rest", l => Function.List(l).Skip(1).ToList()),
        Function.Of("initial", l => Function.List(l).SkipLast(1).ToList()),
        Function.Of("append", (l, v, b) => Longer(l, b).Append(v).ToList()).ChargingAll(),
        Function.Of("push", (l, v, b) => Longer(l, b).Append(v).ToList()).ChargingAll(),
        Function.Of("prepend", (l, v, b) => Longer(l, b).Prepend(v).ToList()).ChargingAll(),
        Function.Any("concat", 0, (a, b) => a.SelectMany(l => Longer(l, b)).ToList()).ChargingAll(),
        Function.Of("reverse", l => Function.List(l).Reverse().ToList()),
        Function.Of("uniq", (l, b) => Unique(Function.List(l), b)),
        Function.Any("without", 1, Without),
        Function.Of("has", (v, l, b) => Has(Function.List(l), v, b)).ChargingAll(),
        Function.Of("compact", l => Function.List(l).Where(Values.Truth).ToList()),
        Function.Of("chunk", Chunk),
        Function.Of("until", (n, b) => Sequence(0, Values.ToLong(n), Values.ToLong(n) < 0 ? -1 : 1, b)),
        Function.Of("untilStep", (from, to, step, b) => Sequence(Values.ToLong(from), Values.ToLong(to), Values.ToLong(step), b)),
        Function.Any("seq", 1, Seq),
        new("default", 1, 2, (a, _) => a.Count == 2 && Values.Truth(a[1]) ? a[1] : a[0]) { Cost = FunctionCost.Own },
        Function.Of("empty", v => !Values.Truth(v)).ChargingAll(),
        Function.Any("coalesce", 0, a => a.FirstOrDefault(Values.Truth)).ChargingAll(),
        Function.Any("all", 0, a => a.All(Values.Truth)).ChargingAll(),
        Function.Any("any", 0, a => a.Any(Values.Truth)).ChargingAll(),
        Function.Of("ternary", (yes, no, test, _) => Values.Truth(test) ? yes : no).ChargingAll(),
        Function.Of("kindOf", v => Values.Kind(v)).ChargingAll(),
        Function.Of("kindIs", (kind, v, b) => Values.Kind(v) == b.Text(kind)),
        Function.Of("typeOf", (v, b) => Printf.Format("%T", [v], b)).ChargingAll(),
        Function.Of("typeIs", (type, v, b) => Printf.Format("%T", [v], b) == b.Text(type)),
        Function.Of("deepEqual", (x, y, b) => new ValueComparer(b).Equals(x, y)).ChargingAll(),
    ];

    private static List<object?> Tuple(IReadOnlyList<object?> items, RenderBudget budget)
    {
        budget.MakeList(items.Count);
        return items.ToList();
    }

    /// <summary>A list that is about to be copied into a longer one.</summary>
    private static IReadOnlyList<object?> Longer(object? value, RenderBudget budget)
    {
        var list = Function.List(value);
        budget.MakeList(list.Count + 1L);
        return list;
    }

    private static List<object?> Unique(IReadOnlyList<object?> list, RenderBudget budget)
    {
        var seen = new HashSet<object?>(new ValueComparer(budget));
        var unique = new List<object?>();
        foreach (var item in list)
        {
            budget.MakeMap(1);
            if (seen.Add(item)) unique.Add(item);
        }

        return unique;
    }

    private static object? Without(IReadOnlyList<object?> a, RenderBudget budget)
        => Function.List(a[0]).Where(v => !a.Skip(1).Any(w => Same(v, w, budget))).ToList();

    private static bool Has(IReadOnlyList<object?> list, object? value, RenderBudget budget)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (Same(value, list[i], budget)) return true;
        }

        return false;
    }

    private static bool Same(object? a, object? b, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(32);
        return new ValueComparer(budget).Equals(a, b);
    }

    private static object? Chunk(object? size, object? value, RenderBudget budget)
    {
        var (most, list) = (Math.Max(1, Function.Size(size)), Function.List(value));
        budget.Step(1 + (list.Count / most));
        budget.Allocate(256L * (1 + (list.Count / most)));
        return list.Chunk(most).Select(c => (object?)c.ToList()).ToList();
    }

    private static List<object?> Sequence(long start, long stop, long step, RenderBudget budget)
    {
        var length = step == 0 ? double.PositiveInfinity : Math.Ceiling(((double)stop - start) / step);
        if (step == 0 || Math.Abs(length) > 1_000_000) throw new TemplateFault("sequence is too long");
        budget.MakeList(Math.Max(0, 2 * (long)length));
        var list = new List<object?>();
        for (var n = start; step > 0 ? n < stop : n > stop; n += step) list.Add(n);
        return list;
    }

    private static object? Seq(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var n = a.Select(Values.ToLong).ToList();
        var (start, step, end) = n.Count switch
        {
            1 => (1L, n[0] >= 1 ? 1L : -1L, n[0]),
            2 => (n[0], n[1] >= n[0] ? 1L : -1L, n[1]),
            3 => (n[0], n[1], n[2]),
            _ => (1L, 1L, 0L),
        };
        var sequence = Sequence(start, end + Math.Sign(step), step, budget);
        budget.MakePieces(21L * sequence.Count, sequence.Count);
        return string.Join(' ', sequence.Select(Values.Text));
    }
}
