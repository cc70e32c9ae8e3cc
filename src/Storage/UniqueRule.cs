namespace Anvil.Storage;

/// <summary>Uniqueness rules of the machine tables.</summary>
public static class UniqueRule
{
    /// <summary>No two machines have one name.</summary>
    public const string Name = "name";

    /// <summary>No two machines have one MAC address.</summary>
    public const string Mac = "mac";
}
