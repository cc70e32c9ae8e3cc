using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.BootHttp;

/// <summary>The folder of static boot files, as a jail that no path leaves: neither by dots, nor by links, nor by odd
/// characters.</summary>
public sealed class FileRoot(IOptions<EdgeOptions> options, UploadedFiles? uploads = null) : IBootFiles
{
    /// <summary>What begins so is still being made.</summary>
    private const string Hidden = ".anvil-";

    private readonly FoldedNames _folded = new();

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.GetFullPath(options.Value.FileRoot);

    /// <summary>The file at a path, open; null when there is none, or when it lies elsewhere, by whichever links.</summary>
    public FileStream? Open(string path)
        => BootFilePath.Normalize(path) is not { } clean || clean.StartsWith(Hidden, StringComparison.OrdinalIgnoreCase) ? null
            : uploads?.Open(clean) ?? RegularFile.Open(Folder, Path.Combine(Folder, clean));

    /// <inheritdoc/>
    public bool Has(string path)
    {
        if (uploads is not null && BootFilePath.Normalize(path) is { } clean && uploads.Has(clean)) return true;
        using var file = Open(path);
        return file is not null;
    }

    /// <summary>
    /// The file at a path, open, also where its name is written in another case, as firmware does: when there is just one such file. Where
    /// two names differ by case alone, each is found by itself.
    /// </summary>
    public FileStream? OpenFolded(string path)
        => Open(path) ?? (BootFilePath.Normalize(path) is { } clean && !clean.StartsWith(Hidden, StringComparison.OrdinalIgnoreCase)
            && _folded.Find(Folder, clean) is { } found
            ? RegularFile.Open(Folder, found) : null);
}
