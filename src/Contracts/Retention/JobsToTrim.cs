namespace Anvil.Contracts.Retention;

/// <summary>A piece of jobs that are too old or too many.</summary>
/// <param name="Uuids">The jobs.</param>
/// <param name="UpTo">When the newest of them began.</param>
/// <param name="Next">Where the next piece begins; null when nothing more is to be dropped.</param>
public sealed record JobsToTrim(IReadOnlyList<string> Uuids, DateTimeOffset UpTo, JobPlace? Next);

/// <summary>A place among jobs in the order of their beginning.</summary>
/// <param name="Started">When it began, as it is compared.</param>
/// <param name="Uuid">Its uuid.</param>
public sealed record JobPlace(string Started, string Uuid)
{
    /// <summary>Before the first.</summary>
    public static JobPlace First { get; } = new("", "");
}
