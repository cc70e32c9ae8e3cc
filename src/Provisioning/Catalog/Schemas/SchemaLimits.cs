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
    /// Longest time of all matches of patterns that .NET can only match by trying (look-around, back-references), in milliseconds. Those
    /// of other patterns are work.
    /// </summary>
    public const int PatternMilliseconds = 250;

    /// <summary>Errors that are told of one value.</summary>
    public const int Errors = 10;

    /// <summary>Octets of the schemas that are kept compiled; beyond it all are compiled anew when they are needed.</summary>
    public const int KeptOctets = 8 << 20;
}
