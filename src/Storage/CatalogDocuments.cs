using System.Text.Json.Nodes;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Storage;

/// <summary>Reads catalog documents as they are stored.</summary>
internal static class CatalogDocuments
{
    /// <summary>A document of a kind.</summary>
    public static Document Parse(string prefix, string body)
        => prefix == "prefs" ? Json.Read<Pref>(body) : CatalogRules.Kinds[prefix].Read(JsonNode.Parse(body)!, "READ");
}
