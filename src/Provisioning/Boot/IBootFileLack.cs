using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Boot;

/// <summary>Boot files that are not where they will be asked for.</summary>
public interface IBootFileLack
{
    /// <summary>
    /// What to say of a path below the file root: "which is not there", and where not; null: it is there, or nobody knows.
    /// </summary>
    string? Of(string path);

    /// <summary>What to say of the kernel and the initial RAM disks of a boot environment, a sentence for each that is missing.</summary>
    IReadOnlyList<string> Of(BootEnv env, string arch) => env.Lack(arch, Of);
}
