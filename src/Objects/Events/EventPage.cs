namespace Anvil.Objects.Events;

/// <summary>A page of the log.</summary>
/// <param name="Rows">JSON texts of the events.</param>
/// <param name="Next">The `Seq` behind which the next page begins; null at the end.</param>
/// <param name="Trimmed">What of the log is kept no longer, in words; "" for nothing.</param>
public sealed record EventPage(IReadOnlyList<string> Rows, string? Next, string Trimmed);
