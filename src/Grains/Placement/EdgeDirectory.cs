using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Network;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>Which living edge serves an address, as the edges tell it themselves.</summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class EdgeDirectory(ISiloMetadataCache metadata, ISiloStatusOracle oracle, ICatalog catalog) : IEdgeDirectory
#pragma warning restore ORLEANSEXP004
{
    /// <inheritdoc/>
    public string? For(string client)
    {
        var edges = oracle.GetApproximateSiloStatuses(onlyActive: true).Keys
            .SelectMany(s => metadata.GetSiloMetadata(s).Metadata.TryGetValue(SiloTraits.Addresses, out var all)
                ? all.Split(',', StringSplitOptions.RemoveEmptyEntries) : [])
            .Order(StringComparer.Ordinal).ToList();
        if (edges.Count == 0) return null;
        if (!IPv4.TryParse(client, out var address)) return edges[0];
        var near = catalog.Current.SubnetOf(address) is { } subnet
            ? edges.Where(e => IPv4.TryParse(e, out var a) && subnet.Cidr.Contains(a)).ToList() : [];
        var choice = near.Count > 0 ? near : edges;
        return choice[(int)(address % (uint)choice.Count)];
    }
}
