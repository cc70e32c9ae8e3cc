using Orleans.Services;

namespace Anvil.Contracts.Machines;

/// <summary>What an edge has for others to tell it of machines: one on each edge, reached by the silo's address.</summary>
[Alias("anvil.IMachineDirectoryService")]
public interface IMachineDirectoryService : IGrainService
{
    /// <summary>Takes in a change; packets that come after the answer see it.</summary>
    [Alias("Tell")]
    Task Tell(MachineNews change);
}
