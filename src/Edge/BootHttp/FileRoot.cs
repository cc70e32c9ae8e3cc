using Microsoft.Extensions.Options;

namespace Anvil.Edge.BootHttp;

/// <summary>The folder of static boot files, as a jail that no path leaves: neither by dots, nor by links, nor by odd
/// characters.</summary>
public sealed class FileRoot(IOptions<EdgeOptions> options)
{
    private const int LongestPath = 512;

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.GetFullPath(options.Value.FileRoot);

    /// <summary>The file at a path; null when there is none, or when the path leads out.</summary>
    public FileInfo? Find(string path)
    {
        if (Normalize(path) is not { } clean) return null;
        var file = new FileInfo(Path.Combine(Folder, clean));
        if (!file.Exists) return null;
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        if (!target.Exists || !Inside(target.FullName)) return null;
        for (var folder = file.Directory; folder is not null && folder.FullName.Length > Folder.Length; folder = folder.Parent)
        {
            if (folder.LinkTarget is not null) return null;
        }

        return target;
    }

    /// <summary>A requested path in its one form: slashes, no leading slash, no dot segments; null when it cannot be one.</summary>
    public static string? Normalize(string path)
    {
        if (path.Length > LongestPath || path.Any(c => char.IsControl(c))) return null;
        var parts = path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToList();
        return parts.Count == 0 || parts.Contains("..") || parts[0].Contains(':', StringComparison.Ordinal) && parts[0].Length == 2
            ? null : string.Join('/', parts);
    }

    private bool Inside(string full) => full.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
