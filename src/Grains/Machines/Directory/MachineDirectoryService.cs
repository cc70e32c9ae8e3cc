using Anvil.Contracts.Machines;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.Machines.Directory;

/// <summary>Takes in what others tell this edge of machines.</summary>
[Reentrant]
public sealed class MachineDirectoryService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, IMachineWatcher watcher)
    : GrainService(id, silo, loggers), IMachineDirectoryService
{
    /// <inheritdoc/>
    public Task Tell(MachineNews change)
    {
        watcher.Changed(change);
        return Task.CompletedTask;
    }
}
