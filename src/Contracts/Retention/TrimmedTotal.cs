namespace Anvil.Contracts.Retention;

/// <summary>What was dropped of something since it is kept.</summary>
/// <param name="What">Of what.</param>
/// <param name="Rows">Lines, events, holds or logs.</param>
/// <param name="UpTo">The time of the newest of them.</param>
public sealed record TrimmedTotal(string What, long Rows, DateTimeOffset UpTo);
