namespace Anvil.Templates;

/// <summary>text/template's comparisons: numbers of one kind, texts, truths; a whole number and a float are no match.</summary>
internal static class ComparisonFunctions
{
    private enum Basic
    {
        None,
        Bool,
        Int,
        UInt,
        Float,
        Text,
    }

    public static IEnumerable<Function> All() =>
    [
        Function.Own("eq", "any any...", a => Any(a)),
        Function.Own("ne", "any any", a => !Equal(a[0], a[1], a.Budget)),
        Function.Own("lt", "any any", a => Less(a[0], a[1], a.Budget)),
        Function.Own("le", "any any", a => Less(a[0], a[1], a.Budget) || Equal(a[0], a[1], a.Budget)),
        Function.Own("gt", "any any", a => !(Less(a[0], a[1], a.Budget) || Equal(a[0], a[1], a.Budget))),
        Function.Own("ge", "any any", a => !Less(a[0], a[1], a.Budget)),
    ];

    private static bool Any(Arguments a)
    {
        if (a.Count < 2) throw new TemplateFault("missing argument for comparison");
        for (var i = 1; i < a.Count; i++)
        {
            if (Equal(a[0], a[i], a.Budget)) return true;
        }

        return false;
    }

    private static bool Equal(object? a, object? b, RenderBudget budget)
    {
        budget.Step();
        var (x, y) = (Kind(a), Kind(b));
        if ((x, y) is (Basic.Int, Basic.UInt) or (Basic.UInt, Basic.Int))
            return Values.ToLong(a) == Values.ToLong(b) && Values.ToLong(a) >= 0;
        if (x != y) return a is null || b is null ? false : throw new TemplateFault("incompatible types for comparison");
        switch (x)
        {
            case Basic.Int or Basic.UInt: return Values.ToLong(a) == Values.ToLong(b);
            case Basic.Float: return a is BigWhole m && b is BigWhole n ? m == n : Values.ToDouble(a) == Values.ToDouble(b);
            case Basic.Bool: return (bool)a! == (bool)b!;
            case Basic.Text:
                budget.Step(1 + (Math.Min(((string)a!).Length, ((string)b!).Length) / 1024));
                return string.Equals((string)a, (string)b, StringComparison.Ordinal);
        }

        if (a is null || b is null) return a is null && b is null;
        if (Values.Kind(a) != Values.Kind(b))
            throw new TemplateFault($"non-comparable types {Values.TypeOf(a)}, {Values.TypeOf(b)}");
        return a is IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>
            ? throw new TemplateFault($"non-comparable type {Values.TypeOf(a)}") : a.Equals(b);
    }

    private static bool Less(object? a, object? b, RenderBudget budget)
    {
        budget.Step();
        var (x, y) = (Kind(a), Kind(b));
        if (x == Basic.None || y == Basic.None) throw new TemplateFault("invalid type for comparison");
        switch (x, y)
        {
            case (Basic.Int, Basic.Int): return Values.ToLong(a) < Values.ToLong(b);
            case (Basic.UInt, Basic.UInt): return (ulong)Values.ToLong(a) < (ulong)Values.ToLong(b);
            case (Basic.Int, Basic.UInt): return Values.ToLong(a) < 0 || (ulong)Values.ToLong(a) < (ulong)Values.ToLong(b);
            case (Basic.UInt, Basic.Int): return Values.ToLong(b) >= 0 && (ulong)Values.ToLong(a) < (ulong)Values.ToLong(b);
            case (Basic.Float, Basic.Float):
                return a is BigWhole m && b is BigWhole n ? m.Value < n.Value : Values.ToDouble(a) < Values.ToDouble(b);
            case (Basic.Text, Basic.Text):
                var (s, t) = ((string)a!, (string)b!);
                budget.Step(1 + (Math.Min(s.Length, t.Length) / 1024));
                return GoText.Compare(s, t) < 0;
            default:
                throw new TemplateFault(x == y ? "invalid type for comparison" : "incompatible types for comparison");
        }
    }

    private static Basic Kind(object? value) => value switch
    {
        bool => Basic.Bool,
        long => Basic.Int,
        Whole n => n.IsSigned ? Basic.Int : Basic.UInt,
        double or BigWhole => Basic.Float,
        string => Basic.Text,
        _ => Basic.None,
    };
}
