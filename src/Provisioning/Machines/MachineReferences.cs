using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// Where machines name documents of the catalog: what they name cannot be deleted, what they lack makes them unavailable, and what is
/// named anew must be there.
/// </summary>
public static class MachineReferences
{
    /// <summary>The references, in the order in which their problems are told.</summary>
    public static IReadOnlyList<Reference> All { get; } =
    [
        new("BootEnv", "bootenvs", d => [((Machine)d).BootEnv])
        {
            Noun = "Bootenv",
            NounThere = "BootEnv",
            MustBeNamed = true,
            MustBeAvailable = true,
            TellsWhy = true,
            Refuses = ServesMachines,
            Fails = (machine, env) => ServesArchitecture((Machine)machine, (BootEnv)env),
            InUse = EnvInUse,
        },
        new("Stage", "stages", d => [((Machine)d).Stage])
        {
            Noun = "Stage",
            MustBeNamed = true,
            MustBeAvailable = true,
            TellsWhy = true,
            InUse = StageInUse,
        },
        new("Workflow", "workflows", d => [((Machine)d).Workflow]) { Noun = "Workflow", MustBeAvailable = true, TellsWhy = true },
        new("Profiles", "profiles", d => ((Machine)d).Profiles)
        {
            Noun = "Profile",
            MustBeNamed = true,
            PlaceOf = (d, key, from) => PlaceIn(((Machine)d).Profiles, key, from),
            InUse = (user, key) => $"Machine {user.Key} is using profile {key}",
        },
        new("Tasks", "tasks", d => TasksOf(d, t => !TaskLists.IsMove(t)))
        {
            Noun = "Task",
            MustBeNamed = true,
            PlaceOf = PlaceInTasks(""),
        },
        new("Tasks", "stages", Moves(TaskLists.StageEntry))
        {
            Before = TaskLists.StageEntry,
            Noun = "Stage",
            MustBeNamed = true,
            PlaceOf = PlaceInTasks(TaskLists.StageEntry),
            InUse = StageInUse,
        },
        new("Tasks", "bootenvs", Moves(TaskLists.BootEnvEntry))
        {
            Before = TaskLists.BootEnvEntry,
            Noun = "BootEnv",
            MustBeNamed = true,
            Refuses = ServesMachines,
            PlaceOf = PlaceInTasks(TaskLists.BootEnvEntry),
            InUse = EnvInUse,
        },
    ];

    /// <summary>What makes a machine unavailable.</summary>
    public static IReadOnlyList<string> Problems(Machine machine, CatalogSnapshot catalog)
    {
        Func<DocumentKey, Document?> find = catalog.Find;
        return Once(r => r.Problems(machine, find));
    }

    /// <summary>What a change names that cannot be meant. What went missing since is no mistake of the change.</summary>
    public static IReadOnlyList<string> Mistakes(Machine old, Machine wanted, CatalogSnapshot catalog)
    {
        Func<DocumentKey, Document?> find = catalog.Find;
        return Once(r => r.Mistakes(old, wanted, find));
    }

    /// <summary>What is found at the references, each text once.</summary>
    private static IReadOnlyList<string> Once(Func<Reference, IReadOnlyList<string>> of)
    {
        // Mostly there is nothing, and it is asked for every write.
        List<string>? all = null;
        HashSet<string>? seen = null;
        foreach (var reference in All)
        {
            foreach (var text in of(reference))
            {
                if ((seen ??= new(StringComparer.Ordinal)).Add(text)) (all ??= []).Add(text);
            }
        }

        return all ?? [];
    }

    private static Func<Document, IEnumerable<string>> Moves(string entry)
    {
        bool Is(string task) => task.StartsWith(entry, StringComparison.Ordinal);
        return d => TasksOf(d, Is).Select(t => t[entry.Length..]);
    }

    private static IEnumerable<string> TasksOf(Document machine, Func<string, bool> which)
        => ((Machine)machine).Tasks is { Count: > 0 } tasks ? tasks.Where(which).Distinct(StringComparer.Ordinal) : [];

    private static Func<Document, string, int, int> PlaceInTasks(string entry)
        => (d, key, from) => PlaceIn(((Machine)d).Tasks, entry + key, from);

    /// <summary>The place of an entry at or behind one; the same place where there is none.</summary>
    private static int PlaceIn(IReadOnlyList<string> entries, string entry, int from)
    {
        for (var i = from; i < entries.Count; i++)
        {
            if (entries[i] == entry) return i;
        }

        return from;
    }

    /// <summary>By the machine's name, as people know it (DRP).</summary>
    private static string EnvInUse(Document user, string key) => $"Bootenv {key} in use by Machine {((Machine)user).Name}";

    private static string StageInUse(Document user, string key) => $"Stage {key} in use by Machine {((Machine)user).Name}";

    private static string? ServesMachines(Document env)
        => env is BootEnv { OnlyUnknown: true } ? "does not allow Machine assignments, it has the OnlyUnknown flag." : null;

    private static string? ServesArchitecture(Machine machine, BootEnv env)
        => env.NetBoots() && env.For(machine.Arch) is null ? $"cannot boot architecture {machine.Arch}" : null;
}
