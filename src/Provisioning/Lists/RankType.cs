namespace Anvil.Provisioning.Lists;

/// <summary>Types of what is compared, in their order.</summary>
public enum RankType
{
    /// <summary>Nothing: no value, null, or no address.</summary>
    None = 0,

    /// <summary>A truth: 0 or 1.</summary>
    Truth = 1,

    /// <summary>A number.</summary>
    Number = 2,

    /// <summary>A text.</summary>
    Text = 3,

    /// <summary>A list or map: all equal.</summary>
    Other = 4,
}
