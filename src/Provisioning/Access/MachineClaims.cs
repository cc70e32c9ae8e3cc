namespace Anvil.Provisioning.Access;

/// <summary>
/// The rights of machines' tokens. A machine that boots may write about itself what only it knows: facts, whether it can run, and the
/// system that it has installed; nothing that decides what is rendered for it. A running job has the rights of its task.
/// </summary>
public static class MachineClaims
{
    /// <summary>In a task's ExtraClaims, in the place of a key: the machine that the job runs on.</summary>
    public const string Self = "$self";

    /// <summary>What a machine may write about itself, as pointers.</summary>
    private const string Own = "update:/Runnable,update:/OS,update:/HardwareAddrs,update:/Params/hardware~1*,"
        + "update:/Params/detected-bios-mode,update:/Params/last-boot-macaddr";

    /// <summary>
    /// A known machine, by the token of its boot: itself, its own jobs, and the definitions of params; beside these (MachineUses) the
    /// tasks, stages, workflows and boot environments that it uses. It opens no secure param: those are in what is rendered for it.
    /// </summary>
    public static IReadOnlyList<Claim> Known(string uuid) =>
    [
        new("machines", "get,actions,action," + Own, uuid),
        new("params,info", "get", "*"),
        new("jobs", "create,get,update,actions,log", uuid),
        new("events", "post", "*"),
    ];

    /// <summary>
    /// A running job of a task that somebody with the right has set (DRP v4: Job.Token): the task's own ExtraRoles and ExtraClaims; of a
    /// task that names none, all of its machine but its deletion, unless the preference defaultTaskRights is "facts".
    /// </summary>
    /// <param name="uuid">The machine.</param>
    /// <param name="claims">The task's ExtraClaims.</param>
    /// <param name="roles">The rights of its ExtraRoles; null for a task that names none.</param>
    /// <param name="rights">The preference: machine or facts.</param>
    public static IReadOnlyList<Claim> Task(string uuid, IReadOnlyList<Claim> claims, IReadOnlyList<Claim>? roles, string rights)
    {
        if (claims.Count > 0 || roles is not null)
            return [.. Known(uuid), .. claims.Concat(roles ?? []).Select(c => c.Specific == Self ? c with { Specific = uuid } : c)];
        return rights == "machine"
            ? [.. Known(uuid), new("machines", "update,patch,getSecure,updateSecure,updateTaskList", uuid)] : Known(uuid);
    }

    /// <summary>A token of a profile that the machine has (DRP: GenerateProfileToken): reads it, and sets its params.</summary>
    public static IReadOnlyList<Claim> OfProfile(string profile) => [new("profiles", "get,update:/Params", profile)];

    /// <summary>An unknown machine: may create a machine, and read nothing.</summary>
    public static IReadOnlyList<Claim> Unknown { get; } = [new("machines", "create", "*")];
}
