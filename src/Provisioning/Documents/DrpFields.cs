using System.Collections.Frozen;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Fields of DRP's objects that Anvil does not have, and that clients send all the same: drpcli v4.8 sends every field of its models, and
/// v3 sends a
/// machine's deprecated Profile. Those that only tell a state are left out whatever they hold; those that ask for something are left out
/// only while empty.
/// </summary>
internal static class DrpFields
{
    /// <summary>Fields that tell a state, by kind.</summary>
    private static readonly FrozenDictionary<string, FrozenSet<string>> States =
        new Dictionary<string, FrozenSet<string>>(StringComparer.Ordinal)
        {
            ["machines"] = Names("Profile", "Fingerprint", "Pool", "PoolAllocated", "PoolStatus", "WorkflowComplete", "RetryTaskAttempt",
            "TaskErrorStacks", "JobState", "JobExitState",
            "JobResultErrors", "WorkOrderMode", "PendingWorkOrders", "RunningWorkOrders", "ParentMachineUuid"),
            ["jobs"] = Names("Token", "JobState", "WorkOrder", "ResultErrors"),
            ["leases"] = Names("ProvidedOptions"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Fields that ask for something, by kind; those of parts stand with the kind that holds the part.</summary>
    private static readonly FrozenDictionary<string, FrozenSet<string>> Wishes =
        new Dictionary<string, FrozenSet<string>>(StringComparer.Ordinal)
        {
            ["machines"] = Names("Context"),
            ["jobs"] = Names("Context", "ExtraClaims"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>True for a field that is left out, whatever it holds.</summary>
    public static bool IsState(string kind, string field) => States.TryGetValue(kind, out var names) && names.Contains(field);

    /// <summary>True for a field that is left out while it is empty.</summary>
    public static bool IsWish(string kind, string field) => Wishes.TryGetValue(kind, out var names) && names.Contains(field);

    private static FrozenSet<string> Names(params IEnumerable<string> names) => names.ToFrozenSet(StringComparer.Ordinal);
}
