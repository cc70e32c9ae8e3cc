using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Storage;

/// <summary>A table with a JSON document in each row, in both databases: its column `document`, and `uuid`, which is unique.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Fields">Fields of the documents.</param>
/// <param name="Columns">Fields that are columns of their own, by path.</param>
/// <param name="Indexed">Fields with an index over the beginning of their text (see <see cref="ListBounds.SortLength"/>), by path.</param>
/// <param name="Macs">Field whose MAC addresses have a table of their own (mac, uuid), by path, and that table; or "".</param>
internal sealed record ListTable(
    string Name, FieldTable Fields, IReadOnlyDictionary<string, string> Columns, IReadOnlySet<string> Indexed,
    (string Path, string Table) Macs)
{
    /// <summary>Machines.</summary>
    public static ListTable Machines { get; } = new(
        "machine",
        MachineFields.Table,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Uuid"] = "uuid", ["Name"] = "name" },
        new HashSet<string>(StringComparer.Ordinal) { "Stage", "BootEnv", "Workflow", "Boot.Phase" },
        ("HardwareAddrs", "machine_mac"));

    /// <summary>Jobs.</summary>
    public static ListTable Jobs { get; } = new(
        "job",
        JobFields.Table,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Uuid"] = "uuid", ["Machine"] = "machine" },
        new HashSet<string>(StringComparer.Ordinal),
        ("", ""));

    /// <summary>Reservations: a view, whose uuid is their key.</summary>
    public static ListTable Reservations { get; } = new(
        "reservation_list",
        CatalogFields.Tables["reservations"],
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Subnet"] = "subnet" },
        new HashSet<string>(StringComparer.Ordinal),
        ("", ""));

    /// <summary>The path of a field as these tables name it.</summary>
    public static string PathOf(Field field) => string.Join('.', field.Path);
}
