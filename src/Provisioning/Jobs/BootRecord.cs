using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// What of a machine's state moves while it boots: small, whatever its document holds. The storage's SQL reads the same names.
/// </summary>
public sealed record BootRecord
{
    /// <summary>The address that DHCP gave.</summary>
    public string Address { get; init => field = value ?? ""; } = "";

    /// <summary>Where the machine stands.</summary>
    public MachineBoot Boot { get; init => field = value ?? new(); } = new();

    /// <summary>As in <see cref="MachineState.BootId"/>.</summary>
    public string BootId { get; init => field = value ?? ""; } = "";

    /// <summary>As in <see cref="MachineState.Revision"/>.</summary>
    public long Revision { get; init; }

    /// <summary>The record of a state that a change leads to.</summary>
    /// <returns>null when the change moves more than the record: then the whole state has to be stored.</returns>
    public static BootRecord? Between(MachineState old, MachineState next)
    {
        if (old.Machine is not { } before || next.Machine is not { } after || next.ChangedJobs.Count > 0) return null;
        var record = Of(next, after);
        return record.Over(before) == after && old.Job == next.Job && old.Claim == next.Claim ? record : null;
    }

    /// <summary>A machine whose document was stored before this record was.</summary>
    public Machine Over(Machine stored) => stored with { Address = Address, Boot = Boot };

    /// <summary>A state whose document was stored before this record was.</summary>
    public MachineState Over(MachineState stored)
        => stored.Machine is { } machine ? stored with { Machine = Over(machine), BootId = BootId, Revision = Revision } : stored;

    private static BootRecord Of(MachineState state, Machine machine)
        => new() { Address = machine.Address, Boot = machine.Boot, BootId = state.BootId, Revision = state.Revision };
}
