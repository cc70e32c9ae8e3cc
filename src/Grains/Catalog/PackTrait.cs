using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Tells whether every silo of the cluster knows packs by the API. One of the version before would serve its machines without their
/// objects, so while one is there none is stored.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class PackTrait(ISiloMetadataCache metadata, ISiloStatusOracle oracle)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>True when all do; false also while one has not told yet what it is.</summary>
    public bool IsEverywhere() => EverySilo.Has(SiloTraits.Packs, metadata, oracle);
}
