using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// Claims of network cards by machines themselves: DHCP must have given them addresses on the machine's own link, since other machines'
/// cards would bring their boots with them.
/// </summary>
public static class CardClaims
{
    /// <summary>Hardware addresses that a change adds to a machine that was there before.</summary>
    public static IReadOnlyList<string> Of(Machine? before, Machine? after)
        => before is null || after is null ? [] : [.. after.HardwareAddrs.Except(before.HardwareAddrs, StringComparer.Ordinal)];

    /// <summary>What is wrong with cards that were not seen there.</summary>
    public static string Problem(IReadOnlyList<string> unseen)
        => $"HardwareAddrs: DHCP has not seen {string.Join(", ", unseen.Take(3))} on this machine's link; "
            + "somebody with the right may add it";

    /// <summary>Why a registration is refused whose cards are those of machines that it did not join. It names none of them.</summary>
    /// <param name="machines">How many these are.</param>
    public static string Conflict(int machines)
        => machines > 1 ? "these HardwareAddrs are those of several machines"
            : "one of these HardwareAddrs is that of another machine: somebody with the right may add the others to it";
}
