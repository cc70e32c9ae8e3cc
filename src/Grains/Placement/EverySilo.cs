using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
/// <summary>Tells whether every silo of the cluster knows something, which a silo of the version before may not.</summary>
internal static class EverySilo
{
    /// <summary>True when all have the trait; false also while one has not told yet what it is.</summary>
    public static bool Has(string trait, ISiloMetadataCache metadata, ISiloStatusOracle oracle)
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
#pragma warning restore ORLEANSEXP004
