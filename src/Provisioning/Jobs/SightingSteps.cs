using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>What the edge's sightings of a machine change: pure, as <see cref="MachineSteps"/>.</summary>
public static class SightingSteps
{
    private const string By = "edge";

    /// <summary>Scripts of one environment within so long are those of one boot.</summary>
    private static readonly TimeSpan SameBoot = TimeSpan.FromSeconds(5);

    /// <summary>That a machine was seen, and nothing else, is written so often.</summary>
    private static readonly TimeSpan SeenEach = TimeSpan.FromMinutes(10);

    /// <summary>A machine that only speaks is written as seen so often: what nobody has seen for days may be taken away.</summary>
    private static readonly TimeSpan SpokenEach = TimeSpan.FromHours(6);

    /// <summary>
    /// True where a machine that speaks with its token was seen before, and was last written so long ago that it is to be again.
    /// </summary>
    /// <param name="state">The state as it is stored.</param>
    /// <param name="spoke">When it spoke.</param>
    public static bool IsToBeWritten(MachineState state, DateTimeOffset spoke)
        => state.Machine?.Boot.LastSeen is { } seen && seen != default && spoke - seen >= SpokenEach;

    /// <summary>It has spoken with its token: it was seen then (<see cref="RuleContext.Seen"/>), and nothing else changes.</summary>
    /// <inheritdoc cref="Begins" path="/exception"/>
    public static MachineChange Speaks(MachineState old, string uuid, RuleContext on)
        => MachineSteps.Finish(200, old, old with { Machine = MachineSteps.Existing(old, uuid, "SIGHTED") }, "boot", By, on);

    /// <summary>True where a script of the same environment was handed out a moment ago: firmware that asks twice boots once.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="last">The last script that was handed out; null where nobody knows of one.</param>
    /// <param name="now">The time, of a clock that only goes forward.</param>
    public static bool IsAgain(MachineState state, BootScript? last, TimeSpan now)
        => last is not null && last.Env == state.Machine?.BootEnv && now - last.At < SameBoot;

    /// <summary>
    /// What is stored of a change that the machine, or what is seen of it, brings about: that it was seen, and nothing else, is so now and
    /// then, and is no event.
    /// </summary>
    /// <param name="old">The state as it is stored.</param>
    /// <param name="change">The change.</param>
    /// <returns>null: it is told, and not stored.</returns>
    public static MachineChange? ToStore(MachineState old, MachineChange change)
        => !change.IsStill ? change
            : change.State.Machine!.Boot.LastSeen - old.Machine!.Boot.LastSeen < SeenEach ? null
            : change with { State = change.State with { Events = [] } };

    /// <summary>
    /// A network boot seems to begin: a DISCOVER of firmware or boot program. Anybody on the link can send one in the machine's name, so
    /// it voids nothing; the boot is proven once the boot script is fetched from the leased address (<see cref="Boots"/>).
    /// </summary>
    /// <param name="old">The state before.</param>
    /// <param name="uuid">The machine's uuid.</param>
    /// <param name="firmware">pcbios or uefi.</param>
    /// <param name="via">The boot program.</param>
    /// <param name="on">Catalog, time and chance.</param>
    /// <exception cref="Documents.ApiException">404.</exception>
    public static MachineChange Begins(MachineState old, string uuid, string firmware, string via, RuleContext on)
    {
        var machine = MachineSteps.Existing(old, uuid, "SIGHTED");
        machine = machine with { Boot = machine.Boot with { LastSeen = on.Now, Firmware = firmware, Via = via } };
        return MachineSteps.Finish(200, old, old with { Machine = machine }, "boot", By, on);
    }

