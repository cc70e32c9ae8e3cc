using Anvil.Contracts.Catalog;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.BootFiles;

/// <summary>Tells others which boot files this edge has.</summary>
[Reentrant]
public sealed class BootFileService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, IBootFiles files)
    : GrainService(id, silo, loggers), IBootFileService
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> paths)
        // The file system may let one wait; the silo's threads do not.
        => await Task.Run(() => paths.Where(p => !files.Has(p)).ToList(), StoppedCancellationTokenSource.Token);
}
