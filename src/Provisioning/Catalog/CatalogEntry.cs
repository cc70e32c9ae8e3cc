using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A document as it came from the store or from a content pack.</summary>
/// <param name="Document">The document; where it could not be read, an empty one of its kind with its key.</param>
/// <param name="Revision">Revision of the catalog that wrote it; 0 for a content pack's.</param>
/// <param name="Fault">Why it could not be read; "" when it could.</param>
public sealed record CatalogEntry(Document Document, long Revision = 0, string Fault = "")
{
    /// <summary>Its place; in the store it is the row's, whatever the document says.</summary>
    public DocumentKey Key { get; init; } = new(Document.Prefix, Document.Key);

    /// <summary>Octets that it takes in the store, as far as that is known; 0 for a content pack's.</summary>
    public long Octets { get; init; }

    /// <summary>The file of a content pack that it was read from; "" for a stored one.</summary>
    public string File { get; init; } = "";
}
