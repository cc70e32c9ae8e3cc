using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Boot;

/// <summary>What is to become of an uploaded ISO: a folder of boot files.</summary>
/// <param name="Folder">The folder, below the file root.</param>
/// <param name="Iso">The ISO's name.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
/// <param name="Size">Its octets.</param>
/// <param name="Canary">Name of the file in the folder that holds the SHA-256 of what it was made from (DRP).</param>
/// <param name="FoldsNames">Names become small letters: the boot programs of ESXi ask for those, and its ISO has capital ones.</param>
/// <param name="BootEnv">The boot environment that it is made for.</param>
/// <param name="Uploaded">When the ISO was uploaded: one that comes anew is tried anew.</param>
public sealed record IsoExplosion(string Folder, string Iso, string Sha256, long Size, string Canary, bool FoldsNames, string BootEnv,
    DateTimeOffset Uploaded);
