namespace Anvil.Contracts.Retention;

/// <summary>What came of one piece of jobs.</summary>
/// <param name="Uuids">Jobs that were dropped; their logs are still there.</param>
/// <param name="UpTo">When the newest of them began.</param>
/// <param name="Next">Where the next piece begins; null when nothing more is to be dropped.</param>
public sealed record TrimmedJobs(IReadOnlyList<string> Uuids, DateTimeOffset UpTo, JobPlace? Next);

/// <summary>A place among jobs in the order of their beginning.</summary>
/// <param name="Started">When it began, as it is compared.</param>
/// <param name="Uuid">Its uuid.</param>
public sealed record JobPlace(string Started, string Uuid)
{
    /// <summary>Before the first.</summary>
    public static JobPlace First { get; } = new("", "");
}
