using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Jobs;

/// <summary>What jobs are filtered and sorted by. Their own order is that in which they were made.</summary>
public static class JobFields
{
    /// <summary>The fields.</summary>
    public static FieldTable Table { get; } = FieldTable.Of<Job>("jobs", "Uuid", new Dictionary<string, FieldKind>(StringComparer.Ordinal)
    {
        ["Uuid"] = FieldKind.Uuid,
        ["Previous"] = FieldKind.Uuid,
        ["Machine"] = FieldKind.Uuid,
    }, "StartTime");
}
