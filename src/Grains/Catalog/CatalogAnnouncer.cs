using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Tells every silo that Orleans' membership knows of a new revision, all at once, and waits until they have it. One that does not answer
/// is waited for
/// until its own view counts as old, so that an answer to a writer is never ahead of what a silo goes by: it knows by itself then that it
/// is behind.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class CatalogAnnouncer(
    CatalogServiceClient client, ISiloStatusOracle oracle, ISiloMetadataCache metadata, TimeProvider time,
    ILogger<CatalogAnnouncer> logger)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>A silo's clock may run a little slower than ours.</summary>
    private static readonly TimeSpan Patience = ICatalog.OldestView * 1.1;

    /// <summary>Tells of a revision. It never fails: whoever is not told finds out by asking the database.</summary>
    public async Task TellAsync(long revision)
    {
        var began = time.GetTimestamp();
        List<Task>? calls = null;
        foreach (var silo in oracle.GetApproximateSiloStatuses(onlyActive: true).Keys)
        {
            if (silo.Equals(oracle.SiloAddress)) continue;
            var traits = metadata.GetSiloMetadata(silo).Metadata;
            // Silos of the version before lack the trait, and ask the database each second; one that has just joined begins by asking it.
            if (traits.ContainsKey(SiloTraits.Catalog)) (calls ??= []).Add(TellAsync(silo, revision, began));
            else if (traits.Count == 0) _ = TryAsync(silo, revision);
        }

        if (calls is not null) await Task.WhenAll(calls);
    }

    private async Task TellAsync(SiloAddress silo, long revision, long began)
    {
        if (await TryAsync(silo, revision)) return;
        LogNotTold(silo, revision);
        if (Patience - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero) await Task.Delay(left, time);
    }

    private async Task<bool> TryAsync(SiloAddress silo, long revision)
    {
        try
        {
            await client.TellAsync(silo, revision).WaitAsync(Patience, time);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogFailed(e, silo);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Silo} did not say that it has catalog revision {Revision}")]
    private partial void LogNotTold(SiloAddress silo, long revision);

    [LoggerMessage(Level = LogLevel.Debug, Message = "silo {Silo} cannot be told of the catalog")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
