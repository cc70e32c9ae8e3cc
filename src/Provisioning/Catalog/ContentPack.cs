using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A file of a content pack: its path below the pack's folder, and its text.</summary>
public sealed record ContentFile(string Path, string Text);

/// <summary>
/// A content pack, as a folder or as a bundle, in the layouts of DRP. A folder: `prefix/name.yml` (or .json) is one object, a file in
/// `templates/` that is neither is a template of that name, and `meta.yml` or `._Name.meta` and its like describe the pack. A bundle: one
/// file of `meta` and `sections`, in which objects stand by kind and key.
/// </summary>
public static class ContentPack
{
    /// <summary>The pack that comes with Anvil: objects of others stand in the place of its own.</summary>
    public const string Own = "anvil";

    /// <summary>Reads a pack. Its objects are read-only and carry the pack's name in Bundle.</summary>
    /// <exception cref="FormatException">A file is not what its place says; names the file.</exception>
    public static IReadOnlyList<Document> Read(string name, IEnumerable<ContentFile> files)
    {
        var content = Load(name, files);
        return content.Faults.Count == 0 ? [.. content.Entries.Select(e => e.Document)]
            : throw new FormatException($"{content.Faults[0].File}: {content.Faults[0].Reason}");
    }

    /// <summary>
    /// Reads as much of a folder as can be read; what cannot is named with its file and the reason. Its objects are read-only and carry
    /// the pack's name in Bundle. Of two objects with one key the first file's counts.
    /// </summary>
    /// <param name="folder">The folder's name, which the pack has where it says none itself.</param>
    /// <param name="files">Its files.</param>
    public static PackContent Load(string folder, IEnumerable<ContentFile> files)
    {
        var all = files.OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        PackReader reader;
        try
        {
            reader = new PackReader(PackMeta.OfFolder(folder, all));
        }
        catch (FormatException e)
        {
            reader = new PackReader(new PackMeta(folder));
            reader.Fault("meta.yml", e.Message);
        }

        foreach (var file in all) reader.Add(file);
        return reader.Finish();
    }

    /// <summary>Reads as much of a bundle as can be read, as <see cref="Load"/> does.</summary>
    /// <param name="file">The file's name; a pack that says no name has it, without its ending.</param>
    /// <param name="text">JSON or YAML, told by the file's ending.</param>
    public static PackContent LoadBundle(string file, string text)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        try
        {
            var notes = new List<string>();
            var bundle = (file.EndsWith(".json", StringComparison.Ordinal) ? Json(text) : YamlText.Read(text, notes)) as JsonObject;
            if (bundle?["sections"] is not JsonObject sections) throw new FormatException("a bundle has meta and sections");
            var reader = new PackReader(PackMeta.OfBundle(name, bundle["meta"] as JsonObject));
            if (notes.Count > 0) reader.Note(file, string.Join("; ", notes));
            foreach (var (prefix, section) in sections.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                if (section is not JsonObject objects) reader.Fault($"{file}#/sections/{prefix}", "must be an object");
                else foreach (var (key, content) in objects) reader.Add(prefix, key, content, file);
            }

            return reader.Finish();
        }
        catch (FormatException e)
        {
            return new PackContent([], [new PackFault(name, file, e.Message)]);
        }
    }

    /// <summary>Turns YAML into JSON by YAML's core schema: plain scalars become numbers, booleans or null.</summary>
    /// <exception cref="FormatException">The text is not YAML, is empty, or goes beyond a bound (nesting, values, tags).</exception>
    public static JsonNode Yaml(string text) => YamlText.Read(text);

    /// <summary>Reads JSON.</summary>
    /// <exception cref="FormatException">The text is not JSON, or is nested too deep.</exception>
    internal static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text,
                documentOptions: new JsonDocumentOptions { MaxDepth = JsonLimits.Depth + 4, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
