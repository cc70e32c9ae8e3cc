using Anvil.Provisioning.Jobs;

namespace Anvil.Contracts.Machines;

/// <summary>A machine's boot record as one step left it.</summary>
/// <param name="Uuid">The machine.</param>
/// <param name="Version">The version that the step was decided upon: nothing is written once the machine is of another.</param>
/// <param name="Record">The record.</param>
/// <param name="Events">What happened, for the event stream.</param>
public sealed record BootWrite(string Uuid, long Version, BootRecord Record, IReadOnlyList<MachineEvent> Events);
