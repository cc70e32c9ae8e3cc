using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// What a machine, and who speaks in its name, may bring about of its changes: each source has its budget of records
/// (<see cref="OwnRecords"/>), and jobs one more of changes that edges have to be told of. Times are those of a clock that only goes
/// forward.
/// </summary>
/// <param name="isSame">True where edges, which go by a machine, need not be told that it was changed to another.</param>
public sealed class OwnChanges(Func<Machine?, Machine?, bool> isSame)
{
    private readonly OwnRecords[] _records = [.. Enum.GetValues<OwnSource>().Select(_ => new OwnRecords())];
    private readonly Pace _needed = new(OwnRecords.NeededAtOnce, OwnRecords.NeededPerHour);

    /// <summary>What is kept of a change that a source brings about, which is counted.</summary>
    /// <param name="uuid">The machine.</param>
    /// <param name="before">Its state before.</param>
    /// <param name="change">The change.</param>
    /// <param name="source">Who brings it about.</param>
    /// <param name="type">Type of an error.</param>
    /// <param name="mayRefuse">False where there is nobody to be told, as with packets.</param>
    /// <param name="now">The time.</param>
    /// <param name="dropped">Events and lines that are not kept.</param>
    /// <exception cref="ApiException">429: edges have to be told of it, and the source has made too many of these.</exception>
    public MachineChange Bounded(string uuid, MachineState before, MachineChange change, OwnSource source, string type, bool mayRefuse,
        TimeSpan now, out int dropped)
    {
        dropped = 0;
        // A job begins once and ends once, and JobPace bounds how many there are.
        if (source is (OwnSource.Job or OwnSource.OthersJob) && JobRules.BeginsOrEnds(before.Job, change.State.Job)) return change;
        var records = _records[(int)source];
        var spent = records.Wait(now);
        var isNeeded = spent is not null && source != OwnSource.Wire && !isSame(before.Machine, change.State.Machine);
        if (isNeeded && mayRefuse && source is (OwnSource.Boot or OwnSource.OthersJob))
            throw TooOften(uuid, type, source == OwnSource.Boot ? "changed itself" : "been changed by other machines' jobs",
                OwnRecords.AtOnce, OwnRecords.PerHour, spent!.Value);
        if (isNeeded && source == OwnSource.Job)
        {
            if (mayRefuse && _needed.Wait(now) is { } wait)
                throw TooOften(uuid, type, "changed itself", OwnRecords.NeededAtOnce, OwnRecords.NeededPerHour, wait);
            _needed.Count(1, now);
        }

        return records.Bounded(change, isNeeded, now, out dropped);
    }

    private static ApiException TooOften(string uuid, string type, string what, int atOnce, int perHour, TimeSpan wait)
        => new(new ApiError("machines", uuid, type,
            [$"Machine {uuid} has {what} {atOnce} times at once, and {perHour} times an hour since: "
                + $"what decides how it boots may change again in {Math.Ceiling(wait.TotalSeconds)} s"], 429));
}
