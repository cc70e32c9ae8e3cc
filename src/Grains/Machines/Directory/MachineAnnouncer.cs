using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Grains.Machines.Directory;

/// <summary>Tells the edges, those of this silo first, of machines' changes.</summary>
public sealed partial class MachineAnnouncer(
    MachineDirectoryClient client, SiloAnnouncer silos, IEnumerable<IMachineWatcher> watchers, ILogger<MachineAnnouncer> logger)
    : IMachineDirectory
{
    private readonly IReadOnlyList<IMachineWatcher> _here = [.. watchers];

    /// <inheritdoc/>
    public Task PublishAsync(MachineNews change)
    {
        foreach (var watcher in _here) watcher.Changed(change);
        return silos.TellAsync(SiloTraits.Directory, IMachineDirectory.OldestView, silo => client.TellAsync(silo, change), silo =>
        {
            AnvilDiagnostics.NotTold.Add(1);
            LogNotTold(silo, change.Uuid);
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "edge {Silo} did not acknowledge a change of machine {Uuid}")]
    private partial void LogNotTold(SiloAddress silo, string uuid);
}
