using Anvil.Provisioning.Documents;

namespace Anvil.Contracts.Catalog;

/// <summary>A catalog document to be made, or to take the place of the one that is there.</summary>
/// <param name="Prefix">The kind.</param>
/// <param name="Key">Key of the document that is replaced; "" for one that is made.</param>
/// <param name="Document">The document, read and checked for its shape.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogWrite")]
public sealed record CatalogWrite([property: Id(0)] string Prefix, [property: Id(1)] string Key, [property: Id(2)] Document Document,
    [property: Id(3)] ChangeTerms Terms);

/// <summary>A change of a catalog document by JSON Patch.</summary>
/// <param name="Prefix">The kind.</param>
/// <param name="Key">The document.</param>
/// <param name="Operations">The operations (RFC 6902), as JSON text.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogPatch")]
public sealed record CatalogPatch([property: Id(0)] string Prefix, [property: Id(1)] string Key, [property: Id(2)] string Operations,
    [property: Id(3)] ChangeTerms Terms);

/// <summary>The deletion of a catalog document.</summary>
/// <param name="Prefix">The kind.</param>
/// <param name="Key">The document.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogRemoval")]
public sealed record CatalogRemoval([property: Id(0)] string Prefix, [property: Id(1)] string Key, [property: Id(2)] ChangeTerms Terms);

/// <summary>Documents of one kind to be made, replaced or deleted, all or none.</summary>
/// <param name="Prefix">The kind.</param>
/// <param name="Written">Documents to be there afterwards.</param>
/// <param name="Removed">Keys of documents to be gone; one that is not there is passed over.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogMerge")]
public sealed record CatalogMerge([property: Id(0)] string Prefix, [property: Id(1)] IReadOnlyList<Document> Written,
    [property: Id(2)] IReadOnlyList<string> Removed, [property: Id(3)] ChangeTerms Terms);

/// <summary>Preferences to set, all or none.</summary>
/// <param name="Values">Values by name.</param>
/// <param name="Terms">Who asks, and on which condition.</param>
[GenerateSerializer, Immutable, Alias("anvil.PrefsWrite")]
public sealed record PrefsWrite([property: Id(0)] IReadOnlyDictionary<string, string> Values, [property: Id(1)] ChangeTerms Terms);

/// <summary>The catalog's answer: the document, or the error to give.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Document">The document after the change (before it, for a deletion); null for an error and for many.</param>
/// <param name="Error">The error.</param>
/// <param name="Revision">Revision of the catalog that holds the change; 0 for an error.</param>
[GenerateSerializer, Immutable, Alias("anvil.CatalogAnswer")]
public sealed record CatalogAnswer([property: Id(0)] int Status, [property: Id(1)] Document? Document, [property: Id(2)] ApiError? Error,
    [property: Id(3)] long Revision) : IRepeatable
{
    /// <inheritdoc/>
    [Id(4)]
    public bool Again { get; init; }
}
