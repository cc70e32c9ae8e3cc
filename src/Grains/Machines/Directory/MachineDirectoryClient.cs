using Anvil.Contracts.Machines;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Anvil.Grains.Machines.Directory;

/// <summary>Reaches an edge by its silo's address.</summary>
public sealed class MachineDirectoryClient(IServiceProvider services) : GrainServiceClient<IMachineDirectoryService>(services)
{
    /// <summary>Tells one edge of a change.</summary>
    public Task TellAsync(SiloAddress silo, MachineNews change) => GetGrainService(silo).Tell(change);
}
