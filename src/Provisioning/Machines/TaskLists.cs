using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>How workflows and stages become a machine's task list (DRP's expansion and boundaries).</summary>
public static class TaskLists
{
    /// <summary>Prefix of an entry that changes the stage.</summary>
    public const string StageEntry = "stage:";

    /// <summary>Prefix of an entry that changes the boot environment.</summary>
    public const string BootEnvEntry = "bootenv:";

    /// <summary>True for an entry that is no task: it changes the stage or the boot environment.</summary>
    public static bool IsMove(string entry)
        => entry.StartsWith(StageEntry, StringComparison.Ordinal) || entry.StartsWith(BootEnvEntry, StringComparison.Ordinal);

    /// <summary>
    /// Entries for every stage of a workflow: stage:S, bootenv:B when it differs from the last listed, then the tasks with their
    /// prerequisites.
    /// </summary>
    public static IReadOnlyList<string> ForWorkflow(Workflow workflow, CatalogSnapshot catalog)
    {
        var list = new List<string>();
        var section = new HashSet<string>(StringComparer.Ordinal);
        var lastEnv = "";
        foreach (var name in workflow.Stages)
        {
            list.Add(StageEntry + name);
            if (!catalog.Stages.TryGetValue(name, out var stage)) continue;
            if (stage.BootEnv.Length > 0 && stage.BootEnv != lastEnv)
            {
                list.Add(BootEnvEntry + stage.BootEnv);
                lastEnv = stage.BootEnv;
                section.Clear();
            }

            foreach (var task in stage.Tasks) AddTask(list, section, task, catalog, []);
        }

        return list;
    }

    /// <summary>Tasks of one stage, with their prerequisites.</summary>
    public static IReadOnlyList<string> ForStage(Stage stage, CatalogSnapshot catalog)
    {
        var list = new List<string>();
        var section = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in stage.Tasks) AddTask(list, section, task, catalog, []);
        return list;
    }

    /// <summary>
    /// Index that CurrentTask goes back to for -1: just before the first entry after the newest consumed boot-environment change.
    /// </summary>
    public static int Boundary(IReadOnlyList<string> tasks, int currentTask)
    {
        for (var i = Math.Min(currentTask, tasks.Count - 1); i >= 0; i--)
        {
            if (tasks[i].StartsWith(BootEnvEntry, StringComparison.Ordinal)) return i;
        }

        return -1;
    }

    private static void AddTask(List<string> list, HashSet<string> section, string task, CatalogSnapshot catalog,
        IReadOnlyList<string> path)
    {
        if (task == TaskEntries.OwnContext || path.Contains(task, StringComparer.Ordinal)) return;
        if (catalog.Tasks.TryGetValue(task, out var definition))
        {
            foreach (var needed in definition.Prerequisites)
            {
                if (!section.Contains(needed)) AddTask(list, section, needed, catalog, [.. path, task]);
            }
        }

        list.Add(task);
        section.Add(task);
    }
}
