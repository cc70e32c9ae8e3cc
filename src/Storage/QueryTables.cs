using Anvil.Provisioning.Machines;

namespace Anvil.Storage;

/// <summary>Columns of the query tables beside the document, in both databases.</summary>
internal static class QueryTables
{
    /// <summary>Order of machines.</summary>
    public static IReadOnlyList<string> MachineKey { get; } = ["uuid"];

    /// <summary>Fields of machines that are columns.</summary>
    public static IReadOnlyDictionary<string, string> MachineColumns { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["Uuid"] = "uuid", ["Name"] = "name" };

    /// <summary>Order of jobs: as they were made.</summary>
    public static IReadOnlyList<string> JobKey { get; } = ["started", "uuid"];

    /// <summary>Fields of jobs that are columns.</summary>
    public static IReadOnlyDictionary<string, string> JobColumns { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["Uuid"] = "uuid", ["Machine"] = "machine" };
}
