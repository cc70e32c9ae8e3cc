using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>How a machine moves between phases: pure, every phase that is not resting gets a deadline, every change a reason.</summary>
public static class Lifecycle
{
    /// <summary>Characters of a reason: it is kept in the boot record, in events and in the timeline.</summary>
    private const int LongestReason = 2000;

    /// <summary>A machine that was just made.</summary>
    public static Machine Created(Machine machine, bool discovered, CatalogSnapshot catalog, DateTimeOffset now)
    {
        if (!discovered) return Enter(machine, Phase.Unknown, "defined in advance; has not been seen yet", catalog, now);
        machine = machine with { Boot = machine.Boot with { LastSeen = now } };
        if (machine.Boot.IsPending)
            return Enter(machine, Phase.Discovered, "registered; waits for approval", catalog, now);
        return HasWork(machine)
            ? Enter(machine, WorkPhase(machine, catalog), $"registered; waiting for its agent to run {NextTask(machine)}", catalog, now)
            : Enter(machine, Phase.Discovered, "registered; has no tasks", catalog, now);
    }

    /// <summary>A network boot begins: the firmware or boot program was given <paramref name="env"/>.</summary>
    public static Machine NetBooting(Machine machine, BootEnv? env, string firmware, string via, CatalogSnapshot catalog,
        DateTimeOffset now)
    {
        var boot = machine.Boot with { LastSeen = now, Firmware = firmware.Length > 0 ? firmware : machine.Boot.Firmware, Via = via };
        machine = machine with { Boot = boot };
        if (env is null || !env.NetBoots())
        {
            return machine.OS.Length > 0 && !HasWork(machine) && machine.Boot.Phase != Phase.Failed
                ? Enter(machine, Phase.Installed, "boots from its own disk", catalog, now)
                : machine;
        }

        machine = machine with { Boot = machine.Boot with { Attempts = machine.Boot.Attempts + 1 } };
        if (machine.Boot.Phase == Phase.Failed && !machine.Runnable) return machine;
        if (BootEnvFiles.IsInstaller(env.Name))
            return Enter(machine, Phase.Installing, $"boots {env.Name} (attempt {machine.Boot.Attempts})", catalog, now);
        if (HasWork(machine))
            return Enter(machine, WorkPhase(machine, catalog),
                $"boots {env.Name} to run {NextTask(machine)} (attempt {machine.Boot.Attempts})", catalog, now);
        return Enter(machine, Phase.Discovering, $"boots {env.Name}", catalog, now);
    }

    /// <summary>The agent has reported, with nothing to do.</summary>
    public static Machine Idle(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        var netBoots = catalog.BootEnvs.TryGetValue(machine.BootEnv, out var env) && env.NetBoots();
        return netBoots || machine.OS.Length == 0
            ? Enter(machine, Phase.Discovered, netBoots ? $"all tasks are done; waits in {machine.BootEnv}" : "all tasks are done",
                catalog, now)
            : Enter(machine, Phase.Installed, $"{machine.OS} is installed; boots from its own disk", catalog, now);
    }

    /// <summary>The boot environment changed while tasks ran: the machine has to boot again.</summary>
    public static Machine BootEnvChanged(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        if (!catalog.BootEnvs.TryGetValue(machine.BootEnv, out var env)) return machine;
        if (BootEnvFiles.IsInstaller(env.Name)) return Enter(machine, Phase.Installing, $"has to boot {env.Name}", catalog, now);
        if (!HasWork(machine)) return env.NetBoots() ? machine : Idle(machine, catalog, now);
        return machine.Boot.Phase == Phase.Unknown
            ? machine : Enter(machine, WorkPhase(machine, catalog), $"has to boot {env.Name}", catalog, now);
    }

    /// <summary>A stopped machine was made runnable again, or got new work.</summary>
    public static Machine Resumed(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        if (machine.Boot.Phase == Phase.Unknown) return machine;
        return HasWork(machine)
            ? Enter(machine, WorkPhase(machine, catalog), $"runnable; waiting for its agent to run {NextTask(machine)}", catalog, now)
                : machine;
    }

    /// <summary>The deadline came: past it the machine is stuck, unless it has moved on.</summary>
    public static Machine DeadlineCame(Machine machine, CatalogSnapshot catalog, DateTimeOffset now)
    {
        var boot = machine.Boot;
        if (boot.Stuck || boot.IsResting || boot.Deadline == default || now < boot.Deadline) return machine;
        var reason = $"stuck: no end of \"{boot.Reason}\" in {(int)(boot.Deadline - boot.Since).TotalSeconds} s";
        if (catalog.Prefs["stuckPolicy"] == "retry" && boot.Attempts < 5)
        {
            reason += "; will be tried again at its next boot";
            machine = machine with { Runnable = machine.Available && !boot.IsPending };
        }

        return machine with { Boot = boot with { Stuck = true, Reason = ShortText.Of(reason, LongestReason) } };
    }

    /// <summary>True when entries of the task list are left.</summary>
    public static bool HasWork(Machine machine) => machine.Tasks.Count > 0 && machine.CurrentTask < machine.Tasks.Count;

    /// <summary>Sets phase, reason and deadline.</summary>
    public static Machine Enter(Machine machine, Phase phase, string reason, CatalogSnapshot catalog, DateTimeOffset now)
    {
        var old = machine.Boot;
        var boot = old with
        {
            Phase = phase,
            Reason = ShortText.Of(reason, LongestReason),
            Stuck = false,
            Since = old.Phase == phase && old.Since != default ? old.Since : now,
            Attempts = old.Phase == phase || !old.IsResting ? old.Attempts : 0
        };
        boot = boot with { Deadline = boot.IsResting ? default : now + catalog.Prefs.Seconds(DeadlinePref(phase)) };
        return machine with { Boot = boot };
    }

    private static string DeadlinePref(Phase phase) => phase switch
    {
        Phase.Discovering => "deadlineDiscovering",
        Phase.Installing => "deadlineInstalling",
        _ => "deadlineWorking",
    };

    /// <summary>The phase of a machine that works off its task list: Installing where its environment or stage installs.</summary>
    public static Phase WorkPhase(Machine machine, CatalogSnapshot catalog)
        => BootEnvFiles.IsInstaller(machine.BootEnv)
            || (catalog.Stages.TryGetValue(machine.Stage, out var stage) && stage.Meta.GetValueOrDefault("phase") == "installing")
            ? Phase.Installing
            : Phase.Working;

    private static string NextTask(Machine machine)
        => machine.Tasks.Skip(Math.Max(0, machine.CurrentTask)).FirstOrDefault(t => !t.Contains(':', StringComparison.Ordinal)) is { } task
            ? $"task {task}" : "its task list";
}
