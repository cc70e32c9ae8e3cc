using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What the catalog holds in all: every silo has it in memory, and reads it whole when it starts.</summary>
public static class CatalogBounds
{
    /// <summary>Octets of all documents of the store, as they are stored; content packs and reservations are not counted.</summary>
    public const long Octets = 256L << 20;

    /// <summary>Refuses changes that would make the catalog larger than that; what makes it smaller is always taken.</summary>
    /// <param name="changes">Key of each, and the document; null for one that goes.</param>
    /// <param name="catalog">The catalog that they are made upon.</param>
    /// <exception cref="ApiException">422.</exception>
    public static void Check(IReadOnlyCollection<(DocumentKey Key, Document? Document)> changes, CatalogSnapshot catalog)
    {
        // Far from the bound nothing is measured.
        if (catalog.StoredOctets + ((long)changes.Count * JsonLimits.Octets) <= Octets) return;
        var more = changes.Sum(c => (c.Document is null ? 0 : DocumentSize.Of(c.Document)) - catalog.OctetsOf(c.Key.Prefix, c.Key.Key));
        if (more <= 0 || catalog.StoredOctets + more <= Octets) return;
        var (prefix, key) = changes.First().Key;
        throw new ApiException(ApiError.Invalid(prefix, key,
            $"the objects of the catalog have at most {Octets >> 20} MiB in all, and take {catalog.StoredOctets >> 20} MiB: "
                + "delete what is not needed, or bring it as a content pack"));
    }
}
