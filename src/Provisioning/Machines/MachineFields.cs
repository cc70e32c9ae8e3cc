using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Machines;

/// <summary>What machines are filtered and sorted by.</summary>
public static class MachineFields
{
    /// <summary>The fields.</summary>
    public static FieldTable Table { get; } = FieldTable.Of<Machine>("machines", "Uuid",
        new Dictionary<string, FieldKind>(StringComparer.Ordinal)
        {
            ["Uuid"] = FieldKind.Uuid,
            ["CurrentJob"] = FieldKind.Uuid,
            ["Address"] = FieldKind.Address,
            ["HardwareAddrs"] = FieldKind.MacList,
        });
}
