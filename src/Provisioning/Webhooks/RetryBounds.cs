namespace Anvil.Provisioning.Webhooks;

/// <summary>How long a delivery is tried.</summary>
/// <param name="Attempts">So often at most.</param>
/// <param name="First">The wait after the first attempt; each further one is twice as long.</param>
/// <param name="Longest">No wait is longer.</param>
/// <param name="GiveUp">No attempt is made that begins so long after the first.</param>
public sealed record RetryBounds(int Attempts, TimeSpan First, TimeSpan Longest, TimeSpan GiveUp)
{
    /// <summary>How long to wait before the next attempt: with chance, so that not all who wait for one receiver come at once.</summary>
    /// <param name="failed">Attempts that failed.</param>
    /// <param name="asked">How long the receiver wants to be left alone (RFC 9110 section 10.2.3); null where it says nothing.</param>
    /// <param name="chance">From 0 to 1: half of the wait, or all of it.</param>
    public TimeSpan Wait(int failed, TimeSpan? asked, double chance)
    {
        var wait = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Clamp(failed - 1, 0, 60)), Longest.TotalSeconds);
        wait *= 0.5 + (chance / 2);
        if (asked is { } least) wait = Math.Min(Math.Max(wait, least.TotalSeconds), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Max(wait, 0));
    }
}
