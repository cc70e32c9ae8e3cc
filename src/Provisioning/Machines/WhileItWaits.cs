using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>What a machine boots while it waits for approval: no installer, whoever wrote what its boot environment is.</summary>
public static class WhileItWaits
{
    /// <summary>
    /// The boot environment that a machine is to be given now: its own; while it waits, instead of an installer, what machines boot
    /// otherwise, or nothing.
    /// </summary>
    public static string BootEnvOf(IBootSubject machine, CatalogSnapshot catalog)
    {
        if (!machine.IsPending || !BootEnvFiles.IsInstaller(machine.BootEnv)) return machine.BootEnv;
        var otherwise = catalog.Prefs["defaultBootEnv"];
        return BootEnvFiles.IsInstaller(otherwise) ? "local" : otherwise;
    }
}
