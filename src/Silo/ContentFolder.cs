using Anvil.Provisioning.Catalog;

namespace Anvil.Silo;

/// <summary>Reads the content packs beside the program.</summary>
internal static class ContentFolder
{
    /// <summary>Largest file of a pack, in octets.</summary>
    private const long LargestFile = 16 << 20;

    /// <summary>
    /// What all packs below a folder give, in order of their names; a file that cannot be taken is named, and the others serve.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static PackContent Read(string folder)
        => PackContent.Of(Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ReadPack));

    private static PackContent ReadPack(string folder)
    {
        var name = Path.GetFileName(folder);
        var files = new List<ContentFile>();
        var faults = new List<PackFault>();
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var path = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
                try
                {
                    if (new FileInfo(file).Length > LargestFile)
                        faults.Add(new PackFault(name, path, $"it has more than {LargestFile} octets"));
                    else files.Add(new ContentFile(path, File.ReadAllText(file)));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    faults.Add(new PackFault(name, path, $"it cannot be read: {e.Message}"));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new PackFault(name, "", $"the folder cannot be read: {e.Message}"));
        }

        var content = ContentPack.Load(name, files);
        return content with { Faults = [.. faults, .. content.Faults] };
    }
}
