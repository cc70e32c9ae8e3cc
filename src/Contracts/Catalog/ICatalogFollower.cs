using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Catalog;

/// <summary>Something in this silo that acts on each new snapshot of the catalog.</summary>
public interface ICatalogFollower
{
    /// <summary>Takes in a snapshot; it is quick, and never throws.</summary>
    void Follow(CatalogSnapshot snapshot);
}
