using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Boot;

/// <summary>What a client is told to boot.</summary>
/// <param name="Boots">False: no boot answer; the firmware goes on to its next device.</param>
/// <param name="File">TFTP path, or URL when it starts with http://.</param>
/// <param name="BootEnv">Boot environment that decided.</param>
/// <param name="Machine">Uuid of the machine; "" for an unknown one.</param>
/// <param name="Reasons">Each step of the decision, for a person.</param>
public sealed record BootAnswer(bool Boots, string File, string BootEnv, string Machine, IReadOnlyList<string> Reasons)
{
    /// <summary>The machine is meant to boot from its own disk: firmware that asks may be told so, instead of waiting in vain.</summary>
    public bool FromDisk { get; init; }

    /// <summary>
    /// There is nothing of Anvil's for the client: what a subnet or reservation says of boot files is for it too. Not so for a machine
    /// that is meant for its disk, nor where an environment is missing or damaged: those are sent nowhere else.
    /// </summary>
    public bool LeavesOpen { get; init; }

    /// <summary>Of the architectures that the client names, the one that it was answered as.</summary>
    public int Architecture { get; init; }
}
