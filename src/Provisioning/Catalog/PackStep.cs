using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a change of a content pack does to one object: before and after it, as everybody sees it.</summary>
/// <param name="Key">The object.</param>
/// <param name="Before">The object so far; null for one that comes.</param>
/// <param name="After">The object as it becomes; null for one that goes.</param>
public sealed record PackStep(DocumentKey Key, Document? Before, Document? After)
{
    /// <summary>The right that it takes on the object's kind.</summary>
    public string Action => Before is null ? "create" : After is null ? "delete" : "update";

    /// <summary>What differs for some objects between two states of the catalog.</summary>
    public static IReadOnlyList<PackStep> Between(CatalogSnapshot before, CatalogSnapshot after, IEnumerable<DocumentKey> keys)
        => Between(before, after.Find, keys);

    /// <summary>What becomes of some objects.</summary>
    /// <param name="before">The catalog so far.</param>
    /// <param name="after">Each object as it becomes; null for one that goes.</param>
    /// <param name="keys">The objects.</param>
    public static IReadOnlyList<PackStep> Between(CatalogSnapshot before, Func<DocumentKey, Document?> after,
        IEnumerable<DocumentKey> keys) =>
    [
        .. keys.Distinct().Order().Select(k => new PackStep(k, before.Find(k), after(k)))
            .Where(s => (s.Before, s.After) is not (null, null))
            .Where(s => s.Before is null || s.After is null || Text(s.Before) != Text(s.After)),
    ];

    /// <summary>What an object is, whichever layer it is in and whatever else there is.</summary>
    private static string Text(Document document)
    {
        document = document with { ReadOnly = true, Bundle = "", Validated = true, Available = true, Errors = [] };
        return JsonSerializer.Serialize(document, document.GetType(), Json.Options);
    }
}
