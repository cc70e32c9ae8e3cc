namespace Anvil.Provisioning.Access;

/// <summary>The rights of machines (DRP's known and unknown tokens).</summary>
public static class MachineClaims
{
    /// <summary>A known machine: itself, its own jobs, and the definitions that its jobs need. Not updateTaskList.</summary>
    public static IReadOnlyList<Claim> Known(string uuid) =>
    [
        new("machines", "get,actions,update,patch,action,getSecure,updateSecure", uuid),
        new("params,stages,tasks,info,bootenvs,workflows", "get", "*"),
        new("jobs", "create,get,update,actions,log", uuid),
        new("events", "post", "*"),
    ];

    /// <summary>An unknown machine: may create a machine, and read nothing.</summary>
    public static IReadOnlyList<Claim> Unknown { get; } = [new("machines", "create", "*")];
}
