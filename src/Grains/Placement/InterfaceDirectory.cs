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
        var edges = oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(s => !s.Equals(oracle.SiloAddress)
            && metadata.GetSiloMetadata(s).Metadata.ContainsKey(SiloTraits.Interfaces)).ToList();
        var answers = await Task.WhenAll(edges.Select(e => AskAsync(e, cancellation)));
        var all = new SortedDictionary<string, IReadOnlyList<EdgeInterface>>(StringComparer.Ordinal);
        if (_here is not null) all[NameOf(oracle.SiloAddress)] = _here.Current();
        foreach (var (edge, told) in edges.Zip(answers))
        {
            if (told is not null) all[NameOf(edge)] = told;
        }

        return all;
    }

    private async Task<IReadOnlyList<EdgeInterface>?> AskAsync(SiloAddress edge, CancellationToken cancellation)
    {
        try
        {
            return await client.InterfacesAsync(edge).WaitAsync(Patience, time, cancellation);
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            LogFailed(e, edge);
            return null;
        }
    }

    /// <summary>Several silos of one host serve different addresses, or none; their own are always different.</summary>
    private string NameOf(SiloAddress silo)
        => metadata.GetSiloMetadata(silo).Metadata.TryGetValue(SiloTraits.Addresses, out var addresses) && addresses.Length > 0
            ? addresses.Split(',')[0] : silo.Endpoint.ToString();

    [LoggerMessage(Level = LogLevel.Debug, Message = "edge {Silo} does not say which interfaces it has")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}
