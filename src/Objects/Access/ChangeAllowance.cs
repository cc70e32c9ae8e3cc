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
        Count(prefix, principal.Name, OwnRecords.AtOnce, OwnRecords.PerHour, changes,
            $"Machine {principal.Name} has changed {OwnRecords.AtOnce} objects of others at once, and {OwnRecords.PerHour} an hour since: "
                + "the next change");
    }

    /// <summary>
    /// Counts an event that somebody posts, people too: what is kept of events has a bound, and posted ones are not to drive out those
    /// that tell who did what.
    /// </summary>
    /// <exception cref="ApiException">429 with the seconds.</exception>
    public void TakePosted(Principal principal)
    {
        Take(principal, "events", "*");
        Count("events", $"{principal.Kind} {principal.Name} posts", OwnRecords.NeededAtOnce, OwnRecords.NeededPerHour, 1,
            $"{principal.Name} has posted {OwnRecords.NeededAtOnce} events at once, and {OwnRecords.NeededPerHour} an hour since: "
                + "the next");
    }

    private void Count(string prefix, string who, int atOnce, int perHour, int changes, string told)
    {
        var now = time.GetElapsedTime(_began);
        Sweep(now);
        var pace = _paces.GetOrAdd(who, _ => new Pace(atOnce, perHour));
        lock (pace)
        {
            if (pace.Wait(now) is { } wait)
                throw new ApiException(new ApiError(prefix, "", "AUTH",
                    [$"{told} may come in {Math.Ceiling(wait.TotalSeconds)} s"], 429))
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
