using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;

namespace Anvil.Storage;

/// <summary>
/// A row of what edges keep of machines. The lists are JSON arrays; "" stands for what is not there. Filled field by field: SQLite's
/// columns
/// have no type while there is no row.
/// </summary>
internal sealed record MachineViewRow
{
    public string Ext { get; init; } = "";

    public long Version { get; init; }

    public string Uuid { get; init; } = "";

    public string Name { get; init; } = "";

    public string BootEnv { get; init; } = "";

    public string Stage { get; init; } = "";

    public string Profiles { get; init; } = "";

    public string Macs { get; init; } = "";

    public string Params { get; init; } = "";

    public string BootLoader { get; init; } = "";

    /// <summary>
    /// Whether an event may have changed what edges keep. What they saw themselves has not: to read a machine for it would cost as much as
    /// its params are long.
    /// </summary>
    public static bool IsMovedBy(string type, string action) => type == "machines" && action != "boot";

    /// <summary>The machine, or that there is none any more.</summary>
    public MachineNews ToChange() => new(GrainKeys.Bare(Ext), Version, Uuid.Length == 0 ? null : new KnownMachine
    {
        Uuid = Uuid,
        Name = Name,
        BootEnv = BootEnv,
        Stage = Stage,
        Profiles = Texts(Profiles),
        HardwareAddrs = Texts(Macs),
        Params = [.. Texts(Params).Order(StringComparer.Ordinal)],
        BootLoader = BootLoader.Length == 0 ? null : BootLoader,
    });

    private static string[] Texts(string json) => json is "" or "[]" ? [] : Json.Read<string[]>(json);
}
