using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>What POST /jobs answered: 201 a new job, 202 the same again, 204 nothing to run.</summary>
public sealed record NextJob(int Status, Job? Job, Machine Machine, IReadOnlyList<Job> Changed);

/// <summary>How jobs come out of a machine's task list (DRP's POST /jobs algorithm) and end.</summary>
public static class JobRules
{
    /// <summary>Characters of a job's Meta, names and values: a job is kept for long, and its machine writes it.</summary>
    public const int MostMeta = 16 << 10;

    /// <summary>The next job of a machine, or what else its agent has to do.</summary>
    /// <exception cref="ApiException">409: not runnable, or a job is under way.</exception>
    public static NextJob Next(Machine machine, Job? current, CatalogSnapshot catalog, DateTimeOffset now, Func<string> newUuid)
    {
        if (!machine.Available) throw Conflict($"Machine {machine.Uuid} is not available: {Reasons.Joined(machine.Errors)}");
        if (machine.Boot.IsPending) throw Conflict($"Machine {machine.Uuid} waits for approval");
        if (!machine.Runnable) throw Conflict($"Machine {machine.Uuid} is not runnable");
        var changed = new List<Job>();
        var index = machine.CurrentTask;
        if (current is not null && current.CurrentIndex != machine.CurrentTask && !JobState.IsOver(current.State))
        {
            current = current with { State = JobState.Failed, ExitState = "failed", EndTime = now };
            changed.Add(current);
        }
        else if (current is not null && current.CurrentIndex == machine.CurrentTask)
        {
            switch (current.State)
            {
                case JobState.Incomplete: return new NextJob(202, current, JobLifecycle.Changed(machine, current, catalog, now), []);
                case JobState.Finished: index = current.NextIndex; break;
                case JobState.Created or JobState.Running: throw Conflict($"Machine {machine.Uuid} already has running or created job");
            }
        }

        return Walk(machine, current, Math.Max(0, index), changed, catalog, now, newUuid);
    }

    /// <summary>A changed job, and what it does to its machine.</summary>
    /// <exception cref="ApiException">422: no such state, or no way to it.</exception>
    public static (Job Job, Machine Machine) Update(Machine machine, Job old, Job wanted, CatalogSnapshot catalog, DateTimeOffset now)
    {
        if (wanted.Uuid != old.Uuid)
            throw new ApiException(
                ApiError.BadRequest("jobs", old.Uuid, "PATCH", $"Key change from {old.Uuid} to {wanted.Uuid} not allowed"));
        if (Fixed(old).Zip(Fixed(wanted)).Where(f => !Equals(f.First.Value, f.Second.Value)).Select(f => f.First.Name).ToList()
            is { Count: > 0 } changed)
            throw new ApiException(ApiError.Invalid("jobs", old.Uuid, changed.Select(f => $"{f} of a job cannot be changed")));
        if (!JobState.IsKnown(wanted.State)) throw new ApiException(ApiError.Invalid("jobs", old.Uuid, $"Invalid State `{wanted.State}`"));
        if (!JobState.MayChange(old.State, wanted.State))
            throw new ApiException(ApiError.Invalid("jobs", old.Uuid, $"a job cannot go from {old.State} to {wanted.State}"));
        if (wanted.ExitState is not ("" or "reboot" or "poweroff" or "stop" or "complete" or "failed"))
            throw new ApiException(ApiError.Invalid("jobs", old.Uuid, $"Invalid ExitState `{wanted.ExitState}`"));
        if (Length(wanted.Meta) is > MostMeta and var length && length > Length(old.Meta))
            throw new ApiException(ApiError.Invalid("jobs", old.Uuid, $"/Meta: {length} characters are more than {MostMeta}"));
        var job = old with { State = wanted.State, ExitState = wanted.ExitState, Meta = wanted.Meta };
        if (JobState.IsOver(job.State) && !JobState.IsOver(old.State)) job = job with { EndTime = now };
        if (job.State != old.State) machine = JobLifecycle.Changed(machine, job, catalog, now);
        return (job, machine);
    }

