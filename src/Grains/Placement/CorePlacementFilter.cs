using System.Diagnostics.CodeAnalysis;
using Anvil.Contracts.Placement;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Anvil.Grains.Placement;

/// <summary>Places a grain on a silo with the role core; on any other while there is none.</summary>
[AttributeUsage(AttributeTargets.Class)]
[Experimental("ORLEANSEXP004")]
public sealed class CorePlacementFilterAttribute() : PlacementFilterAttribute(new CorePlacementFilterStrategy());

/// <summary>Marks the filter in the grain's properties.</summary>
[Experimental("ORLEANSEXP004")]
public sealed class CorePlacementFilterStrategy() : PlacementFilterStrategy(1);

/// <summary>Keeps the silos with the role core.</summary>
[Experimental("ORLEANSEXP004")]
public sealed class CorePlacementFilterDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var all = silos.ToList();
        var known = all.ConvertAll(s => (Silo: s, Traits: metadata.GetSiloMetadata(s).Metadata));
        var cores = known.Where(s => s.Traits.ContainsKey(SiloTraits.RolePrefix + SiloTraits.Core)).Select(s => s.Silo).ToList();
        if (cores.Count > 0) return cores;
        // A silo that has just joined has not told yet: it is a better guess than one that is known to be something else.
        var untold = known.Where(s => s.Traits.Count == 0).Select(s => s.Silo).ToList();
        return untold.Count > 0 ? untold : all;
    }
}
