namespace Anvil.Provisioning.Documents;

/// <summary>The bounds of what is read as JSON, from a body, a content pack or a row.</summary>
public static class JsonLimits
{
    /// <summary>Octets of a body, and of a document however it was made: 16 MiB.</summary>
    public const int Octets = 16 << 20;

    /// <summary>Levels of objects and lists, the outermost counted.</summary>
    public const int Depth = 64;

    /// <summary>Octets of one number as written. Its digits are kept, and whoever reads it has to compute with them.</summary>
    public const int NumberOctets = 1024;

    /// <summary>Problems that one answer names.</summary>
    public const int Problems = 20;
}
