namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Architecture names. Machines have canonical ones (DRP refuses the usual aliases with a hint); boot environments may use the aliases
/// too, as much
/// of the public content does.
/// </summary>
public static class Architectures
{
    private static readonly string[] Known = ["amd64", "386", "arm", "arm64", "ppc64", "ppc64le", "mips", "mipsle", "mips64", "mips64le",
        "s390x", "riscv64", "loong64", "rpi4"];

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["x86_64"] = "amd64",
        ["x86-64"] = "amd64",
        ["x64"] = "amd64",
        ["aarch64"] = "arm64",
        ["arm64v8"] = "arm64",
        ["armv8"] = "arm64",
        ["486"] = "386",
        ["686"] = "386",
        ["i386"] = "386",
        ["i486"] = "386",
        ["i586"] = "386",
        ["i686"] = "386",
        ["x86"] = "386",
        ["ia32"] = "386",
        ["arm32"] = "arm",
        ["armhf"] = "arm",
        ["armhfp"] = "arm",
        ["armel"] = "arm",
        ["armv6l"] = "arm",
        ["armv7l"] = "arm",
        ["power9"] = "ppc64",
        ["ppc64el"] = "ppc64le",
        ["mips64el"] = "mips64le",
        ["mipsel"] = "mipsle",
        ["loongarch64"] = "loong64",
    };

    /// <summary>null when the name is canonical; else what is wrong with it.</summary>
    public static string? Problem(string arch)
    {
        if (Known.Contains(arch, StringComparer.Ordinal)) return null;
        return Aliases.TryGetValue(arch, out var right) ? $"Please use {right} for Arch instead of {arch}" : $"Unsupported arch {arch}";
    }

    /// <summary>The canonical name of a canonical name or alias; null when it is neither. Names are small letters.</summary>
    public static string? Canonical(string arch) => Known.Contains(arch, StringComparer.Ordinal) ? arch : Aliases.GetValueOrDefault(arch);

    /// <summary>The canonical name of what a kernel reports.</summary>
    public static string FromKernel(string machine) => Aliases.GetValueOrDefault(machine, machine);
}
