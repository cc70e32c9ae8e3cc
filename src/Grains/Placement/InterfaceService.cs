using Anvil.Contracts.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.Placement;

/// <summary>Tells others which network interfaces this edge has.</summary>
[Reentrant]
public sealed class InterfaceService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, IHostInterfaces interfaces)
    : GrainService(id, silo, loggers), IInterfaceService
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<EdgeInterface>> Interfaces() => Task.Run(interfaces.Current, StoppedCancellationTokenSource.Token);
}