    /// <summary>
    /// What it was to boot cannot be had: it fails with the reason, rather than at its deadline. A machine that has nothing to boot for
    /// stays as it is: who asks in its name changes nothing.
    /// </summary>
    /// <param name="old">The state before.</param>
    /// <param name="uuid">The machine's uuid.</param>
    /// <param name="reason">What is missing.</param>
    /// <param name="on">Catalog, time and chance.</param>
    /// <returns>null when nothing changes.</returns>
    /// <exception cref="Documents.ApiException">404.</exception>
    public static MachineChange? Fails(MachineState old, string uuid, string reason, RuleContext on)
    {
        var machine = MachineSteps.Existing(old, uuid, "SIGHTED");
        if (machine.Boot.Phase is Phase.Discovered or Phase.Installed or Phase.Failed) return null;
        machine = machine with { Runnable = false, Boot = machine.Boot with { LastSeen = on.Now } };
        var failed = Lifecycle.Enter(machine, Phase.Failed, reason, on.Catalog, on.Now);
        return MachineSteps.Finish(200, old, old with { Machine = failed }, "boot", By, on);
    }

    /// <summary>A lease was given: the machine's address is the leased one.</summary>
    /// <returns>null when it has that address already.</returns>
    /// <exception cref="Documents.ApiException">404.</exception>
    public static MachineChange? Leased(MachineState old, string uuid, string address, RuleContext on)
    {
        var machine = MachineSteps.Existing(old, uuid, "SIGHTED");
        return machine.Address == address
            ? null
            : MachineSteps.Finish(200, old,
                old with { Machine = machine with { Address = address, Boot = machine.Boot with { LastSeen = on.Now } } }, "boot", By, on);
    }

    /// <summary>
    /// The boot script of its boot environment is handed out at its leased address: a network boot has begun, and the tokens of earlier
    /// boots are void.
    /// </summary>
    /// <param name="old">The state before.</param>
    /// <param name="uuid">The machine's uuid.</param>
    /// <param name="firmware">pcbios or uefi.</param>
    /// <param name="via">The boot program.</param>
    /// <param name="on">Catalog, time and chance.</param>
    /// <param name="bootId">The boot's name; "" for a new one.</param>
    /// <param name="at">The address that it was given to; "" where that is not known.</param>
    /// <param name="isAgain">
    /// A script of the same environment was handed out a moment ago: firmware that asks twice boots once. The tokens are those of the
    /// newest script all the same, and earlier ones void.
    /// </param>
    /// <exception cref="Documents.ApiException">404.</exception>
    public static MachineChange Boots(MachineState old, string uuid, string firmware, string via, RuleContext on, string bootId = "",
        string at = "", bool isAgain = false)
    {
        var machine = MachineSteps.Existing(old, uuid, "SIGHTED");
        on.Catalog.BootEnvs.TryGetValue(WhileItWaits.BootEnvOf(machine, on.Catalog), out var env);
        var next = Lifecycle.NetBooting(machine, env, firmware, via, on.Catalog, on.Now);
        var isSame = isAgain && !machine.Boot.Stuck && next.Boot.Phase == machine.Boot.Phase;
        if (isSame)
            next = machine with { Boot = machine.Boot with { LastSeen = on.Now, Firmware = next.Boot.Firmware, Via = next.Boot.Via } };
        var change = MachineSteps.Finish(200, old, old with
        {
            Machine = at.Length > 0 ? next with { Boot = next.Boot with { At = at } } : next,
            BootId = bootId.Length > 0 ? bootId : on.Entropy.BootId(),
        }, "boot", By, on);
        return isSame ? change with { State = change.State with { Events = [] } } : change;
    }

    /// <summary>
    /// Its firmware was told nothing to boot: it goes on to its own disk, whatever its boot environment would boot. Where it has nothing
    /// left to do, the tokens of its installation are void then.
    /// </summary>
    /// <inheritdoc cref="Begins"/>
    public static MachineChange GoesToDisk(MachineState old, string uuid, string firmware, string via, RuleContext on)
    {
        var machine = MachineSteps.Existing(old, uuid, "SIGHTED");
        var next = Lifecycle.NetBooting(machine, null, firmware, via, on.Catalog, on.Now);
        return MachineSteps.Finish(200, old,
            old with { Machine = next, BootId = next.Boot.IsResting ? on.Entropy.BootId() : old.BootId }, "boot", By, on);
    }
}
