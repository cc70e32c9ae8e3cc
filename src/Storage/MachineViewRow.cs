using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;

namespace Anvil.Storage;

/// <summary>A row of what edges keep of machines. The lists are JSON arrays; "" stands for what is not there.</summary>
internal sealed record MachineViewRow(string Ext, long Version, string Uuid, string Name, string BootEnv, string Stage, string Profiles, string Macs, string Params, string BootLoader)
{
    /// <summary>The machine, or that there is none any more.</summary>
    public MachineChange ToChange() => new(GrainKeys.Bare(Ext), Version, Uuid.Length == 0 ? null : new KnownMachine
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
