using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// What a machine may read of the catalog by its own token, beside the definitions of params: what its workflow, its task list and its
/// current job come to. Other machines' tasks and boot environments are none of its business.
/// </summary>
public static class MachineUses
{
    /// <summary>Kinds of which a machine reads what it uses.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["bootenvs", "stages", "tasks", "workflows"];

    /// <summary>The right to read what of one kind a machine uses.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="job">Its current job; null for none.</param>
    /// <param name="catalog">The catalog.</param>
    public static IReadOnlyList<Claim> RightsOn(string kind, Machine machine, Job? job, CatalogSnapshot catalog)
        => [.. NamesOf(kind, machine, job, catalog).Where(n => n.Length > 0 && !n.Contains(',', StringComparison.Ordinal) && n != "*")
            .Distinct(StringComparer.Ordinal).Select(n => new Claim(kind, "get", n))];

    private static IEnumerable<string> NamesOf(string kind, Machine machine, Job? job, CatalogSnapshot catalog)
    {
        string[] workflows = [machine.Workflow, job?.Workflow ?? ""];
        if (kind == "workflows") return workflows;
        var stages = workflows.SelectMany(w => catalog.Workflows.TryGetValue(w, out var found) ? found.Stages : [])
            .Concat([machine.Stage, job?.Stage ?? ""]).Concat(Entries(machine, TaskLists.StageEntry)).ToList();
        if (kind == "stages") return stages;
        var found = stages.Select(s => catalog.Stages.GetValueOrDefault(s)).OfType<Stage>();
        return kind == "tasks"
            ? machine.Tasks.Where(t => !TaskLists.IsMove(t)).Append(job?.Task ?? "")
                .Concat(found.SelectMany(s => s.Tasks))
            : Entries(machine, TaskLists.BootEnvEntry).Concat([machine.BootEnv, job?.BootEnv ?? ""]).Concat(found.Select(s => s.BootEnv));
    }

    private static IEnumerable<string> Entries(Machine machine, string prefix)
        => machine.Tasks.Where(t => t.StartsWith(prefix, StringComparison.Ordinal)).Select(t => t[prefix.Length..]);
}
