using Anvil.Contracts.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Anvil.Grains.Placement;

/// <summary>Reaches an edge's network interfaces by its silo's address.</summary>
public sealed class InterfaceServiceClient(IServiceProvider services) : GrainServiceClient<IInterfaceService>(services)
{
    /// <summary>The interfaces of one edge.</summary>
    public Task<IReadOnlyList<EdgeInterface>> InterfacesAsync(SiloAddress silo) => GetGrainService(silo).Interfaces();
}
