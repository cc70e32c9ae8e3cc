using Anvil.Contracts.Catalog;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Anvil.Grains.BootFiles;

/// <summary>Reaches an edge's boot files by its silo's address.</summary>
public sealed class BootFileServiceClient(IServiceProvider services) : GrainServiceClient<IBootFileService>(services)
{
    /// <summary>Those of some paths that one edge lacks.</summary>
    public Task<IReadOnlyList<string>> MissingAsync(SiloAddress silo, IReadOnlyList<string> paths) => GetGrainService(silo).Missing(paths);
}
