using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Grains.Catalog;

/// <summary>Tells every silo of a new revision of the catalog.</summary>
public sealed partial class CatalogAnnouncer(CatalogServiceClient client, SiloAnnouncer silos, ILogger<CatalogAnnouncer> logger)
{
    /// <summary>Tells of a revision. It never fails: whoever is not told finds out by asking the database.</summary>
    public Task TellAsync(long revision)
        => silos.TellAsync(SiloTraits.Catalog, ICatalog.OldestView, silo => client.TellAsync(silo, revision),
            silo => LogNotTold(silo, revision));

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Silo} did not say that it has catalog revision {Revision}")]
    private partial void LogNotTold(SiloAddress silo, long revision);
}
