using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>Sees to it that what is stored of an uploaded pack's secure params is sealed.</summary>
public static class PackSecrets
{
    /// <summary>
    /// A pack as it may be stored: what the catalog, with the pack in it, says is secure is sealed for the object that has it.
    /// </summary>
    /// <param name="pack">The pack as it was sent.</param>
    /// <param name="after">The catalog as it becomes.</param>
    /// <param name="keys">What seals.</param>
    public static StoredPack Sealed(StoredPack pack, CatalogSnapshot after, ParamKeys keys)
    {
        var sections = pack.Sections.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        foreach (var holders in after.Packs[pack.Key].Entries.Values.Where(e => e.Document is IParamHolder).GroupBy(e => e.Key.Prefix))
        {
            var section = sections[holders.Key].ToDictionary(StringComparer.Ordinal);
            foreach (var entry in holders)
            {
                var values = ((IParamHolder)entry.Document).Params;
                var closed = SecureValues.Sealed(values, entry.Key.Prefix, entry.Key.Key, after, keys);
                if (ReferenceEquals(values, closed)) continue;
                var content = JsonObject.Create(section[entry.Key.Key])!;
                content["Params"] = JsonSerializer.SerializeToNode(closed, Json.Options);
                section[entry.Key.Key] = JsonSerializer.SerializeToElement(content, Json.Options);
            }

            sections[holders.Key] = section;
        }

        foreach (var (prefix, section) in after.Packs[pack.Key].Elsewhere)
            sections[prefix] = section.ToDictionary(o => o.Key, o => Closed(o.Value, prefix, o.Key, after, keys), StringComparer.Ordinal);
        return pack with { Sections = sections };
    }

    /// <summary>
    /// An object of a kind that is not served, as it is stored and shown: in every map `Params` of it, wherever that is, what is secure
    /// is sealed. The same where nothing is to be sealed.
    /// </summary>
    /// <param name="content">The object.</param>
    /// <param name="prefix">Its kind.</param>
    /// <param name="key">Its key.</param>
    /// <param name="catalog">Which params are secure.</param>
    /// <param name="keys">What seals.</param>
    public static JsonElement Closed(JsonElement content, string prefix, string key, CatalogSnapshot catalog, ParamKeys keys)
    {
        if (!HasInClear(content, catalog)) return content;
        var root = JsonObject.Create(content)!;
        foreach (var values in MapsIn(root).ToList())
        {
            foreach (var (name, value) in values.Where(p => catalog.IsSecure(p.Key)).ToList())
                values[name] = JsonNode.Parse(keys.Seal(prefix, key, JsonSerializer.SerializeToElement(value, Json.Options)).GetRawText());
        }

        return JsonSerializer.SerializeToElement(root, Json.Options);
    }

    /// <summary>The uploaded packs of which the store holds values in clear of params that are secure by now.</summary>
    public static IEnumerable<StoredPack> InClear(CatalogSnapshot catalog)
        => catalog.Packs.Values.Where(p => HasInClear(p, catalog))
            .Select(p => catalog.Find(new DocumentKey(StoredPack.Kind, p.About.Name))).OfType<StoredPack>();

    /// <summary>True for a pack that has values in clear of params that are secure.</summary>
    public static bool HasInClear(LoadedPack pack, CatalogSnapshot catalog)
        => pack.Entries.Values.Any(e => e.Document is IParamHolder holder && SecureValues.HasInClear(holder.Params, catalog))
            || pack.Elsewhere.Values.Any(s => s.Values.Any(o => HasInClear(o, catalog)));

    private static bool HasInClear(JsonElement content, CatalogSnapshot catalog)
        => content.ValueKind == JsonValueKind.Object && MapsIn(JsonObject.Create(content)!).Any(values => values
            .Any(p => catalog.IsSecure(p.Key) && !SecureParams.IsSealed(JsonSerializer.SerializeToElement(p.Value, Json.Options))));

    /// <summary>The maps of params within an object; DRP tells no case apart in names of fields.</summary>
    private static IEnumerable<JsonObject> MapsIn(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(f =>
            f.Value is JsonObject values && f.Key.Equals("Params", StringComparison.OrdinalIgnoreCase)
            ? [values] : MapsIn(f.Value)),
        JsonArray items => items.SelectMany(MapsIn),
        _ => [],
    };
}
