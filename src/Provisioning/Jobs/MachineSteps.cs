using System.Text;
using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// Each step of a machine's life, from the state before to the state after and the effects between: pure. Every step counts the
/// revision up, makes one event, and says which deadline runs then.
/// </summary>
public static class MachineSteps
{
    private const string Kind = "machines";

    /// <summary>Makes the machine.</summary>
    /// <param name="old">The state before.</param>
    /// <param name="wanted">The document, with its uuid.</param>
    /// <param name="discovered">It registers itself: nobody has defined it.</param>
    /// <param name="options">On whose behalf.</param>
    /// <param name="on">Catalog, time and chance.</param>
    /// <exception cref="ApiException">409: it is there already; 422 with every problem.</exception>
    public static MachineChange Make(MachineState old, Machine wanted, bool discovered, ChangeOptions options, RuleContext on)
    {
        if (old.Machine is not null) throw new ApiException(ApiError.Conflict(Kind, old.Machine.Uuid, "CREATE", "already exists"));
        var machine = MachineRules.Create(wanted, on.Catalog, on.Now, discovered, options, on.Entropy.Secret());
        return Finish(201, old, new MachineState { Machine = machine, BootId = on.Entropy.BootId() }, "create", options.By, on);
    }

    /// <summary>The machine registers itself though it is known: it has a network card more than was known of.</summary>
    /// <returns>null when it has none more.</returns>
    /// <exception cref="ApiException">409: the registration does not name every card that the machine is known by.</exception>
    public static MachineChange? Join(MachineState old, Machine registered, IReadOnlyList<string> claims, bool isOnLink,
        ChangeOptions options, RuleContext on)
    {
        var machine = MachineRules.Joined(Existing(old, registered.Uuid, "POST"), registered, claims, isOnLink, options.Admission,
            on.Catalog, on.Now);
        return machine.HardwareAddrs.Count == old.Machine!.HardwareAddrs.Count ? null
            : Finish(200, old, old with { Machine = machine }, "update", options.By, on);
    }

    /// <summary>Replaces the document.</summary>
    /// <exception cref="ApiException">404; 412 changed since; 403 locked; 400 key change; 422 with every problem.</exception>
    public static MachineChange Replace(MachineState old, string uuid, Machine wanted, ChangeOptions options, RuleContext on)
        => Update(Existing(old, uuid, "PUT"), old, wanted, "PUT", options, on);

    /// <summary>Patches the document.</summary>
    /// <param name="old">The state before.</param>
    /// <param name="uuid">The machine's uuid.</param>
    /// <param name="operations">The patch (RFC 6902).</param>
    /// <param name="options">On whose behalf.</param>
    /// <param name="on">Catalog, time and chance.</param>
    /// <exception cref="ApiException">404; 412 changed since; 400 no patch; 409 an operation failed; 406 no machine any more; and as for a
    /// replacement.</exception>
    public static MachineChange Amend(MachineState old, string uuid, string operations, ChangeOptions options, RuleContext on)
    {
        var machine = Existing(old, uuid, "PATCH");
        var wanted = Patched(options.ByMachine ? MachineRules.Undoubted(machine) : machine, operations, Kind, uuid);
        return Update(machine, old, wanted, "PATCH", options, on);
    }

    /// <summary>Deletes the machine; its jobs remain.</summary>
    /// <exception cref="ApiException">404; 412 changed since; 403 locked.</exception>
    public static MachineChange Remove(MachineState old, string uuid, ChangeOptions options, RuleContext on)
    {
        var machine = Existing(old, uuid, "DELETE");
        Check(old, "DELETE", options);
        if (machine.Locked) throw new ApiException(new ApiError(Kind, uuid, "Locked",
            ["the machine is locked; unlock it first"], 403));
        return Finish(200, old, new MachineState(), "delete", options.By, on);
    }

    /// <summary>Values that are secure by now are sealed where they are.</summary>
    /// <returns>null when none is in clear.</returns>
    /// <exception cref="ApiException">404.</exception>
    public static MachineChange? Seal(MachineState old, string uuid, Func<Machine, Machine> seal, RuleContext on)
    {
        var machine = Existing(old, uuid, "SEAL");
        var after = seal(machine);
        return ReferenceEquals(after, machine) ? null
            : Finish(200, old, old with { Machine = after }, "update", SecureValues.Sealer, on);
    }

    /// <summary>Somebody with the right approves of a machine that registered itself.</summary>
    /// <returns>null when it was let in already.</returns>
    /// <exception cref="ApiException">404.</exception>
    public static MachineChange? Approve(MachineState old, string uuid, ChangeOptions options, RuleContext on)
    {
        var machine = Existing(old, uuid, "POST");
        Check(old, "POST", options);
        return machine.Boot.IsTrusted ? null
            : Finish(200, old, old with { Machine = MachineRules.Approve(machine, on.Catalog, on.Now) }, "approve", options.By, on);
    }

    /// <summary>The next job for the machine's agent: 201 a new one, 202 the same again, 204 nothing to run.</summary>
    /// <exception cref="ApiException">422: there is no such machine; 409: it is not runnable, or a job is under way.</exception>
    public static MachineChange StartJob(MachineState old, string uuid, ChangeOptions options, RuleContext on)
    {
        if (old.Machine is not { } machine) throw new ApiException(ApiError.Invalid("", "", $"Machine {uuid} does not exist"));
        var next = JobRules.Next(machine, old.Job, on.Catalog, on.Now, on.Entropy.Uuid);
        IEnumerable<Effect> made = next.Status == 201 ? [new NoteTimeline("job", $"task {next.Job!.Task}", "created", next.Job.Uuid)] : [];
        return Finish(next.Status, old, old with { Machine = next.Machine, Job = next.Job, ChangedJobs = next.Changed }, "jobs",
            options.By, on, made);
    }

