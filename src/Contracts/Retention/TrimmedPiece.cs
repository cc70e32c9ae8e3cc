namespace Anvil.Contracts.Retention;

/// <summary>What came of one piece.</summary>
/// <param name="Rows">Rows that were dropped.</param>
/// <param name="Next">Where the next piece begins; null when nothing more is to be dropped.</param>
public sealed record TrimmedPiece(long Rows, long? Next);
