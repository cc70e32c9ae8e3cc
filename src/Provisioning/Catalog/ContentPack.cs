using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A file of a content pack: its path below the pack's folder, and its text.</summary>
public sealed record ContentFile(string Path, string Text);

/// <summary>
/// A content pack as a folder of files, in the layout that DRP bundles: `prefix/name.yml` is one object, a file in
/// `templates/` that is not YAML is a template of that name, and `meta.yml` describes the pack.
/// </summary>
public static class ContentPack
{
    /// <summary>Reads a pack. Its objects are read-only and carry the pack's name in Bundle.</summary>
    /// <exception cref="FormatException">A file is not what its place says; names the file.</exception>
    public static IReadOnlyList<Document> Read(string name, IEnumerable<ContentFile> files)
    {
        var content = Load(name, files);
        return content.Faults.Count == 0 ? [.. content.Entries.Select(e => e.Document)]
            : throw new FormatException($"{content.Faults[0].File}: {content.Faults[0].Reason}");
    }

    /// <summary>
    /// Reads as much of a pack as can be read; what cannot is named with its file and the reason. Its objects are read-only and carry the
    /// pack's name in
    /// Bundle. Of two objects with one key the first file's counts.
    /// </summary>
    public static PackContent Load(string name, IEnumerable<ContentFile> files)
    {
        var entries = new Dictionary<DocumentKey, CatalogEntry>();
        var faults = new List<PackFault>();
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            if (!file.Path.Contains('/', StringComparison.Ordinal)) continue;
            try
            {
                var entry = Entry(name, file);
                if (entry.Fault.Length > 0) faults.Add(new PackFault(name, file.Path, entry.Fault));
                if (!entries.TryAdd(entry.Key, entry))
                    faults.Add(new PackFault(name, file.Path, $"{entry.Key} is in {entries[entry.Key].File} already"));
            }
            catch (FormatException e)
            {
                faults.Add(new PackFault(name, file.Path, e.Message));
            }
        }

        return new PackContent([.. entries.Values], faults);
    }

    /// <summary>Turns YAML into JSON by YAML's core schema: plain scalars become numbers, booleans or null.</summary>
    /// <exception cref="FormatException">The text is not YAML, is empty, or goes beyond a bound (nesting, values, tags).</exception>
    public static JsonNode Yaml(string text) => YamlText.Read(text);

    private static CatalogEntry Entry(string pack, ContentFile file)
    {
        var slash = file.Path.IndexOf('/', StringComparison.Ordinal);
        var (prefix, rest) = (file.Path[..slash], file.Path[(slash + 1)..]);
        var isYaml = file.Path.EndsWith(".yml", StringComparison.Ordinal) || file.Path.EndsWith(".yaml", StringComparison.Ordinal);
        if (!CatalogRules.Kinds.TryGetValue(prefix, out var kind)) throw new FormatException($"there is no kind {prefix}");
        if (kind.IsRows)
            throw new FormatException(
                $"{prefix} are kept in the database alone, and are no content of packs: make them by the API or a sheet");
        if (prefix == "templates" && !isYaml) return Entry(new Template { ID = rest, Contents = file.Text }, pack, file, "");
        var content = Yaml(file.Text);
        try
        {
            var document = kind.Fill((Document)DocumentReader.ReadContent(content, kind.Type, prefix, file.Path));
            return document.Key.Length > 0 ? Entry(document, pack, file, "") : throw new FormatException($"/{kind.KeyField} is empty");
        }
        catch (FormatException e)
        {
            var fault = e.Message.StartsWith(file.Path + ": ", StringComparison.Ordinal) ? e.Message[(file.Path.Length + 2)..] : e.Message;
            // What is known by its key is shown, so that who looks for it finds the reason.
            return content is JsonObject fields && fields[kind.KeyField] is JsonValue named && named.TryGetValue(out string? key)
                && key.Length > 0
                ? Entry(kind.Empty(key), pack, file, fault)
                : throw new FormatException(fault, e);
        }
    }

    private static CatalogEntry Entry(Document document, string pack, ContentFile file, string fault)
        => new(document with { ReadOnly = true, Bundle = pack, Validated = true, Available = true }, 0, fault) { File = file.Path };
}
