using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>What a rule made of a machine: what is to be stored, and what is to be done once it is.</summary>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="State">The new state; without a machine when it is to be deleted.</param>
/// <param name="Effects">What is to be done after the state is stored, in this order.</param>
public sealed record MachineChange(int Status, MachineState State, IReadOnlyList<Effect> Effects)
{
    /// <summary>Nothing has changed but when the machine was last seen.</summary>
    public bool IsStill { get; init; }
}
