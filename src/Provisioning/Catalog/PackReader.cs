using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>Reads the objects of one content pack, file by file or section by section.</summary>
internal sealed class PackReader(PackMeta meta)
{
    /// <summary>Kinds whose objects Anvil has no place for, or takes from no pack: one that has some is taken without them.</summary>
    private static readonly HashSet<string> Elsewhere = new(StringComparer.Ordinal)
    {
        "contexts", "roles", "tenants", "webhooks", "plugins", "plugin_providers", "pools", "endpoints", "version_sets", "catalog_items",
        "machines", "jobs", "leases",
        "preferences", "prefs", "interfaces", "activities", "batches", "blueprints", "clusters", "connections", "filters",
        "identity_providers", "resource_brokers", "triggers", "trigger_providers", "ux_options", "ux_settings", "ux_views", "work_orders",
    };

    private readonly Dictionary<DocumentKey, CatalogEntry> _entries = [];
    private readonly List<PackFault> _faults = [];
    private readonly List<PackFault> _notes = [];
    private readonly SortedDictionary<string, int> _elsewhere = new(StringComparer.Ordinal);

    /// <summary>True for a kind of DRP whose objects are left out.</summary>
    public static bool IsElsewhere(string prefix) => Elsewhere.Contains(prefix);

    /// <summary>Takes a file of a folder; one beside the folders of kinds, or below a hidden one, is no object.</summary>
    public void Add(ContentFile file)
    {
        var slash = file.Path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || file.Path.Split('/').Any(p => p.StartsWith('.'))) return;
        var (prefix, name) = (file.Path[..slash], file.Path[(slash + 1)..]);
        Take(prefix, file.Path, kind =>
        {
            var notes = new List<string>();
            var content = prefix == "templates" ? Object(file, notes) : Content(file, notes);
            return content is null && prefix == "templates" ? Entry(new Template { ID = name, Contents = file.Text }, file.Path, "")
                : Entry(kind, content, file.Path, notes);
        });
    }

    /// <summary>Takes an object of a bundle's section.</summary>
    public void Add(string prefix, string key, JsonNode? content, string file)
        => AddAt(prefix, content, $"{file}#/sections/{prefix}/{key}");

    /// <summary>Takes an object of a section, with what its place is called.</summary>
    public void AddAt(string prefix, JsonNode? content, string place) => Take(prefix, place, kind => Entry(kind, content, place, []));

    /// <summary>Says what is wrong with a file as a whole.</summary>
    public void Fault(string file, string reason) => _faults.Add(new PackFault(meta.Name, file, reason));

    /// <summary>Says what should be known of a file as a whole.</summary>
    public void Note(string file, string what) => _notes.Add(new PackFault(meta.Name, file, what));

    /// <summary>What was read.</summary>
    public PackContent Finish()
    {
        foreach (var (prefix, count) in _elsewhere)
            _notes.Add(new PackFault(meta.Name, prefix, CatalogRules.Kinds.ContainsKey(prefix)
                ? $"{count} of its objects are left out: who has rights, and on what, is said by the API, by who may say so"
                : $"{count} of its objects are left out: Anvil has no kind {prefix}"));
        if (meta.RequiredFeatures.Except(Features.All, StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
            _notes.Add(new PackFault(meta.Name, "", $"it asks for features that Anvil does not have: {string.Join(", ", missing)}"));
        return new PackContent([.. _entries.Values], _faults) { Notes = _notes, Packs = [meta] };
    }

    private void Take(string prefix, string file, Func<CatalogKind, CatalogEntry> read)
    {
        if (Elsewhere.Contains(prefix))
        {
            _elsewhere[prefix] = _elsewhere.GetValueOrDefault(prefix) + 1;
            return;
        }

        try
        {
            if (!CatalogRules.Kinds.TryGetValue(prefix, out var kind)) throw new FormatException($"there is no kind {prefix}");
            if (kind.IsRows)
                throw new FormatException(
                    $"{prefix} are kept in the database alone, and are no content of packs: make them by the API or a sheet");
            var entry = read(kind);
            if (entry.Fault.Length > 0) Fault(file, entry.Fault);
            if (!_entries.TryAdd(entry.Key, entry)) Fault(file, $"{entry.Key} is in {_entries[entry.Key].File} already");
        }
        catch (FormatException e)
        {
            Fault(file, e.Message);
        }
    }

    private CatalogEntry Entry(CatalogKind kind, JsonNode? content, string file, List<string> notes)
    {
        try
        {
            var document = kind.Fill((Document)DocumentReader.ReadContent(content, kind.Type, kind.Prefix, notes));
            if (document.Key.Length == 0) throw new FormatException($"/{kind.KeyField} is empty");
            if (notes.Count > 0) _notes.Add(new PackFault(meta.Name, file, string.Join("; ", notes)));
            return Entry(document, file, "");
        }
        catch (FormatException e)
        {
            // What is known by its key is shown, so that who looks for it finds the reason.
            return content is JsonObject fields && fields[kind.KeyField] is JsonValue named && named.TryGetValue(out string? key)
                && key.Length > 0
                ? Entry(kind.Empty(key), file, e.Message)
                : throw new FormatException(e.Message, e);
        }
    }

    private CatalogEntry Entry(Document document, string file, string fault)
        => new(document with { ReadOnly = true, Bundle = meta.Name, Validated = true, Available = true }, 0, fault) { File = file };

    private static bool IsYaml(string path)
        => path.EndsWith(".yml", StringComparison.Ordinal) || path.EndsWith(".yaml", StringComparison.Ordinal);

    private static bool IsJson(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    private static JsonNode? Content(ContentFile file, List<string> notes)
        => IsJson(file.Path) ? ContentPack.Json(file.Text) : YamlText.Read(file.Text, notes);

    /// <summary>
    /// The template that a file of templates/ is written as; null where the file itself is the text: what ends in .json is often one that
    /// renders JSON.
    /// </summary>
    private static JsonNode? Object(ContentFile file, List<string> notes)
    {
        if (IsYaml(file.Path)) return YamlText.Read(file.Text, notes);
        if (!IsJson(file.Path)) return null;
        try
        {
            return ContentPack.Json(file.Text) is JsonObject written && written.ContainsKey("ID") ? written : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
