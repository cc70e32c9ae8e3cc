using Anvil.Contracts.Files;
using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Files;

/// <summary>The living silos that have contents of uploaded files, as Orleans' membership knows them.</summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class BlobSilos(
    BlobServiceClient client, ISiloStatusOracle oracle, ISiloMetadataCache metadata, TimeProvider time, ILogger<BlobSilos> logger)
#pragma warning restore ORLEANSEXP004
{
    /// <summary>How long one may take to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The others.</summary>
    public IReadOnlyList<SiloAddress> Others => OtherSilos.With(SiloTraits.Blobs, metadata, oracle);

    /// <summary>This one.</summary>
    public SiloAddress Own => oracle.SiloAddress;

    /// <summary>Asks one; the default where it does not answer.</summary>
    public Task<T?> AskAsync<T>(SiloAddress silo, Func<IBlobService, Task<T>> ask, CancellationToken cancellation)
        => OtherSilos.AskAsync(() => ask(client.Of(silo)), Patience, time, e => LogFailed(e, silo), cancellation);

    /// <summary>What people call a silo: the address by which machines know it, where it is an edge.</summary>
    public string NameOf(SiloAddress silo) => OtherSilos.NameOf(silo, metadata);

    [LoggerMessage(Level = LogLevel.Debug, Message = "silo {Silo} does not say which contents it has")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