    /// <summary>True where another job has come, or the one that there was will run no more.</summary>
    public static bool BeginsOrEnds(Job? before, Job? after)
        => after is not null && (after.Uuid != before?.Uuid
            || (after.State is JobState.Failed or JobState.Finished && after.State != before.State));

    private static long Length(IReadOnlyDictionary<string, string> meta) => meta.Sum(m => m.Key.Length + (long)(m.Value?.Length ?? 0));

    /// <summary>What the server says of a job, and nobody else.</summary>
    private static IEnumerable<(string Name, object Value)> Fixed(Job job) =>
    [
        (nameof(Job.Previous), job.Previous), (nameof(Job.Machine), job.Machine), (nameof(Job.Task), job.Task),
        (nameof(Job.Stage), job.Stage), (nameof(Job.Workflow), job.Workflow), (nameof(Job.BootEnv), job.BootEnv),
        (nameof(Job.StartTime), job.StartTime), (nameof(Job.EndTime), job.EndTime), (nameof(Job.Archived), job.Archived),
        (nameof(Job.Current), job.Current), (nameof(Job.CurrentIndex), job.CurrentIndex), (nameof(Job.NextIndex), job.NextIndex),
        (nameof(Job.Token), job.Token),
    ];

    private static NextJob Walk(Machine machine, Job? previous, int index, List<Job> changed, CatalogSnapshot catalog, DateTimeOffset now,
        Func<string> newUuid)
    {
        for (; index < machine.Tasks.Count; index++)
        {
            var entry = machine.Tasks[index];
            var stage = After(entry, TaskLists.StageEntry);
            var env = After(entry, TaskLists.BootEnvEntry);
            if (stage is null && env is null) break;
            if (stage == machine.Stage || env == machine.BootEnv) continue;

            machine = machine with
            {
                CurrentTask = index,
                Stage = stage ?? machine.Stage,
                BootEnv = env ?? machine.BootEnv,
                Runnable = env is null && machine.Runnable
            };
            if (env is not null) machine = MachineRules.WithOsOfInstaller(machine, catalog);
            var book = Make(machine, previous, index, now, newUuid) with
            {
                State = JobState.Finished,
                ExitState = "complete",
                EndTime = now
            };
            machine = machine with { CurrentJob = book.Uuid };
            Append(changed, previous, book);
            if (index == machine.Tasks.Count - 1) machine = machine with { CurrentTask = machine.Tasks.Count };
            if (env is not null) return new NextJob(204, book, Lifecycle.BootEnvChanged(machine, catalog, now), changed);
            previous = book;
        }

        if (index >= machine.Tasks.Count)
        {
            machine = machine with { CurrentTask = machine.Tasks.Count };
            return new NextJob(204, previous, Lifecycle.Idle(machine, catalog, now), changed);
        }

        var job = Make(machine, previous, index, now, newUuid);
        machine = JobLifecycle.Changed(machine with { CurrentTask = index, CurrentJob = job.Uuid }, job, catalog, now);
        Append(changed, previous, job);
        return new NextJob(201, job, machine, changed);
    }

    private static Job Make(Machine machine, Job? previous, int index, DateTimeOffset now, Func<string> newUuid) => new()
    {
        Uuid = newUuid(),
        Previous = previous?.Uuid ?? UuidRules.Nil,
        Machine = machine.Uuid,
        Task = machine.Tasks[index],
        Stage = machine.Stage,
        Workflow = machine.Workflow,
        BootEnv = machine.BootEnv,
        State = JobState.Created,
        StartTime = now,
        Current = true,
        CurrentIndex = index,
        NextIndex = index + 1,
        Validated = true,
        Available = true,
    };

    private static void Append(List<Job> changed, Job? previous, Job job)
    {
        if (previous is not null)
        {
            changed.RemoveAll(j => j.Uuid == previous.Uuid);
            changed.Add(previous with { Current = false });
        }

        changed.Add(job);
    }

    private static string? After(string entry, string prefix)
        => entry.StartsWith(prefix, StringComparison.Ordinal) ? entry[prefix.Length..] : null;

    private static ApiException Conflict(string message) => new(ApiError.Conflict("", "", "Conflict", message));
}
