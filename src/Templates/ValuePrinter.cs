namespace Anvil.Templates;

/// <summary>Prints values as templates show them: as Go's fmt does with %v.</summary>
internal static class ValuePrinter
{
    /// <summary>A value that is the result of an action.</summary>
    public static string Shown(object? value, RenderBudget budget) => value is null ? "<no value>" : Print(value, budget);

    /// <summary>A value as %v prints it.</summary>
    public static string Print(object? value, RenderBudget budget)
    {
        if (value is string text) return text;
        if (value is IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>)
            return Printf.Format("%v", [value], budget);
        text = Values.Text(value);
        budget.MakeText(text.Length * 2L);
        return text;
    }
}
