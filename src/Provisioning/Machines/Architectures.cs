namespace Anvil.Provisioning.Machines;

/// <summary>Architecture names (DRP: canonical names are accepted, usual aliases are refused with a hint).</summary>
public static class Architectures
{
    private static readonly string[] Canonical = ["amd64", "386", "arm", "arm64", "ppc64", "ppc64le", "mips", "mipsle", "mips64", "mips64le", "s390x"];

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["x86_64"] = "amd64",
        ["x64"] = "amd64",
        ["aarch64"] = "arm64",
        ["i386"] = "386",
        ["i686"] = "386",
        ["armv7l"] = "arm",
    };

    /// <summary>null when the name is canonical; else what is wrong with it.</summary>
    public static string? Problem(string arch)
    {
        if (Canonical.Contains(arch, StringComparer.Ordinal)) return null;
        return Aliases.TryGetValue(arch, out var right) ? $"Invalid architecture {arch}: use {right}" : $"Invalid architecture {arch}";
    }

    /// <summary>The canonical name of what a kernel reports.</summary>
    public static string FromKernel(string machine) => Aliases.GetValueOrDefault(machine, machine);
}
