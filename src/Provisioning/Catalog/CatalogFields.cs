using Anvil.Provisioning.Access;
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
    public static IReadOnlyDictionary<string, FieldTable> Tables { get; } = new[]
    {
        FieldTable.Of<BootEnv>("bootenvs", "Name"),
        FieldTable.Of<Template>("templates", "ID"),
        FieldTable.Of<Stage>("stages", "Name"),
        FieldTable.Of<Workflow>("workflows", "Name"),
        FieldTable.Of<TaskDefinition>("tasks", "Name"),
        FieldTable.Of<Profile>("profiles", "Name"),
        FieldTable.Of<Param>("params", "Name"),
        FieldTable.Of<Subnet>("subnets", "Name", new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Subnet"] = FieldKind.Network,
            ["ActiveStart"] = FieldKind.Address,
            ["ActiveEnd"] = FieldKind.Address,
            ["NextServer"] = FieldKind.Address,
        }),
        FieldTable.Of<Reservation>("reservations", "Addr", new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Addr"] = FieldKind.Address,
            ["NextServer"] = FieldKind.Address,
            ["Token"] = FieldKind.Mac,
        }),
        FieldTable.Of<User>("users", "Name"),
    }.ToDictionary(t => t.Model, StringComparer.Ordinal);
}
