using System.Diagnostics.CodeAnalysis;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Network;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Anvil.Grains.Placement;

/// <summary>
/// Places a subnet's grain on an edge with an address in that subnet, the calling one first; else on any edge; else anywhere.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
[Experimental("ORLEANSEXP004")]
public sealed class SubnetPlacementFilterAttribute() : PlacementFilterAttribute(new SubnetPlacementFilterStrategy());

/// <summary>Marks the filter in the grain's properties.</summary>
[Experimental("ORLEANSEXP004")]
public sealed class SubnetPlacementFilterStrategy() : PlacementFilterStrategy(1);

/// <summary>Keeps the edges of the grain's subnet.</summary>
[Experimental("ORLEANSEXP004")]
public sealed class SubnetPlacementFilterDirector(ISiloMetadataCache metadata, ILocalSiloDetails local, ICatalog catalog)
    : IPlacementFilterDirector
{
    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var all = silos.ToList();
        var edges = all.Where(s => metadata.GetSiloMetadata(s).Metadata.ContainsKey(SiloTraits.RolePrefix + SiloTraits.Edge)).ToList();
        if (edges.Count == 0) return all;
        var name = GrainKeys.Bare(target.GrainIdentity.Key.ToString()!);
        var near = catalog.Current.Subnets.TryGetValue(name, out var subnet) ? edges.Where(s => Serves(s, subnet)).ToList() : [];
        if (near.Count == 0) return edges;
        return near.Contains(local.SiloAddress) ? [local.SiloAddress] : near;
    }

    private bool Serves(SiloAddress silo, Subnet subnet)
        => metadata.GetSiloMetadata(silo).Metadata.TryGetValue(SiloTraits.Addresses, out var addresses)
            && addresses.Split(',').Any(a => IPv4.TryParse(a, out var address) && subnet.Cidr.Contains(address));
}
