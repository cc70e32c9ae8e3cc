namespace Anvil.Contracts.Placement;

/// <summary>The network interfaces of the living edges.</summary>
public interface IInterfaceDirectory
{
    /// <summary>Most interfaces that an edge tells of, and most addresses of each.</summary>
    const int MostOfEdge = 256;

    /// <summary>
    /// What each edge says, by the edge's first address or, where it has none, its silo's. An edge that does not answer in time is left
    /// out.
    /// </summary>
    Task<IReadOnlyDictionary<string, IReadOnlyList<EdgeInterface>>> ListAsync(CancellationToken cancellation);
}
