using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>
/// Tells the silos that Orleans' membership knows of a change, all at once, and waits until they have it. One that does not answer is
/// waited for until its own view counts as old, so that an answer to a writer is never ahead of what a silo goes by: it knows by itself
/// then that it is behind. It never fails: whoever is not told finds out by asking the database.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class SiloAnnouncer(
    ISiloStatusOracle oracle, ISiloMetadataCache metadata, TimeProvider time, ILogger<SiloAnnouncer> logger)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>Tells all other silos with a trait.</summary>
    /// <param name="trait">
    /// Metadata key of those that can be told. Silos of a version that lacks it find out by themselves; one that has just joined has not
    /// told yet what it is: it is told, and not waited for, as it does not trust its view at first.
    /// </param>
    /// <param name="oldestView">Age from which a silo does not trust its view.</param>
    /// <param name="tell">Tells one.</param>
    /// <param name="missed">Is called for one that did not answer.</param>
    public async Task TellAsync(string trait, TimeSpan oldestView, Func<SiloAddress, Task> tell, Action<SiloAddress> missed)
    {
        // A silo's clock may run a little slower than ours.
        var patience = oldestView * 1.1;
        var began = time.GetTimestamp();
        List<Task>? calls = null;
        foreach (var silo in oracle.GetApproximateSiloStatuses(onlyActive: true).Keys)
        {
            if (silo.Equals(oracle.SiloAddress)) continue;
            var traits = metadata.GetSiloMetadata(silo).Metadata;
            if (traits.ContainsKey(trait)) (calls ??= []).Add(WaitAsync(silo));
            else if (traits.Count == 0) _ = TryAsync(silo);
        }

        if (calls is not null) await Task.WhenAll(calls);

        async Task WaitAsync(SiloAddress silo)
        {
            if (await TryAsync(silo)) return;
            missed(silo);
            if (patience - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero) await Task.Delay(left, time);
        }

        async Task<bool> TryAsync(SiloAddress silo)
        {
            try
            {
                await tell(silo).WaitAsync(patience, time);
                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(e, silo, trait);
                return false;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "silo {Silo} cannot be told of a change ({Trait})")]
    private partial void LogFailed(Exception exception, SiloAddress silo, string trait);
}
