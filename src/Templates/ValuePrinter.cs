using System.Text;

namespace Anvil.Templates;

/// <summary>Prints values as Go's fmt does with %v.</summary>
internal static class ValuePrinter
{
    public static string Print(object? value, RenderBudget budget)
    {
        if (value is string text) return text;
        var output = new StringBuilder();
        Append(output, value, budget, isInner: false);
        // Whoever asks for the text goes on working with it.
        budget.MakeText(output.Length * 2L);
        return output.ToString();
    }

    private static void Append(StringBuilder output, object? value, RenderBudget budget, bool isInner)
    {
        switch (value)
        {
            case IReadOnlyList<object?> list:
                budget.Descend(list);
                output.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) output.Append(' ');
                    Append(output, list[i], budget, isInner: true);
                }

                output.Append(']');
                budget.Ascend();
                break;
            case IReadOnlyDictionary<string, object?> map:
                budget.Descend(map);
                output.Append("map[");
                var isFirst = true;
                foreach (var (key, item) in budget.Sorted(map))
                {
                    if (!isFirst) output.Append(' ');
                    isFirst = false;
                    budget.MakeText(key.Length);
                    output.Append(key).Append(':');
                    Append(output, item, budget, isInner: true);
                }

                output.Append(']');
                budget.Ascend();
                break;
            default:
                var text = value is null && isInner ? "<nil>" : Values.Text(value);
                budget.MakeText(text.Length * 2L);
                output.Append(text);
                break;
        }
    }
}
