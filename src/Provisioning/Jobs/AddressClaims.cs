using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// Claims of addresses: boot files go by a machine's address, so one that a change gives it is no other machine's. What DHCP gives, and
/// what a machine says of itself when it registers, is no claim: that address is its own now.
/// </summary>
public static class AddressClaims
{
    /// <summary>
    /// True when a change gives the machine an address. Who has it is looked for; that nobody else is given it at the same time, the
    /// database sees to.
    /// </summary>
    public static bool IsMade(Machine? before, Machine? after)
        => after is { Address.Length: > 0 } && after.Address != before?.Address
            && (after.Boot.Phase is Phase.Unknown || before is not null);

    /// <summary>A change with the claim that holds after it: one lasts while the machine has its address.</summary>
    /// <param name="before">The state before.</param>
    /// <param name="change">The change.</param>
    /// <param name="isGiven">False for what edges see and the clock brings: the address that DHCP gives instead ends a claim.</param>
    public static MachineChange Kept(MachineState before, MachineChange change, bool isGiven)
    {
        var address = change.State.Machine?.Address ?? "";
        var claim = isGiven && IsMade(before.Machine, change.State.Machine) ? address
            : change.State.Claim == address && before.Machine?.Address == address ? address : "";
        return claim == change.State.Claim ? change : change with { State = change.State with { Claim = claim } };
    }

    /// <summary>What is wrong with an address that another machine has.</summary>
    public static string Problem(string address) => $"Address {address} is that of another machine";
}
