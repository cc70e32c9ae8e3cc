using System.Collections.Frozen;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Network;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>Which living edge serves an address, as the edges tell it themselves.</summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed class EdgeDirectory(ISiloMetadataCache metadata, ISiloStatusOracle oracle, ICatalog catalog, TimeProvider time)
    : IEdgeDirectory
#pragma warning restore ORLEANSEXP004
{
    /// <summary>Each packet asks which addresses are edges' own: they are put together again after so long.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private volatile Own _own = new(FrozenSet<uint>.Empty, null);

    /// <inheritdoc/>
    public IReadOnlySet<uint> Addresses
    {
        get
        {
            var own = _own;
            if (own.ReadAt is { } at && time.GetElapsedTime(at) < Fresh) return own.Addresses;
            var addresses = All().Select(e => IPv4.TryParse(e, out var address) ? address : 0)
                .Where(a => a != 0 && !IPv4.IsLoopback(a)).ToFrozenSet();
            _own = new Own(addresses, time.GetTimestamp());
            return addresses;
        }
    }

    /// <inheritdoc/>
    public string? For(string client)
    {
        var edges = All().Order(StringComparer.Ordinal).ToList();
        if (edges.Count == 0) return null;
        if (!IPv4.TryParse(client, out var address)) return edges[0];
        var near = catalog.Current.SubnetOf(address) is { } subnet
            ? edges.Where(e => IPv4.TryParse(e, out var a) && subnet.Cidr.Contains(a)).ToList() : [];
        var choice = near.Count > 0 ? near : edges;
        return choice[(int)(address % (uint)choice.Count)];
    }

    private IEnumerable<string> All()
        => oracle.GetApproximateSiloStatuses(onlyActive: true).Keys
            .SelectMany(s => metadata.GetSiloMetadata(s).Metadata.TryGetValue(SiloTraits.Addresses, out var all)
                ? all.Split(',', StringSplitOptions.RemoveEmptyEntries) : []);

    /// <summary>Addresses as they were.</summary>
    /// <param name="Addresses">The addresses.</param>
    /// <param name="ReadAt">When, by the clock's time stamps; null: never.</param>
    private sealed record Own(IReadOnlySet<uint> Addresses, long? ReadAt);
}
