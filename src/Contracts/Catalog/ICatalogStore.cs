using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Contracts.Catalog;

/// <summary>Where the writable documents of the catalog live. Every change moves the revision.</summary>
public interface ICatalogStore
{
    /// <summary>The revision, without the documents.</summary>
    Task<long> RevisionAsync(CancellationToken cancellation);

    /// <summary>
    /// What happened since a revision, as of one moment. After one that the store knows nothing of (too old, or not reached: the database
    /// was restored)
    /// it is everything there is. A row that cannot be read comes with its fault; one of a kind that is not known is left out, and named
    /// in the log.
    /// Kinds that are rows of their own (<see cref="CatalogKind.IsRows"/>) are left out: the revision alone says that one of them changed.
    /// </summary>
    /// <param name="revision">The revision that the reader has; -1: none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    Task<CatalogDelta> ChangesSinceAsync(long revision, CancellationToken cancellation);

    /// <summary>All documents of the snapshot with the revision that they were read at.</summary>
    async Task<(long Revision, IReadOnlyList<Document> Documents)> ReadAsync(CancellationToken cancellation)
    {
        var all = await ChangesSinceAsync(-1, cancellation);
        return (all.Revision, [.. all.Written.Select(e => e.Document)]);
    }

    /// <summary>
    /// Writes changes in one transaction, if the revision is still the expected one. The new revision, or null when it is not.
    /// </summary>
    /// <param name="expectedRevision">The revision that the changes were decided upon.</param>
    /// <param name="changes">The changes; each is an event.</param>
    /// <param name="principal">Who asked, for the events; "" for Anvil itself.</param>
    /// <param name="cancellation">Ends the wait.</param>
    Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal, CancellationToken cancellation);

    /// <summary>Writes changes of Anvil itself.</summary>
    /// <inheritdoc cref="WriteAsync(long, IReadOnlyList{CatalogChange}, string, CancellationToken)"/>
    Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, CancellationToken cancellation)
        => WriteAsync(expectedRevision, changes, "", cancellation);
}
