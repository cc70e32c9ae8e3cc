using System.Text.Json;

namespace Anvil.Provisioning.Lists;

/// <summary>What a filter asks of one field: it holds when one of its tests does.</summary>
/// <param name="Field">The field.</param>
/// <param name="Any">The tests.</param>
public sealed record ListCondition(Field Field, IReadOnlyList<ListTest> Any)
{
    /// <summary>True when a regular expression is among the tests, which no database evaluates.</summary>
    public bool HasPattern { get; } = Any.Any(t => t.Pattern is not null);

    /// <summary>True when a value of the field passes.</summary>
    public bool Holds(JsonElement? value, PatternTime patterns)
    {
        foreach (var test in Any)
        {
            if (test.Holds(Field, value, patterns)) return true;
        }

        return false;
    }
}
