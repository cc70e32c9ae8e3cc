using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Bulk;

/// <summary>What became of one machine.</summary>
/// <param name="Uuid">The machine.</param>
/// <param name="Name">Its name, for who may read it; "" else.</param>
/// <param name="Status">HTTP's number of what was done to it.</param>
/// <param name="Error">Why it was not done; null where it was.</param>
public sealed record BulkLine(string Uuid, string Name, int Status, ApiError? Error)
{
    /// <summary>Fields that would be others, of a change that is tried, for who may read the machine.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];
}

/// <summary>How far a bulk call came.</summary>
/// <param name="Machines">How many machines it is about.</param>
/// <param name="Done">Those to which it was done, or that had it so already.</param>
/// <param name="Failed">Those to which it was not.</param>
/// <param name="NotBegun">Those that were left alone when it stopped.</param>
/// <param name="Stopped">Why it stopped before its end; "" where it did not.</param>
/// <param name="DryRun">Nothing was made.</param>
public sealed record BulkTotals(int Machines, int Done, int Failed, int NotBegun, string Stopped, bool DryRun);
