using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>How workflows and stages become a machine's task list (DRP's expansion and boundaries).</summary>
public static class TaskLists
{
    /// <summary>Prefix of an entry that changes the stage.</summary>
    public const string StageEntry = "stage:";

    /// <summary>Prefix of an entry that changes the boot environment.</summary>
    public const string BootEnvEntry = "bootenv:";

    /// <summary>Most entries of a task list.</summary>
    public const int Most = 10_000;

    /// <summary>Tasks of which each is a prerequisite of the next.</summary>
    public const int Deepest = 100;

    /// <summary>Names that are looked at for one list, those that add nothing counted.</summary>
    private const int MostLooked = 100 * Most;

    /// <summary>True for an entry that is no task: it changes the stage or the boot environment.</summary>
    public static bool IsMove(string entry)
        => entry.StartsWith(StageEntry, StringComparison.Ordinal) || entry.StartsWith(BootEnvEntry, StringComparison.Ordinal);

    /// <summary>
    /// Entries for every stage of a workflow: stage:S, bootenv:B when it differs from the last listed, then the tasks with their
    /// prerequisites.
    /// </summary>
    /// <exception cref="ApiException">422: they are more than <see cref="Most"/>, or deeper than <see cref="Deepest"/>.</exception>
    public static IReadOnlyList<string> ForWorkflow(Workflow workflow, CatalogSnapshot catalog)
        => ForWorkflow(workflow, catalog, new Expansion(workflow, catalog, MostLooked));

    private static List<string> ForWorkflow(Workflow workflow, CatalogSnapshot catalog, Expansion list)
    {
        var lastEnv = "";
        foreach (var name in workflow.Stages)
        {
            list.Add(StageEntry + name);
            if (!catalog.Stages.TryGetValue(name, out var stage)) continue;
            if (stage.BootEnv.Length > 0 && stage.BootEnv != lastEnv)
            {
                list.Add(BootEnvEntry + stage.BootEnv);
                lastEnv = stage.BootEnv;
                list.BeginSection();
            }

            foreach (var task in stage.Tasks) list.AddTask(task);
        }

        return list.Entries;
    }

    /// <summary>Tasks of one stage, with their prerequisites.</summary>
    /// <inheritdoc cref="ForWorkflow" path="/exception"/>
    public static IReadOnlyList<string> ForStage(Stage stage, CatalogSnapshot catalog)
        => ForTasks(stage.Tasks, new Expansion(stage, catalog, MostLooked));

    /// <summary>A task's prerequisites, with theirs.</summary>
    /// <inheritdoc cref="ForWorkflow" path="/exception"/>
    public static IReadOnlyList<string> ForPrerequisites(TaskDefinition task, CatalogSnapshot catalog)
        => ForTasks(task.Prerequisites, new Expansion(task, catalog, MostLooked));

    /// <summary>What a document comes to; nothing for one that lists no tasks.</summary>
    /// <inheritdoc cref="ForWorkflow" path="/exception"/>
    public static IReadOnlyList<string> For(Document document, CatalogSnapshot catalog) => document switch
    {
        Stage stage => ForStage(stage, catalog),
        Workflow workflow => ForWorkflow(workflow, catalog),
        TaskDefinition task => ForPrerequisites(task, catalog),
        _ => [],
    };

    /// <summary>Names that are looked at to make a document's list, or to find that it cannot be made.</summary>
    /// <param name="document">The document.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="most">Beyond so many it is given up.</param>
    internal static int Looked(Document document, CatalogSnapshot catalog, int most)
    {
        var list = new Expansion(document, catalog, Math.Min(most, MostLooked));
        try
        {
            if (document is Workflow workflow) ForWorkflow(workflow, catalog, list);
            else ForTasks(document is Stage stage ? stage.Tasks : document is TaskDefinition task ? task.Prerequisites : [], list);
        }
        catch (ApiException)
        {
            // How much was looked at is what was asked.
        }

        return list.Looked;
    }

    /// <summary>What a document comes to; nothing where that cannot be listed.</summary>
    public static IReadOnlyList<string> OrNone(Document document, CatalogSnapshot catalog)
    {
        try
        {
            return For(document, catalog);
        }
        catch (ApiException)
        {
            return [];
        }
    }

    /// <summary>Why a document's list cannot be made; nothing where it can.</summary>
    public static IReadOnlyList<string> Problems(Document document, CatalogSnapshot catalog)
    {
        try
        {
            For(document, catalog);
            return [];
        }
        catch (ApiException e)
        {
            return e.Error.Messages;
        }
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

    private static List<string> ForTasks(IReadOnlyList<string> tasks, Expansion list)
    {
        foreach (var task in tasks) list.AddTask(task);
        return list.Entries;
    }

    /// <summary>A list as it is made, within its bounds.</summary>
    private sealed class Expansion(Document document, CatalogSnapshot catalog, int most)
    {
        private readonly HashSet<string> _section = new(StringComparer.Ordinal);
        private readonly HashSet<string> _open = new(StringComparer.Ordinal);

        public int Looked { get; private set; }

        public List<string> Entries { get; } = [];

        /// <summary>From here on each prerequisite runs once more.</summary>
        public void BeginSection() => _section.Clear();

        public void Add(string entry)
        {
            if (Entries.Count >= Most)
                throw TooMuch($"it comes to more than {Most} entries of a task list, with its stages' tasks and their prerequisites");
            Entries.Add(entry);
        }

        public void AddTask(string task)
        {
            Look();
            if (task == TaskEntries.OwnContext || _open.Contains(task)) return;
            if (catalog.Tasks.TryGetValue(task, out var definition) && definition.Prerequisites.Count > 0)
            {
                if (_open.Count >= Deepest)
                    throw TooMuch($"it comes to more than {Deepest} tasks of which each is a prerequisite of the next, down to {task}");
                _open.Add(task);
                foreach (var needed in definition.Prerequisites)
                {
                    Look();
                    if (!_section.Contains(needed)) AddTask(needed);
                }

                _open.Remove(task);
            }

            Add(task);
            _section.Add(task);
        }

        private void Look()
        {
            if (++Looked > most)
                throw TooMuch($"it names more than {most} tasks, with its stages' tasks and their prerequisites");
        }

        private ApiException TooMuch(string why) => new(ApiError.Invalid(document.Prefix, document.Key, why));
    }
}
