namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>The bounds of JSON schemas and of checking values by them.</summary>
public static class SchemaLimits
{
    /// <summary>Octets of one schema.</summary>
    public const int Octets = 64 << 10;

    /// <summary>
    /// Work of checking one value. A step is one schema on one value, one comparison, or 64 octets that are looked through.
    /// </summary>
    public const int Steps = 1_000_000;

    /// <summary>Schemas within schemas while a value is checked.</summary>
    public const int Depth = 512;

    /// <summary>Characters of a pattern.</summary>
    public const int PatternLength = 2000;

    /// <summary>Characters of a pattern with its counted repetitions written out.</summary>
    public const int PatternSize = 10_000;

    /// <summary>
    /// Octets that patterns take while one value is checked: matching in linear time makes states, and a pattern keeps those that it has
    /// made.
    /// </summary>
    public const long PatternOctets = 64 << 20;

    /// <summary>Characters of the JSON pointers to all parts of a schema: a long name counts for each part below it.</summary>
    public const int Pointers = 4 << 20;

    /// <summary>
    /// Longest time of all matches of patterns that .NET can only match by trying (look-around, back-references), in milliseconds. Those
    /// of other patterns are work.
    /// </summary>
    public const int PatternMilliseconds = 250;

    /// <summary>Errors that are told of one value.</summary>
    public const int Errors = 10;

    /// <summary>
    /// Octets of the schemas that are kept compiled, with what their patterns have taken since; beyond it all are compiled anew when they
    /// are needed.
    /// </summary>
    public const int KeptOctets = 32 << 20;
}
