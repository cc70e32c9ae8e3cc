using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Catalog;

/// <summary>The catalog as this silo sees it: a snapshot, replaced as a whole when its revision moves.</summary>
public interface ICatalog
{
    /// <summary>After this a view that was not confirmed counts as old: a writer waits no longer for a silo than that.</summary>
    static readonly TimeSpan OldestView = TimeSpan.FromSeconds(1);

    /// <summary>The newest snapshot that this silo has.</summary>
    CatalogSnapshot Current { get; }

    /// <summary>
    /// How long ago it was certain that there is nothing newer. Beyond <see cref="OldestView"/> this silo may not have heard of a change
    /// that its writer was told is done: neither the writer nor the database was heard.
    /// </summary>
    TimeSpan Age => TimeSpan.Zero;

    /// <summary>Waits until the snapshot is at least of this revision.</summary>
    Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation);

    /// <summary>
    /// The snapshot, as new as a writer may trust it to be (<see cref="OldestView"/>): by it somebody is let in whom a change may keep
    /// out.
    /// </summary>
    /// <exception cref="System.Data.Common.DbException">The view is old, and the database does not answer.</exception>
    async Task<CatalogSnapshot> ConfirmedAsync(CancellationToken cancellation)
        => Age <= OldestView ? Current : await AtLeastAsync(long.MaxValue, cancellation);
}
