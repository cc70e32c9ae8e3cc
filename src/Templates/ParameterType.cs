namespace Anvil.Templates;

/// <summary>Types of functions' arguments.</summary>
internal enum ParameterType
{
    Any,
    Text,
    Int,
    UInt32,
    Float,
    Bool,

    /// <summary>Go's []interface {} alone.</summary>
    List,

    /// <summary>Go's map[string]interface {} alone.</summary>
    Map,
    Time,
    Certificate,
}
