using Anvil.Contracts.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Anvil.Grains.Placement;

/// <summary>Asks the edges that Orleans' membership knows for their network interfaces, all at once.</summary>
#pragma warning disable ORLEANSEXP004 // Silo metadata is the means that Orleans has for this.
public sealed partial class InterfaceDirectory(
    InterfaceServiceClient client, ISiloStatusOracle oracle, ISiloMetadataCache metadata, IEnumerable<IHostInterfaces> here,
    TimeProvider time, ILogger<InterfaceDirectory> logger) : IInterfaceDirectory
#pragma warning restore ORLEANSEXP004
{
    /// <summary>How long an edge may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IHostInterfaces? _here = here.FirstOrDefault();

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<EdgeInterface>>> ListAsync(CancellationToken cancellation)
    {
        var edges = OtherSilos.With(SiloTraits.Interfaces, metadata, oracle);
        var answers = await Task.WhenAll(edges.Select(e => AskAsync(e, cancellation)));
        var all = new SortedDictionary<string, IReadOnlyList<EdgeInterface>>(StringComparer.Ordinal);
        if (_here is not null) all[OtherSilos.NameOf(oracle.SiloAddress, metadata)] = _here.Current();
        foreach (var (edge, told) in edges.Zip(answers))
        {
            if (told is not null) all[OtherSilos.NameOf(edge, metadata)] = told;
        }

        return all;
    }

    private Task<IReadOnlyList<EdgeInterface>?> AskAsync(SiloAddress edge, CancellationToken cancellation)
        => OtherSilos.AskAsync(() => client.InterfacesAsync(edge), Patience, time, e => LogFailed(e, edge), cancellation);

    [LoggerMessage(Level = LogLevel.Debug, Message = "edge {Silo} does not say which interfaces it has")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
