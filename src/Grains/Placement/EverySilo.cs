using Anvil.Contracts.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>
/// Tells whether every silo of the cluster knows something (<see cref="SiloTraits"/>), which one of the version before may not: what it
/// would go against, or pass over, is refused while it is there.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class EverySilo(ISiloMetadataCache metadata, ISiloStatusOracle oracle) : IEverySilo
#pragma warning restore ORLEANSEXP004
{
    /// <inheritdoc/>
    public bool Has(string trait)
    {
        foreach (var (silo, status) in oracle.GetApproximateSiloStatuses())
        {
            // One that joins has no grains; one that is dead never comes back.
            var isThere = status is not (SiloStatus.None or SiloStatus.Created or SiloStatus.Joining or SiloStatus.Dead);
            if (!isThere || silo.Equals(oracle.SiloAddress)) continue;
            if (!metadata.GetSiloMetadata(silo).Metadata.ContainsKey(trait)) return false;
        }

        return true;
    }
}
