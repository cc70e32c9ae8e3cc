using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Tells whether every silo of the cluster goes by roles and tenants. One of the version before lets a tenant's users see everything,
/// takes revoked tokens, and gives whoever sets passwords users whose roles it does not know.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class AccessTrait(ISiloMetadataCache metadata, ISiloStatusOracle oracle)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>True when all do; false also while one has not told yet what it is.</summary>
    public bool IsEverywhere() => EverySilo.Has(SiloTraits.Access, metadata, oracle);
}
