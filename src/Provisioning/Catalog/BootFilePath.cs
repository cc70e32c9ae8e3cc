namespace Anvil.Provisioning.Catalog;

/// <summary>Paths of boot files below the file root, as boot environments name them and firmware asks for them.</summary>
public static class BootFilePath
{
    /// <summary>What is said of a file that no edge has.</summary>
    public const string NotThere = "which is not there";

    /// <summary>Most characters of a path.</summary>
    public const int Longest = 512;

    /// <summary>A path in its one form: slashes, no leading slash, no `.` segments.</summary>
    public static string Tidy(string path) => string.Join('/', Parts(path));

    /// <summary>
    /// A path that was asked for in its one form (<see cref="Tidy"/>); null when it can be none below the file root: too long, with
    /// control characters, dot segments or a drive, or empty.
    /// </summary>
    public static string? Normalize(string path)
    {
        if (path.Length > Longest || path.Any(char.IsControl)) return null;
        var parts = Parts(path);
        return parts.Count == 0 || parts.Contains("..")
            || (parts[0].Length == 2 && parts[0].Contains(':', StringComparison.Ordinal)) ? null : string.Join('/', parts);
    }

    /// <summary>Why a boot environment, or a machine in it, does not boot: without its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lack">Where it is not, such as <see cref="NotThere"/>.</param>
    public static string Needed(string path, string lack = NotThere) => $"needs the boot file {path}, {lack}";

    private static List<string> Parts(string path)
        => [.. path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".")];
}
