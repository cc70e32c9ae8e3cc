using Orleans.Services;

namespace Anvil.Contracts.Catalog;

/// <summary>What an edge says of its boot files: one on each edge, reached by the silo's address.</summary>
[Alias("anvil.IBootFileService")]
public interface IBootFileService : IGrainService
{
    /// <summary>Those of some paths below the file root at which there is no file.</summary>
    [Alias("Missing")]
    Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> paths);
}
