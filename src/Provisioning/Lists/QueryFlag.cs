namespace Anvil.Provisioning.Lists;

/// <summary>A truth in a query: `true` or `1`, `false` or `0`. Another spelling may mean either, so it is nothing.</summary>
public static class QueryFlag
{
    /// <summary>What a text says; null for none of the four.</summary>
    public static bool? Read(string text) => text switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
