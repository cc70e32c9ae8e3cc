using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

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

    public string Admission { get; init; } = "";

    public string Unleased { get; init; } = "";

    /// <summary>
    /// Whether an event may have changed what edges keep. What they saw themselves has not: to read a machine for it would cost as much as
    /// its params are long.
    /// </summary>
    public static bool IsMovedBy(string type, string action) => type == "machines" && action != "boot";

    /// <summary>The machine, or that there is none any more. One that is damaged boots nothing.</summary>
    public MachineNews ToChange() => new(GrainKeys.Bare(Ext), Version, Uuid.Length == 0 ? null : Known());

    private KnownMachine Known()
    {
        var (profiles, macs, parameters) = (Texts(Profiles), Texts(Macs) is { } all ? MacAddress.Ports(all) : null, Texts(Params));
        if (profiles is null || macs is null || parameters is null)
        {
            return new KnownMachine
            {
                Uuid = Uuid,
                Name = Name,
                BootEnv = "",
                Stage = "",
                HardwareAddrs = macs ?? [],
                IsPending = Boot.IsPending,
                IsStranger = Boot.IsStranger,
            };
        }

        return new KnownMachine
        {
            Uuid = Uuid,
            Name = Name,
            BootEnv = BootEnv,
            Stage = Stage,
            Profiles = profiles,
            HardwareAddrs = macs,
            Params = [.. parameters.Order(StringComparer.Ordinal)],
            BootLoader = BootLoader.Length == 0 ? null : BootLoader,
            IsPending = Boot.IsPending,
            IsStranger = Boot.IsStranger,
        };
    }

    private MachineBoot Boot => new() { Admission = Admission, Unleased = Unleased == "true" };

    private static string[]? Texts(string json)
    {
        if (json is "" or "[]") return [];
        try
        {
            var texts = Json.Read<string[]>(json);
            return texts.Contains(null) ? null : texts;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
