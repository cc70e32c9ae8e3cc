namespace Anvil.Provisioning.Documents;

/// <summary>Reasons as they are told where many listen: the first, and how many more there are.</summary>
public static class Reasons
{
    /// <summary>Most reasons of one kind that are told one by one.</summary>
    public const int MostTold = 20;

    /// <summary>The first reasons.</summary>
    /// <param name="reasons">All of them.</param>
    /// <param name="more">Says how many more there are.</param>
    public static IEnumerable<string> First(IReadOnlyList<string> reasons, Func<int, string> more)
        => reasons.Count <= MostTold ? reasons : reasons.Take(MostTold).Append(more(reasons.Count - MostTold));

    /// <summary>The first reasons in one text.</summary>
    public static string Joined(IReadOnlyList<string> reasons) => string.Join("; ", First(reasons, n => $"and {n} more"));
}
