using Orleans.Services;

namespace Anvil.Contracts.Catalog;

/// <summary>What a silo has for the catalog's writer to tell it of changes: one on each silo, reached by the silo's address.</summary>
[Alias("anvil.ICatalogService")]
public interface ICatalogService : IGrainService
{
    /// <summary>
    /// There is a new revision; the answer comes when this silo's snapshot has it, and packets that come after it see it.
    /// </summary>
    [Alias("Tell")]
    Task Tell(long revision);
}
