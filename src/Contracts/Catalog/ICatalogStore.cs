using Anvil.Provisioning.Documents;

namespace Anvil.Contracts.Catalog;

/// <summary>A change of one catalog document; a null document deletes it.</summary>
public sealed record CatalogChange(string Prefix, string Key, Document? Document)
{
    /// <summary>The document was not there before.</summary>
    public bool IsNew { get; init; }

    /// <summary>The event that tells of it: create, update or delete.</summary>
    public string Action => Document is null ? "delete" : IsNew ? "create" : "update";
}

/// <summary>Where the writable documents of the catalog live. Every change moves the revision.</summary>
public interface ICatalogStore
{
    /// <summary>The revision, without the documents.</summary>
    Task<long> RevisionAsync(CancellationToken cancellation);

    /// <summary>All documents but reservations, with the revision that they were read at.</summary>
    Task<(long Revision, IReadOnlyList<Document> Documents)> ReadAsync(CancellationToken cancellation);

    /// <summary>Writes changes in one transaction, if the revision is still the expected one. The new revision, or null when it is not.</summary>
    Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, CancellationToken cancellation);
}
