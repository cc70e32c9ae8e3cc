using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog;

/// <summary>What the kinds of the catalog, and leases, are filtered and sorted by.</summary>
public static class CatalogFields
{
    /// <summary>Fields of leases.</summary>
    public static FieldTable Leases { get; } = FieldTable.Of<Lease>("leases", "Addr",
        new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Addr"] = FieldKind.Address,
            ["NextServer"] = FieldKind.Address,
            ["Via"] = FieldKind.Address,
            ["Token"] = FieldKind.Mac,
        });

    /// <summary>Fields by the kind's prefix.</summary>
    public static IReadOnlyDictionary<string, FieldTable> Tables { get; }
        = CatalogRules.Kinds.ToDictionary(k => k.Key, k => k.Value.Fields, StringComparer.Ordinal);
}
