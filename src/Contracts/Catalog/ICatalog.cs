using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Catalog;

/// <summary>The catalog as this silo sees it: a snapshot, replaced as a whole when its revision moves.</summary>
public interface ICatalog
{
    /// <summary>The newest snapshot that this silo has.</summary>
    CatalogSnapshot Current { get; }

    /// <summary>Waits until the snapshot is at least of this revision.</summary>
    Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation);
}
