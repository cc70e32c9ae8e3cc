using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a running job may choose for a machine: tasks whose rights its own task has, and profiles and stages whose secure params it may
/// open. Else a job would have any task's rights, and any profile's secrets, by letting the machine run them next.
/// </summary>
public static class TaskGrants
{
    /// <summary>Refuses a change that gives a machine more than the job's task has.</summary>
    /// <param name="task">Name of the job's task.</param>
    /// <param name="own">Uuid of the machine that the job runs on.</param>
    /// <param name="before">The machine as it was; null for a new one.</param>
    /// <param name="after">The machine as it becomes, its task list expanded.</param>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="ApiException">403 that names each task, stage or profile and the right.</exception>
    public static void Check(string task, string own, Machine? before, Machine after, CatalogSnapshot catalog)
    {
        var job = new Principal(own, PrincipalKind.Machine, RightsOf(task, own, catalog));
        var chosen = Chosen(before, after);
        var stages = chosen.Select(StageOf).OfType<string>()
            .Concat(after.Stage == before?.Stage ? [] : [after.Stage]).Distinct(StringComparer.Ordinal).ToList();
        var named = after.Profiles.Concat(stages.SelectMany(s => catalog.Stages.TryGetValue(s, out var found) ? found.Profiles : []));
        var profiles = catalog.WithNested(named).Except(catalog.WithNested(before?.Profiles ?? []), StringComparer.Ordinal);
        List<string> problems =
        [
            .. chosen.Distinct(StringComparer.Ordinal).Select(t => TaskProblem(t, task, job, after.Uuid, catalog)).OfType<string>(),
            .. stages.Where(catalog.Stages.ContainsKey)
                .Select(s => SecretProblem("stages", "Stage", s, catalog.Stages[s].Params, job, catalog)).OfType<string>(),
            .. profiles.Where(catalog.Profiles.ContainsKey)
                .Select(p => SecretProblem("profiles", "Profile", p, catalog.Profiles[p].Params, job, catalog)).OfType<string>(),
        ];
        if (problems.Count > 0) throw new ApiException(new ApiError("machines", after.Uuid, "AUTH", problems, 403));
    }

    /// <summary>
    /// Entries of the task list that may still run, and could not before. The current one is among them: it runs again when it failed.
    /// </summary>
    private static IReadOnlyList<string> Chosen(Machine? before, Machine after)
    {
        var there = (before is null ? [] : ToRun(before)).GroupBy(t => t, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var chosen = new List<string>();
        foreach (var entry in ToRun(after))
        {
            if (there.TryGetValue(entry, out var left) && left > 0) there[entry] = left - 1;
            else chosen.Add(entry);
        }

        return chosen;
    }

    private static IEnumerable<string> ToRun(Machine machine) => machine.Tasks.Skip(Math.Max(0, machine.CurrentTask));

    private static string? TaskProblem(string chosen, string task, Principal job, string machine, CatalogSnapshot catalog)
    {
        if (!catalog.Tasks.ContainsKey(chosen)) return null;
        // What every boot of the machine may do is nothing that the task gives.
        var given = RightsOf(chosen, machine, catalog).Except(MachineClaims.Known(machine));
        return given.FirstOrDefault(c => !job.Has(c)) is { } more
            ? $"Task {chosen} has a right that task {task} has not, so its job cannot choose "
                + $"it: {more.Scope} {more.Action} {more.Specific}"
            : null;
    }

    private static string? SecretProblem(string scope, string noun, string key, IReadOnlyDictionary<string, JsonElement> values,
        Principal job, CatalogSnapshot catalog)
    {
        if (job.May(scope, "getSecure", key)) return null;
        var secure = catalog.SecretsAmong(values);
        return secure.Count == 0 ? null
            : $"{noun} {key} has secure params ({string.Join(", ", secure.Take(3))}): Requires: {scope} getSecure {key}";
    }

    /// <summary>
    /// The rights of a running job of a task on a machine (<see cref="MachineClaims.Task"/>); of a task that is gone, the boot's.
    /// </summary>
    public static IReadOnlyList<Claim> RightsOf(string task, string machine, CatalogSnapshot catalog)
        => catalog.Tasks.TryGetValue(task, out var found)
            ? MachineClaims.Task(machine, found.ExtraClaims, found.ExtraRoles, catalog.Prefs["defaultTaskRights"])
            : MachineClaims.Known(machine);

    private static string? StageOf(string entry)
        => entry.StartsWith(TaskLists.StageEntry, StringComparison.Ordinal) ? entry[TaskLists.StageEntry.Length..] : null;
}
