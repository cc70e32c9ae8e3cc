using Anvil.Contracts.Catalog;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.Catalog;

/// <summary>Takes in what the catalog's writer tells this silo.</summary>
[Reentrant]
public sealed class CatalogService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, ICatalog catalog)
    : GrainService(id, silo, loggers), ICatalogService
{
    /// <inheritdoc/>
    public Task Tell(long revision) => catalog.AtLeastAsync(revision, StoppedCancellationTokenSource.Token);
}
