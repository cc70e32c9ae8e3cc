using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Silo;

/// <summary>Reads the content packs beside the program.</summary>
internal static class ContentFolder
{
    /// <summary>The documents of all packs below a folder.</summary>
    /// <exception cref="FormatException">A file is not what its place says; names the file.</exception>
    public static IReadOnlyList<Document> Read(string folder)
    {
        var documents = new List<Document>();
        foreach (var pack in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            var files = Directory.EnumerateFiles(pack, "*", SearchOption.AllDirectories)
                .Select(f => new ContentFile(Path.GetRelativePath(pack, f).Replace(Path.DirectorySeparatorChar, '/'), File.ReadAllText(f)));
            documents.AddRange(ContentPack.Read(Path.GetFileName(pack), files));
        }

        return documents;
    }
}
