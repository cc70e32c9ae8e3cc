namespace Anvil.Contracts.Lists;

/// <summary>What a document's field holds.</summary>
public enum FieldKind
{
    /// <summary>Text, times included.</summary>
    Text,

    /// <summary>true or false.</summary>
    Truth,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A list of texts: equal means holds.</summary>
    List,

    /// <summary>A map: equal means has the key.</summary>
    Map,
}

/// <summary>How a field is compared.</summary>
public enum Comparison
{
    /// <summary>Equal to the one value.</summary>
    Equal,

    /// <summary>Not equal to the one value.</summary>
    NotEqual,

    /// <summary>Less than the one value.</summary>
    Less,

    /// <summary>At most the one value.</summary>
    AtMost,

    /// <summary>More than the one value.</summary>
    More,

    /// <summary>At least the one value.</summary>
    AtLeast,
}

/// <summary>One comparison. <see cref="Value"/> is a string, a bool or a double, after the field's kind.</summary>
public sealed record FieldTest(string Field, FieldKind Kind, Comparison Comparison, object Value);

/// <summary>What a list leaves out, its order and its page; carried out by the database.</summary>
public sealed record ListFilter
{
    /// <summary>Everything in key order.</summary>
    public static ListFilter All { get; } = new();

    /// <summary>Conditions that all must hold; each holds when one of its alternatives does; an alternative holds when all its tests do.</summary>
    public IReadOnlyList<IReadOnlyList<IReadOnlyList<FieldTest>>> Conditions { get; init; } = [];

    /// <summary>Fields to sort by, the weightiest first; then the key.</summary>
    public IReadOnlyList<(string Field, FieldKind Kind)> Sort { get; init; } = [];

    /// <summary>The last first.</summary>
    public bool Reverse { get; init; }

    /// <summary>Rows to leave out at the start.</summary>
    public int Offset { get; init; }

    /// <summary>Most rows.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Documents whose field has a value.</summary>
    public static ListFilter Where(string field, FieldKind kind, object value) => new() { Conditions = [[[new FieldTest(field, kind, Comparison.Equal, value)]]] };
}
