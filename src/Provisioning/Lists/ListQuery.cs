using System.Text.Json;

namespace Anvil.Provisioning.Lists;

/// <summary>What a list leaves out, its order and its page.</summary>
/// <param name="Fields">Fields of the kind.</param>
public sealed record ListQuery(FieldTable Fields)
{
    /// <summary>Among which rows it is made; null: all.</summary>
    public ListScope? Among { get; init; }

    /// <summary>Conditions that all must hold.</summary>
    public IReadOnlyList<ListCondition> Conditions { get; init; } = [];

    /// <summary>Fields to sort by, the weightiest first; then the kind's own order.</summary>
    public IReadOnlyList<Field> Sort { get; init; } = [];

    /// <summary>The last first.</summary>
    public bool Reverse { get; init; }

    /// <summary>Rows to leave out at the start.</summary>
    public int Offset { get; init; }

    /// <summary>Most rows.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>The place after which rows are wanted; null for the beginning.</summary>
    public ListCursor? After { get; init; }

    /// <summary>False where its rows alone are wanted, and nobody asks how many there are.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>What memory it may take beside <see cref="ListBounds.PageLength"/>; null: no more is asked.</summary>
    public IListMemory? Memory { get; init; }

    /// <summary>Fields by which rows have their order; no two rows are equal in all.</summary>
    public IEnumerable<Field> Order => Sort.Concat(Fields.Order);

    /// <summary>True when a regular expression is among the conditions.</summary>
    public bool HasPattern => Conditions.Any(c => c.HasPattern);

    /// <summary>The rows whose field has a value.</summary>
    /// <exception cref="Documents.ApiException">406: the field cannot have it.</exception>
    public static ListQuery Where(FieldTable fields, string field, string value)
        => new(fields)
        {
            Conditions = [
            new ListCondition(fields[field], [new ListTest(ListFunction.Eq, [ListValues.Read(fields.Model, fields[field], value)])])]
        };

    /// <summary>The same list after a row, which changes of other rows neither shift nor repeat.</summary>
    public ListQuery From(JsonElement document) => this with { After = ListCursor.At(this, document), Offset = 0 };
}
