namespace Anvil.Provisioning.Network;

/// <summary>How long leases can be, in seconds.</summary>
public static class LeaseTimes
{
    /// <summary>The shortest lease from an active range (DRP's).</summary>
    public const int ShortestActive = 60;

    /// <summary>The shortest lease by reservation (DRP's).</summary>
    public const int ShortestReserved = 7200;

    /// <summary>The longest lease of any kind: ten years, so that no end of a lease is beyond what clocks and databases count.</summary>
    public const int Longest = 10 * 365 * 24 * 3600;

    /// <summary>What is wrong with a lease time; null when nothing is.</summary>
    /// <param name="field">Its field.</param>
    /// <param name="seconds">As it is to be.</param>
    /// <param name="old">As it was; null for a new object.</param>
    /// <param name="least">The shortest one that is taken.</param>
    public static string? Problem(string field, int seconds, int? old, int least)
        => seconds < least ? $"{field} must be greater than or equal to {least} seconds, not {seconds}"
            : seconds > Longest && seconds != old ? $"{field} must be at most {Longest} seconds (ten years)"
            : null;
}
