namespace Anvil.Templates;

/// <summary>Compares values as Go's reflect.DeepEqual does, their types included, at the cost of a budget.</summary>
internal sealed class ValueComparer(RenderBudget budget) : IEqualityComparer<object?>
{
    public new bool Equals(object? a, object? b)
    {
        // As Go's reflect.DeepEqual: what is one and the same is not looked into, so that what holds itself is equal to itself.
        if (ReferenceEquals(a, b)) return true;
        switch (a, b)
        {
            case (double x, double y): return x == y;
            case (Whole x, Whole y): return x == y;
            case (string x, string y):
                budget.Step(1 + (Math.Min(x.Length, y.Length) / 1024));
                return string.Equals(x, y, StringComparison.Ordinal);
            case (IReadOnlyList<object?> x, IReadOnlyList<object?> y):
                return x.Count == y.Count && TypedList.ElementOf(x) == TypedList.ElementOf(y) && IsNil(x) == IsNil(y) && SameItems(x, y);
            case (IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y):
                return x.Count == y.Count && SameEntries(x, y);
            default:
                budget.Step();
                return object.Equals(a, b);
        }
    }

    public int GetHashCode(object? value)
    {
        switch (value)
        {
            case null: return 0;
            case string s:
                budget.Step(1 + (s.Length / 256));
                return string.GetHashCode(s, StringComparison.Ordinal);
            // Equal lists and maps may be of other types here.
            case IReadOnlyList<object?> list: return 1 + list.Count;
            case IReadOnlyDictionary<string, object?> map: return -1 - map.Count;
            default: return value.GetHashCode();
        }
    }

    private static bool IsNil(IReadOnlyList<object?> list) => list is TypedList { IsNil: true };

    private bool SameItems(IReadOnlyList<object?> x, IReadOnlyList<object?> y)
    {
        budget.Descend(x);
        var same = true;
        for (var i = 0; i < x.Count && same; i++)
        {
            budget.Step();
            same = Equals(x[i], y[i]);
        }

        budget.Ascend();
        return same;
    }

    private bool SameEntries(IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y)
    {
        budget.Descend(x);
        var same = true;
        foreach (var (key, value) in x)
        {
            budget.Step(1 + (key.Length / 256));
            same = y.TryGetValue(key, out var other) && Equals(value, other);
            if (!same) break;
        }

        budget.Ascend();
        return same;
    }
}
