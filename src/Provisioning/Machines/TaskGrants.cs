using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a running job, and a user without all rights, may choose for machines: tasks whose rights they have, and profiles and stages whose
/// secure params they may open; or what they have the right `assign` to. Else who may change a machine, and is root on it, would have any
/// task's rights and any profile's secrets, by letting the machine run or be given them.
/// </summary>
public static class TaskGrants
{
    private const string Assign = "assign";

    /// <summary>Who chooses, with its rights; null for who is held to nothing.</summary>
    /// <param name="name">User, or uuid of the machine that a job runs on.</param>
    /// <param name="task">Name of the job's task; null for no job.</param>
    /// <param name="rights">A user's rights; null for who has all.</param>
    /// <param name="catalog">The catalog.</param>
    public static Principal? Chooser(string name, string? task, Rights? rights, CatalogSnapshot catalog)
        => task is not null ? new Principal(name, PrincipalKind.Machine, RightsOf(task, name, catalog)) { Task = task }
            : rights is null ? null : new Principal(name, PrincipalKind.User, rights.Claims)
            {
                Limits = rights.Limits,
                Reach = catalog.ReachOf(name),
            };

    /// <summary>Refuses a change that gives a machine more than who makes it may choose.</summary>
    /// <param name="options">On whose behalf.</param>
    /// <param name="before">The machine as it was; null for a new one.</param>
    /// <param name="after">The machine as it becomes, its task list expanded.</param>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="ApiException">403 that names each task, stage or profile and the right.</exception>
    public static void Check(ChangeOptions options, Machine? before, Machine after, CatalogSnapshot catalog)
    {
        if (Chooser(options.By, options.ByTask ? options.Task : null, options.Rights, catalog) is not { } who) return;
        var chosen = Added(before is null ? [] : ToRun(before), ToRun(after));
        var stages = StagesOf(chosen).Concat(after.Stage == before?.Stage ? [] : [after.Stage]);
        // What every boot of the machine may do is nothing that a task gives to its job; to others, what every task's job may do.
        var ordinary = options.ByTask ? MachineClaims.Known(after.Uuid) : Ordinary(after.Uuid, catalog);
        Refuse(after, Problems(who, after.Uuid, ordinary, chosen, stages, (before?.Profiles ?? [], after.Profiles), catalog));
    }

    /// <summary>
    /// Refuses a stage, a workflow or a task's prerequisites that give machines more than who writes them may choose: whoever chooses the
    /// stage chooses what it lists.
    /// </summary>
    /// <param name="who">Who writes (<see cref="Chooser"/>); null for who is held to nothing.</param>
    /// <param name="before">The document as it was; null for a new one.</param>
    /// <param name="after">The document as it becomes.</param>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="ApiException">403 that names each task, stage or profile and the right.</exception>
    public static void Check(Principal? who, Document? before, Document after, CatalogSnapshot catalog)
    {
        if (who is null || after is not (Stage or Workflow or TaskDefinition) || who.Has(Claim.All)) return;
        var chosen = Added(before is null ? [] : TaskLists.OrNone(before, catalog), TaskLists.For(after, catalog));
        var profiles = ((before as Stage)?.Profiles ?? [], (after as Stage)?.Profiles ?? []);
        Refuse(after, Problems(who, MachineClaims.Self, Ordinary(MachineClaims.Self, catalog), chosen, StagesOf(chosen), profiles,
            catalog));
    }

    /// <summary>
    /// The rights of a running job of a task on a machine (<see cref="MachineClaims.Task"/>); of a task that is gone, the boot's.
    /// </summary>
    public static IReadOnlyList<Claim> RightsOf(string task, string machine, CatalogSnapshot catalog)
        => catalog.Tasks.TryGetValue(task, out var found)
            ? MachineClaims.Task(machine, found.ExtraClaims,
                found.ExtraRoles.Count == 0 ? null : [.. found.ExtraRoles.SelectMany(catalog.ClaimsOf)],
                catalog.Prefs["defaultTaskRights"])
            : MachineClaims.Known(machine);

    /// <summary>The first task of a machine whose job has more rights than every task's; null for none.</summary>
    public static string? WithRights(Machine machine, CatalogSnapshot catalog)
    {
        var ordinary = Ordinary(machine.Uuid, catalog);
        return machine.Tasks.FirstOrDefault(t => !TaskLists.IsMove(t)
            && RightsOf(t, machine.Uuid, catalog).Any(c => !Claim.Cover(ordinary, c)));
    }

    private static IReadOnlyList<Claim> Ordinary(string machine, CatalogSnapshot catalog)
        => MachineClaims.Task(machine, [], null, catalog.Prefs["defaultTaskRights"]);

