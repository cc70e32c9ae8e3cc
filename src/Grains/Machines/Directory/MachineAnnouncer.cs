using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Machines.Directory;

/// <summary>
/// Tells the edges that Orleans' membership knows of machines' changes, all at once. One that does not acknowledge is given the time after
/// which its own view counts as old, so that the writer's answer is never ahead of what an edge says.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class MachineAnnouncer(
    MachineDirectoryClient client, ISiloStatusOracle oracle, ISiloMetadataCache metadata, IEnumerable<IMachineWatcher> watchers,
    TimeProvider time, ILogger<MachineAnnouncer> logger) : IMachineDirectory
#pragma warning restore ORLEANSEXP004
{
    /// <summary>An edge's clock may run a little slower than ours.</summary>
    private static readonly TimeSpan Patience = IMachineDirectory.OldestView * 1.1;

    private readonly IReadOnlyList<IMachineWatcher> _here = [.. watchers];

    /// <inheritdoc/>
    public async Task PublishAsync(MachineNews change)
    {
        var began = time.GetTimestamp();
        foreach (var watcher in _here) watcher.Changed(change);
        List<Task>? calls = null;
        foreach (var silo in oracle.GetApproximateSiloStatuses(onlyActive: true).Keys)
        {
            if (silo.Equals(oracle.SiloAddress)) continue;
            var traits = metadata.GetSiloMetadata(silo).Metadata;
            // A silo that has just joined has not told yet what it is. Nobody waits for it: an edge does not trust its view at first.
            if (traits.ContainsKey(SiloTraits.Directory)) (calls ??= []).Add(TellAsync(silo, change, began));
            else if (traits.Count == 0) _ = TryAsync(silo, change);
        }

        if (calls is not null) await Task.WhenAll(calls);
    }

    private async Task TellAsync(SiloAddress silo, MachineNews change, long began)
    {
        if (await TryAsync(silo, change)) return;
        AnvilDiagnostics.NotTold.Add(1);
        LogNotTold(silo, change.Uuid);
        if (Patience - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero) await Task.Delay(left, time);
    }

    private async Task<bool> TryAsync(SiloAddress silo, MachineNews change)
    {
        try
        {
            await client.TellAsync(silo, change).WaitAsync(Patience, time);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever kept it from being told: it finds out by itself.
            LogFailed(e, silo);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "edge {Silo} did not acknowledge a change of machine {Uuid}")]
    private partial void LogNotTold(SiloAddress silo, string uuid);

    [LoggerMessage(Level = LogLevel.Debug, Message = "silo {Silo} cannot be told of machines")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
