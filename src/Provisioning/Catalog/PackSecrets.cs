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

        return pack with { Sections = sections };
    }
}
