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
    /// <summary>
    /// The view with what moves faster than the documents: it has a column `record`, whose fields count instead of the document's; or "".
    /// </summary>
    public string Whole { get; init; } = "";

    /// <summary>First names of the paths of fields that the record has.</summary>
    public IReadOnlySet<string> Moving { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Fields that have a column with what they are compared by, by path.</summary>
    public IReadOnlyDictionary<string, string> Compared { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Rows are small and have no index over uuid: a page is read as it is found, and its readers are given uuid as
    /// record.</summary>
    public bool IsDirect { get; init; }

    /// <summary>What is read of a row to show it: the document and the record ("": there is none).</summary>
    public string Shown => Whole.Length > 0 ? "document, record" : IsDirect ? "document, uuid" : "document, ''";

    /// <summary>What to show rows out of.</summary>
    public string ShownFrom => Whole.Length > 0 ? Whole : Name;

    /// <summary>The table or view that holds some fields.</summary>
    public string Holding(IEnumerable<Field> fields) => fields.Any(IsMoving) ? Whole : Name;

    /// <summary>The column that holds a field.</summary>
    public string ColumnOf(Field field) => IsMoving(field) ? "record" : "document";

    /// <summary>Machines.</summary>
    public static ListTable Machines { get; } = new(
        "machine",
        MachineFields.Table,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Uuid"] = "uuid", ["Name"] = "name" },
        new HashSet<string>(StringComparer.Ordinal) { "Stage", "BootEnv", "Workflow" },
        ("HardwareAddrs", "machine_mac"))
    {
        Whole = "machine_now",
        Moving = new HashSet<string>(StringComparer.Ordinal) { nameof(BootRecord.Address), nameof(BootRecord.Boot) },
        Compared = new Dictionary<string, string>(StringComparer.Ordinal) { ["Boot.Phase"] = "phase", ["Address"] = "address" },
    };

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
        CatalogRules.Kinds["reservations"].Fields,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Subnet"] = "subnet" },
        new HashSet<string>(StringComparer.Ordinal),
        ("", ""));

    /// <summary>Leases: a view, whose uuid is the address in eight hexadecimal digits, a space and the subnet.</summary>
    public static ListTable Leases { get; } = new(
        "lease_list",
        CatalogFields.Leases,
        new Dictionary<string, string>(StringComparer.Ordinal),
        new HashSet<string>(StringComparer.Ordinal),
        ("", ""))
    {
        IsDirect = true,
        Compared = new Dictionary<string, string>(StringComparer.Ordinal) { ["Addr"] = "address" },
    };

    /// <summary>The path of a field as these tables name it.</summary>
    public static string PathOf(Field field) => string.Join('.', field.Path);

    /// <summary>The record has the field.</summary>
    public bool IsMoving(Field field) => Moving.Contains(field.Path[0]);
}
