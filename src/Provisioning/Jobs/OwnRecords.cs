using System.Globalization;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Jobs;

/// <summary>
/// How many events and lines of its timeline a machine, or whoever sends packets in its name, may bring about: what all have done is kept
/// in tables of a bounded length, and one machine shall not push the others' out. Beyond it they are counted. What people do is not
/// counted here, and always kept; so is that jobs begin and end, of which there is a bound (<see cref="JobPace"/>).
/// </summary>
public sealed class OwnRecords
{
    /// <summary>Events and lines at once: an installation has some hundred.</summary>
    public const int AtOnce = 1000;

    /// <summary>Events and lines in an hour from then on.</summary>
    public const int PerHour = 600;

    /// <summary>Changes by jobs at once that edges have to be told of, whatever else there was.</summary>
    public const int NeededAtOnce = 10_000;

    /// <summary>Such changes in an hour from then on.</summary>
    public const int NeededPerHour = 6_000;

    private readonly Pace _pace = new(AtOnce, PerHour);
    private int _uncounted;

    /// <summary>How long until the machine may bring about more; null when it may now.</summary>
    public TimeSpan? Wait(TimeSpan now) => _pace.Wait(now);

    /// <summary>A change with what is to be kept of it, which is counted.</summary>
    /// <param name="change">A change that the machine brings about itself.</param>
    /// <param name="isNeeded">Its events are kept whatever there was: others go by them.</param>
    /// <param name="now">The time.</param>
    /// <param name="dropped">Events and lines that are not kept.</param>
    public MachineChange Bounded(MachineChange change, bool isNeeded, TimeSpan now, out int dropped)
    {
        dropped = 0;
        var lines = change.Effects.Count(e => e is NoteTimeline);
        var records = change.State.Events.Count + lines;
        if (records == 0) return change;
        if (_pace.Wait(now) is not null)
        {
            dropped = isNeeded ? lines : records;
            _uncounted += dropped;
            return change with
            {
                State = isNeeded ? change.State : change.State with { Events = [] },
                Effects = [.. change.Effects.Where(e => e is not NoteTimeline)],
            };
        }

        _pace.Count(records, now);
        if (_uncounted == 0) return change;
        var told = new NoteTimeline("phase", "more", string.Create(CultureInfo.InvariantCulture,
            $"{_uncounted} events and lines that the machine brought about were counted, not kept"), "");
        _uncounted = 0;
        _pace.Count(1, now);
        return change with { Effects = [told, .. change.Effects] };
    }
}
