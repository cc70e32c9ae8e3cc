using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Storage;

/// <summary>A storage of grains' states that takes what a deletion tells, and the end of the state, in one transaction.</summary>
public interface IStateRemoval
{
    /// <summary>Writes a state, for what it tells the query tables, and clears it: both or neither. Its version counts both.</summary>
    /// <param name="stateName">As in <see cref="IGrainStorage"/>.</param>
    /// <param name="grainId">The grain.</param>
    /// <param name="grainState">The last state; cleared when it returns, and as it was when it throws.</param>
    /// <exception cref="InconsistentStateException">Another activation has written since.</exception>
    Task RemoveStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
}