    private static void Refuse(Document document, IReadOnlyList<string> problems)
    {
        if (problems.Count > 0) throw new ApiException(new ApiError(document.Prefix, document.Key, "AUTH", problems, 403));
    }

    private static List<string> Problems(Principal who, string machine, IReadOnlyList<Claim> ordinary, IReadOnlyList<string> chosen,
        IEnumerable<string> stages, (IReadOnlyList<string> Before, IReadOnlyList<string> After) profiles, CatalogSnapshot catalog)
    {
        if (who.Has(Claim.All)) return [];
        stages = [.. stages.Distinct(StringComparer.Ordinal)];
        // As they are given: those of a machine and of each stage by themselves.
        var given = stages.Select(s => catalog.Stages.GetValueOrDefault(s)?.Profiles ?? []).Prepend(profiles.After)
            .Select(catalog.WithNested).ToList();
        var had = catalog.WithNested(profiles.Before);
        return
        [
            .. chosen.Distinct(StringComparer.Ordinal).Select(t => TaskProblem(t, who, machine, ordinary, catalog)).OfType<string>(),
            .. stages.Select(s => SecretProblem("stages", "Stage", s, catalog.Stages.GetValueOrDefault(s)?.Params, who, catalog))
                .OfType<string>(),
            .. given.SelectMany(p => p).Distinct(StringComparer.Ordinal).Except(had, StringComparer.Ordinal)
                .Select(p => SecretProblem("profiles", "Profile", p, catalog.Profiles.GetValueOrDefault(p)?.Params, who, catalog))
                .OfType<string>(),
            // What lies beyond is given as soon as there are fewer before it.
            .. given.Any(p => p.Count >= NestedProfiles.Most) ? [$"Profiles come to {NestedProfiles.Most} and more with those within them"]
                : (string[])[],
        ];
    }

    /// <summary>Entries of a list that were not in it before, or not as often.</summary>
    private static IReadOnlyList<string> Added(IEnumerable<string> before, IEnumerable<string> after)
    {
        var there = before.GroupBy(t => t, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var added = new List<string>();
        foreach (var entry in after)
        {
            if (there.TryGetValue(entry, out var left) && left > 0) there[entry] = left - 1;
            else added.Add(entry);
        }

        return added;
    }

    /// <summary>Entries that may still run. The current one is among them: it runs again when it failed.</summary>
    private static IEnumerable<string> ToRun(Machine machine) => machine.Tasks.Skip(Math.Max(0, machine.CurrentTask));

    private static string? TaskProblem(string chosen, Principal who, string machine, IReadOnlyList<Claim> ordinary,
        CatalogSnapshot catalog)
    {
        if (TaskLists.IsMove(chosen) || MayAssign(who, chosen)) return null;
        if (!catalog.Tasks.ContainsKey(chosen)) return $"Task {chosen} does not exist: Requires: tasks {Assign} {chosen}";
        var more = RightsOf(chosen, machine, catalog).FirstOrDefault(c => !Claim.Cover(ordinary, c) && !who.Has(c));
        if (more is null) return null;
        var right = $"{more.Scope} {more.Action} {more.Specific}";
        return who.Kind == PrincipalKind.Machine
            ? $"Task {chosen} has a right that task {who.Task} has not, so its job cannot choose it: {right}"
            : $"Task {chosen} has a right that you have not: Requires: {right}, or tasks {Assign} {chosen}";
    }

    /// <summary>
    /// Who may assign a task need not have its rights. Whom a tenant limits has to be given this task by its name: a right to all tasks
    /// would be a way out of the tenant.
    /// </summary>
    private static bool MayAssign(Principal who, string task)
        => who.May("tasks", Assign, task) && (!who.Reach.IsLimited
            || who.Claims.Any(c => c.Specific != "*" && c.Covers("tasks", Assign, task)));

    private static string? SecretProblem(string scope, string noun, string key, IReadOnlyDictionary<string, JsonElement>? values,
        Principal who, CatalogSnapshot catalog)
    {
        if (who.May(scope, "getSecure", key) || who.May(scope, Assign, key)) return null;
        if (values is null) return key.Length == 0 ? null : $"{noun} {key} does not exist: Requires: {scope} {Assign} {key}";
        var secure = catalog.SecretsAmong(values);
        return secure.Count == 0 ? null
            : $"{noun} {key} has secure params ({string.Join(", ", secure.Take(3))}): Requires: {scope} getSecure {key}"
                + (who.Kind == PrincipalKind.Machine ? "" : $", or {scope} {Assign} {key}");
    }

    /// <summary>The stages that entries of a task list change to.</summary>
    internal static IEnumerable<string> StagesOf(IEnumerable<string> entries)
        => entries.Where(e => e.StartsWith(TaskLists.StageEntry, StringComparison.Ordinal)).Select(e => e[TaskLists.StageEntry.Length..]);
}
