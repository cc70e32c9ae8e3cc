namespace Anvil.Provisioning.Documents;

/// <summary>What a place of a document may hold.</summary>
internal enum ShapeKind
{
    /// <summary>Any JSON value: a param's value, a schema.</summary>
    Free,

    /// <summary>A text.</summary>
    Text,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>A whole number within bounds.</summary>
    Whole,

    /// <summary>Any number.</summary>
    Number,

    /// <summary>An RFC 3339 time, or "" for none.</summary>
    Time,

    /// <summary>One text of a few.</summary>
    Choice,

    /// <summary>A list whose items have one shape.</summary>
    List,

    /// <summary>An object of any names, whose values have one shape.</summary>
    Map,

    /// <summary>An object with declared fields.</summary>
    Fields,
}
