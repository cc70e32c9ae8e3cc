using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>Where machines name documents of the catalog: what a machine names cannot be deleted.</summary>
public static class MachineReferences
{
    /// <summary>The references, in order of the fields.</summary>
    public static IReadOnlyList<Reference> All { get; } =
    [
        new("/BootEnv", "bootenvs", d => [((Machine)d).BootEnv]) { Noun = "Bootenv", MustBeAvailable = true },
        new("/Stage", "stages", d => [((Machine)d).Stage]) { Noun = "Stage", MustBeAvailable = true },
        new("/Workflow", "workflows", d => [((Machine)d).Workflow]) { Noun = "Workflow", MustBeAvailable = true },
        new("/Profiles/*", "profiles", d => ((Machine)d).Profiles) { Noun = "Profile" },
        new("/Tasks/*", "tasks", d => ((Machine)d).Tasks.Where(t => !TaskLists.IsMove(t))) { Noun = "Task" },
    ];
}
