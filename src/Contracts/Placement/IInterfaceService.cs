using Orleans.Services;

namespace Anvil.Contracts.Placement;

/// <summary>What an edge says of its network interfaces: one on each edge, reached by the silo's address.</summary>
[Alias("anvil.IInterfaceService")]
public interface IInterfaceService : IGrainService
{
    /// <summary>The interfaces of its host (<see cref="IHostInterfaces"/>).</summary>
    [Alias("Interfaces")]
    Task<IReadOnlyList<EdgeInterface>> Interfaces();
}
