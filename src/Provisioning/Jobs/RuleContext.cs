using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>What rules know besides the machine: the catalog, the time, and chance.</summary>
/// <param name="Catalog">The catalog.</param>
/// <param name="Now">The time.</param>
/// <param name="Entropy">Chance.</param>
public sealed record RuleContext(CatalogSnapshot Catalog, DateTimeOffset Now, Entropy Entropy)
{
    /// <summary>When the machine itself last asked for something; a zero time when it has not since its state was stored.</summary>
    public DateTimeOffset Seen { get; init; }
}
