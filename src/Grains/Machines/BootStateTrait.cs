using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Machines;

/// <summary>
/// Tells whether every silo of the cluster knows boot records. A silo of the version before reads lists without them, so while one is
/// there documents are written whole.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class BootStateTrait(ISiloMetadataCache metadata, ISiloStatusOracle oracle)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>True when all do; false also while one has not told yet what it is.</summary>
    public bool IsEverywhere() => TraitCheck.IsEverywhere(SiloTraits.BootStates, metadata, oracle);
}
