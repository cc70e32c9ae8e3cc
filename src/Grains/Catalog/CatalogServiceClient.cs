using Anvil.Contracts.Catalog;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Anvil.Grains.Catalog;

/// <summary>Reaches a silo's catalog by the silo's address.</summary>
public sealed class CatalogServiceClient(IServiceProvider services) : GrainServiceClient<ICatalogService>(services)
{
    /// <summary>Tells one silo of a revision.</summary>
    public Task TellAsync(SiloAddress silo, long revision) => GetGrainService(silo).Tell(revision);
}
