using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>Asks whether all silos of the cluster are of a version that has a trait.</summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
internal static class TraitCheck
{
    /// <summary>True when every other silo has it; false also while one has not told yet what it is.</summary>
    /// <param name="trait">Metadata key.</param>
    /// <param name="metadata">What silos tell of themselves.</param>
    /// <param name="oracle">Who is there.</param>
    public static bool IsEverywhere(string trait, ISiloMetadataCache metadata, ISiloStatusOracle oracle)
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
