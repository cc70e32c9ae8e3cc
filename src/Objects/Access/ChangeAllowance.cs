using System.Collections.Concurrent;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;

namespace Anvil.Objects.Access;

/// <summary>
/// How fast one machine may change what is not its own: each change is an event, and most are a snapshot on every silo. Each gateway
/// counts for itself, in memory. What it changes of itself its own grain counts (<see cref="OwnRecords"/>); people are not counted.
/// </summary>
public sealed class ChangeAllowance(TimeProvider time)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Pace> _paces = new(StringComparer.Ordinal);
    private readonly long _began = time.GetTimestamp();
    private long _swept = time.GetTimestamp();

    /// <summary>Counts what a requester is about to change.</summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="prefix">The kind.</param>
    /// <param name="specific">What rights on it are checked by: for machines, and their jobs, the machine.</param>
    /// <param name="changes">How many.</param>
    /// <exception cref="ApiException">429 with the seconds: it has changed too much.</exception>
    public void Take(Principal principal, string prefix, string specific, int changes = 1)
    {
        if (principal.Kind != PrincipalKind.Machine || changes == 0) return;
        if (prefix is "machines" or "jobs" && specific == principal.Name) return;
        var now = time.GetElapsedTime(_began);
        Sweep(now);
        var pace = _paces.GetOrAdd(principal.Name, _ => new Pace(OwnRecords.AtOnce, OwnRecords.PerHour));
        lock (pace)
        {
            if (pace.Wait(now) is { } wait)
                throw new ApiException(new ApiError(prefix, "", "AUTH",
                    [$"Machine {principal.Name} has changed {OwnRecords.AtOnce} objects of others at once, and {OwnRecords.PerHour} an "
                        + $"hour since: the next change may come in {Math.Ceiling(wait.TotalSeconds)} s"], 429))
                { RetryAfter = wait };
            pace.Count(changes, now);
        }
    }

    /// <summary>Once an hour those are forgotten that have their whole allowance again.</summary>
    private void Sweep(TimeSpan now)
    {
        var swept = Interlocked.Read(ref _swept);
        if (time.GetElapsedTime(swept) < Hour || Interlocked.CompareExchange(ref _swept, time.GetTimestamp(), swept) != swept) return;
        foreach (var (machine, pace) in _paces)
        {
            lock (pace)
            {
                if (pace.IsWhole(now)) _paces.TryRemove(machine, out _);
            }
        }
    }
}
