using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Bulk;

/// <summary>What a bulk call is going to do.</summary>
/// <param name="Request">What.</param>
/// <param name="Uuids">To which machines, in their order.</param>
/// <param name="Tags">The versions that they had when they were listed, where that is a condition; null: it is none.</param>
public sealed record BulkPlan(BulkRequest Request, IReadOnlyList<string> Uuids, IReadOnlyDictionary<string, string>? Tags);
