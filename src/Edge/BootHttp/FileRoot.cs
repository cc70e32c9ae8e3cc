using Anvil.Contracts.Catalog;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.BootHttp;

/// <summary>The folder of static boot files, as a jail that no path leaves: neither by dots, nor by links, nor by odd
/// characters.</summary>
public sealed class FileRoot(IOptions<EdgeOptions> options) : IBootFiles
{
    private const int LongestPath = 512;
    private readonly FoldedNames _folded = new();

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.GetFullPath(options.Value.FileRoot);

    /// <summary>The file at a path, open; null when there is none, or when it lies elsewhere, by whichever links.</summary>
    public FileStream? Open(string path)
        => Normalize(path) is { } clean ? RegularFile.Open(Folder, Path.Combine(Folder, clean)) : null;

    /// <inheritdoc/>
    public bool Has(string path)
    {
        using var file = Open(path);
        return file is not null;
    }

    /// <summary>
    /// The file at a path, open, also where its name is written in another case, as firmware does: when there is just one such file. Where
    /// two names differ by case alone, each is found by itself.
    /// </summary>
    public FileStream? OpenFolded(string path)
        => Open(path) ?? (Normalize(path) is { } clean && _folded.Find(Folder, clean) is { } found
            ? RegularFile.Open(Folder, found) : null);

    /// <summary>A requested path in its one form: slashes, no leading slash, no dot segments; null when it cannot be one.</summary>
    public static string? Normalize(string path)
    {
        if (path.Length > LongestPath || path.Any(c => char.IsControl(c))) return null;
        var parts = path.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToList();
        return parts.Count == 0 || parts.Contains("..") || parts[0].Contains(':', StringComparison.Ordinal) && parts[0].Length == 2
            ? null : string.Join('/', parts);
    }
}
