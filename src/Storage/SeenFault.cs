using Anvil.Contracts;

namespace Anvil.Storage;

/// <summary>A fault of the database that stopped a write, and when.</summary>
/// <param name="Fault">What it was.</param>
/// <param name="At">When it was seen last.</param>
public sealed record SeenFault(DatabaseFault Fault, DateTimeOffset At);
