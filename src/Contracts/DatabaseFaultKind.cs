namespace Anvil.Contracts;

/// <summary>Kinds of what can be the matter with the database.</summary>
public enum DatabaseFaultKind
{
    /// <summary>It cannot be reached, or does not answer.</summary>
    Away,

    /// <summary>A statement took longer than it may.</summary>
    Slow,

    /// <summary>Somebody else holds a lock for long.</summary>
    Locked,

    /// <summary>It takes no more connections, or has no memory for more.</summary>
    Crowded,

    /// <summary>Its disk is full.</summary>
    Full,

    /// <summary>It can be read, and not written.</summary>
    ReadOnly,

    /// <summary>What it keeps cannot be read as it was written, or its disk fails.</summary>
    Damaged,

    /// <summary>It does not let this silo in, or to a table.</summary>
    Denied,

    /// <summary>What was to be written breaks a rule of its tables.</summary>
    Refused,

    /// <summary>A statement that it does not take: a fault of the program, or of the schema.</summary>
    Program,
}