    /// <summary>Patches the machine's current job.</summary>
    /// <exception cref="ApiException">404; 409: it is not the current job; 400, 406 and 409 as for machines; 422: no such state, or no way
    /// to it.</exception>
    public static MachineChange AmendJob(MachineState old, string uuid, string job, string operations, ChangeOptions options,
        RuleContext on)
    {
        var machine = Existing(old, uuid, "PATCH");
        if (old.Job is not { } before || before.Uuid != job) throw new ApiException(ApiError.Conflict("jobs", job, "Conflict",
            "only a machine's current job can be changed"));
        if (DocumentTag.Problem(options.IfTag, before, "PATCH") is { } changedSince) throw new ApiException(changedSince);
        var (changed, updated) = JobRules.Update(machine, before, Patched(before, operations, "jobs", job), on.Catalog, on.Now);
        var outcome = changed.ExitState.Length > 0 ? $"{changed.State} ({changed.ExitState})" : changed.State;
        IEnumerable<Effect> told = changed.State != before.State ? [new NoteTimeline("job", $"task {changed.Task}", outcome, job)] : [];
        return Finish(200, old, old with { Machine = updated, Job = changed, ChangedJobs = [changed] }, "jobs", options.By, on, told);
    }

    /// <summary>The deadline came.</summary>
    /// <returns>null when there is nothing to be done: it has moved, or is over.</returns>
    public static MachineChange? DeadlineCame(MachineState old, RuleContext on)
    {
        if (old.Machine is not { } machine) return null;
        var updated = Lifecycle.DeadlineCame(machine, on.Catalog, on.Now);
        return ReferenceEquals(updated, machine)
            ? null
            : Finish(200, old, old with { Machine = updated }, "stuck", "deadline", on,
                [new WarnStuck(machine.Name, updated.Boot.Reason)]);
    }

    /// <summary>The deadline that runs for a state.</summary>
    public static Effect DeadlineOf(MachineState state)
        => state.Machine?.Boot is { IsResting: false, Stuck: false } boot && boot.Deadline != default ? new SetDeadline(boot.Deadline)
            : new ClearDeadline();

    /// <summary>The machine as it is told, with when it was last seen.</summary>
    public static Machine? Seen(Machine? machine, DateTimeOffset seen)
        => machine is not null && seen > machine.Boot.LastSeen ? machine with { Boot = machine.Boot with { LastSeen = seen } } : machine;

    /// <summary>A step's end: revision, event, and what follows from a change of phase.</summary>
    internal static MachineChange Finish(int status, MachineState old, MachineState next, string action, string by, RuleContext on,
        params IEnumerable<Effect> further)
    {
        var (before, after) = (old.Machine?.Boot, next.Machine?.Boot);
        var moved = after is not null && (before?.Phase != after.Phase || before.Reason != after.Reason);
        var key = (next.Machine ?? old.Machine)!.Uuid;
        var state = next with
        {
            Machine = Seen(next.Machine, on.Seen),
            Revision = old.Revision + 1,
            ChangedJobs = ReferenceEquals(next.ChangedJobs, old.ChangedJobs) ? [] : next.ChangedJobs,
            Events = [new MachineEvent(on.Now, Kind, action, key,
                moved ? $"{after!.Phase}: {after.Reason} (by {by})" : $"by {by}") { Principal = by }],
        };
        List<Effect> effects = [];
        if (after is not null && before?.Phase != after.Phase) effects.Add(new CountPhase(after.Phase));
        if (moved) effects.Add(new NoteTimeline("phase", after!.Phase.ToString(), after.Stuck ? "stuck" : "", after.Reason));
        effects.AddRange(further);
        var isStill = effects.Count == 0 && IsStill(old, next);
        effects.Add(DeadlineOf(state));
        return new MachineChange(status, state, effects) { IsStill = isStill };
    }

    private static bool IsStill(MachineState old, MachineState next)
        => old.Machine is { } before && next.Machine is { } after && next.Job == old.Job && next.BootId == old.BootId
            && (next.ChangedJobs.Count == 0 || ReferenceEquals(next.ChangedJobs, old.ChangedJobs))
            && after with { Boot = after.Boot with { LastSeen = before.Boot.LastSeen } } == before;

    internal static Machine Existing(MachineState state, string uuid, string type)
        => state.Machine ?? throw new ApiException(ApiError.NotFound(Kind, uuid, type));

    private static MachineChange Update(Machine machine, MachineState old, Machine wanted, string type, ChangeOptions options,
        RuleContext on)
    {
        Check(old, type, options);
        // A gateway of the version before does not say whose job it is; only the current one's token is good.
        if (options is { ByTask: true, Task: "" }) options = options with { Task = old.Job?.Task ?? "" };
        var updated = MachineRules.Update(machine, wanted, on.Catalog, on.Now, options);
        return Finish(200, old, old with { Machine = updated }, "update", options.By, on);
    }

    /// <summary>RFC 9110 section 13.1.1: If-Match.</summary>
    private static void Check(MachineState old, string type, ChangeOptions options)
    {
        if (options.IfRevision is { } wanted && wanted != old.Revision)
            throw new ApiException(new ApiError(Kind, old.Machine?.Uuid ?? "", type, ["the machine has changed since (If-Match)"], 412));
    }

    private static T Patched<T>(T document, string operations, string kind, string key)
    {
        var patch = JsonText.Read(Encoding.UTF8.GetBytes(operations), kind, key, "PATCH");
        var text = JsonPatch.ApplyToText(JsonSerializer.SerializeToElement(document, Json.Options), patch, kind, key);
        return (T)DocumentReader.ReadPatched(text, typeof(T), kind, key);
    }
}
