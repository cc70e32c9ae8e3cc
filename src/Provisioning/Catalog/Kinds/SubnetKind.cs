using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Subnets (DRP's Subnet). Those that overlap are stored, and none of them is available.</summary>
internal sealed class SubnetKind() : CatalogKind<Subnet>("subnets")
{
    /// <summary>Most overlapping subnets that are named: a large network may hold thousands.</summary>
    private const int MostNamed = 20;

    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, FieldKind> FieldKinds { get; }
        = new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Subnet"] = FieldKind.Network,
            ["ActiveStart"] = FieldKind.Address,
            ["ActiveEnd"] = FieldKind.Address,
            ["NextServer"] = FieldKind.Address,
        };

    /// <inheritdoc/>
    public override Subnet Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override Subnet Fill(Subnet document)
    {
        var cidr = document.Cidr;
        // They follow from the network, whatever address somebody writes; what is no address stays, and is refused.
        var options = document.Options.Where(o => o.Code is not (1 or 28) || !IsAddress(o.Value)).ToList();
        if (cidr.PrefixLength > 0)
        {
            options.Add(new DhcpOptionSetting(1, IPv4.Format(cidr.Mask)));
            options.Add(new DhcpOptionSetting(28, IPv4.Format(cidr.Broadcast)));
        }

        return document with
        {
            Strategy = document.Strategy.Length == 0 ? "MAC" : document.Strategy,
            ActiveLeaseTime = document.ActiveLeaseTime == 0 ? 60 : document.ActiveLeaseTime,
            ReservedLeaseTime = document.ReservedLeaseTime == 0 ? 7200 : document.ReservedLeaseTime,
            Pickers = document.Pickers.Count > 0 ? document.Pickers
                : document.OnlyReservations ? ["none"] : ["hint", "nextFree", "mostExpired"],
            Options = options,
        };
    }

    private static bool IsAddress(string? text)
        => string.IsNullOrEmpty(text) || text.Contains("{{", StringComparison.Ordinal) || IPv4.TryParse(text, out _);

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Subnet document, Subnet? old, CatalogSnapshot catalog)
        => document.Meta.TryGetValue(RegistrationPolicy.SubnetMeta, out var policy) && !RegistrationPolicy.IsPolicy(policy)
            ? [.. SubnetRules.Problems(document, old), $"Meta {RegistrationPolicy.SubnetMeta}: {policy} is not open, approve or closed"]
            : SubnetRules.Problems(document, old);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Subnet document, CatalogIndexes indexes)
    {
        if (!TryNetwork(document, out var cidr)) return [$"Subnet \"{document.Network}\" is not an IPv4 network in CIDR form"];
        // It lies within itself.
        var others = indexes.Networks.CountOverlapping(cidr) - 1;
        if (others == 0) return [];
        var named = indexes.Networks.Overlapping(cidr).Where(n => n != document.Name).Take(MostNamed).Order(StringComparer.Ordinal)
            .Select(n => $"Overlaps subnet {n}");
        return others <= MostNamed ? named : named.Append($"Overlaps {others - MostNamed} more subnets");
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Neighbours(Subnet document, CatalogIndexes indexes)
        => TryNetwork(document, out var cidr) ? indexes.Networks.Overlapping(cidr).Where(n => n != document.Name) : [];

    /// <inheritdoc/>
    protected override CatalogIndexes Index(CatalogIndexes indexes, Subnet? old, Subnet? now)
    {
        var networks = indexes.Networks;
        if (old is not null && TryNetwork(old, out var before)) networks = networks.Without(before, old.Name);
        if (now is not null && TryNetwork(now, out var after)) networks = networks.With(after, now.Name);
        return indexes with { Networks = networks };
    }

    private static bool TryNetwork(Subnet subnet, out Cidr cidr) => Cidr.TryParse(subnet.Network, out cidr);
}
