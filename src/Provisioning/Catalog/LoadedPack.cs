using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>An uploaded content pack as a snapshot holds it: its objects read.</summary>
/// <param name="About">What it says of itself.</param>
public sealed record LoadedPack(ContentMeta About)
{
    /// <summary>
    /// The kinds whose objects an uploaded pack may bring. Users are none: each needs a secret of its own, and is written by who has its
    /// rights.
    /// </summary>
    public static IReadOnlyCollection<string> Kinds { get; } =
        ["bootenvs", "params", "profiles", "stages", "subnets", "tasks", "templates", "workflows"];

    /// <summary>Its objects; one that cannot be read is there by its key, with the fault.</summary>
    public IReadOnlyDictionary<DocumentKey, CatalogEntry> Entries { get; private init; } = new Dictionary<DocumentKey, CatalogEntry>();

    /// <summary>Objects of DRP's kinds that are not served here, by kind: kept, and left alone.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Elsewhere { get; private init; }
        = new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>();

    /// <summary>How many objects it has, by kind, those that are left alone included.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; private init; } = new Dictionary<string, int>();

    /// <summary>Its objects that cannot be taken, each by its JSON pointer.</summary>
    public IReadOnlyList<PackFault> Faults { get; private init; } = [];

    /// <summary>What should be known of those that were taken.</summary>
    public IReadOnlyList<PackFault> Notes { get; private init; } = [];

    /// <summary>Why the row could not be read at all; "" when it could.</summary>
    public string Fault { get; private init; } = "";

    /// <summary>The JSON pointer of an object within a pack (RFC 6901).</summary>
    public static string PointerOf(string prefix, string key) => $"/sections/{JsonPatch.Escape(prefix)}/{JsonPatch.Escape(key)}";

    /// <summary>The JSON pointer of an object within a pack.</summary>
    public static string PointerOf(DocumentKey key) => PointerOf(key.Prefix, key.Key);

    /// <summary>Reads a pack as far as it can be read.</summary>
    /// <param name="pack">As it is stored.</param>
    /// <param name="fault">Why the row could not be read; "" when it could.</param>
    public static LoadedPack Of(StoredPack pack, string fault = "")
    {
        if (fault.Length > 0) return new LoadedPack(pack.About) { Fault = fault };
        var reader = new PackReader(new PackMeta(pack.About.Name));
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var elsewhere = new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>(StringComparer.Ordinal);
        foreach (var (prefix, section) in pack.Sections.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            // Clients write sections without objects, too.
            if (section is not { Count: > 0 }) continue;
            counts[prefix] = section.Count;
            if (PackReader.IsElsewhere(prefix)) elsewhere[prefix] = section;
            foreach (var (key, content) in section) Take(reader, prefix, key, content);
        }

        var read = reader.Finish();
        return new LoadedPack(pack.About)
        {
            Entries = read.Entries.ToDictionary(e => e.Key),
            Elsewhere = elsewhere,
            Counts = counts,
            Faults = read.Faults,
            Notes = read.Notes,
        };
    }

    private static void Take(PackReader reader, string prefix, string key, JsonElement content)
    {
        var place = PointerOf(prefix, key);
        if (!PackReader.IsElsewhere(prefix) && CatalogRules.Stored.ContainsKey(prefix) && !Kinds.Contains(prefix))
            reader.Fault(place, $"{prefix} are no content of an uploaded pack: make them by the API");
        else
            reader.AddAt(prefix, content.ValueKind == JsonValueKind.Object ? JsonObject.Create(content)
                : JsonSerializer.SerializeToNode(content, Json.Options), place);
    }
}
