namespace Anvil.Storage;

/// <summary>Uniqueness rules of the machine tables.</summary>
public static class UniqueRule
{
    /// <summary>No two machines have one name.</summary>
    public const string Name = "name";

    /// <summary>No two machines have one MAC address.</summary>
    public const string Mac = "mac";

    /// <summary>No two machines are given one address.</summary>
    public const string Address = "address";

    /// <summary>What an error says of a rule that a machine breaks (of a name in DRP's words).</summary>
    public static string Broken(string rule, string uuid) => rule == Name ? $"machines:{uuid} violates unique index Name" : Broken(rule);

    /// <summary>What an error says of a rule that was broken.</summary>
    public static string Broken(string rule) => rule switch
    {
        Name => "another machine has this Name",
        Address => "another machine has this Address",
        _ => "another machine has one of these HardwareAddrs",
    };
}
