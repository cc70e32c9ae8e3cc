using Anvil.Contracts.Timeline;

namespace Anvil.Grains.Timeline;

/// <summary>
/// Decides which lines of what came by the wire are kept, and counts the others: what a machine's grain notes it bounds itself
/// (<see cref="Anvil.Provisioning.Jobs.OwnRecords"/>). Anybody can send packets, ask for files and register, so that the
/// number of lines is bounded for each machine, for each stranger and for all strangers together; misses that repeat are one line and a
/// number; and what no timeline would show is not kept at all. Thread-safe.
/// </summary>
public sealed class TimelineGate(TimeProvider time)
{
    /// <summary>Lines of one machine from the wire, at once and a minute: an installation has some hundred.</summary>
    public const int MachineAtOnce = 1000;

    /// <summary>As <see cref="MachineAtOnce"/>, a minute.</summary>
    public const int MachinePerMinute = 60;

    /// <summary>Lines of one MAC address that is no machine.</summary>
    public const int StrangerAtOnce = 60;

    /// <summary>As <see cref="StrangerAtOnce"/>, a minute.</summary>
    public const int StrangerPerMinute = 10;

    /// <summary>Lines of all MAC addresses that are no machines.</summary>
    public const int StrangersAtOnce = 20_000;

    /// <summary>As <see cref="StrangersAtOnce"/>, a minute.</summary>
    public const int StrangersPerMinute = 120;

    /// <summary>Misses, and machines and strangers over their bound, that are counted apart.</summary>
    private const int MostTallies = 16_384;

    private const string All = "";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LineBudget _machines = new(MachinePerMinute, MachineAtOnce, MostTallies, time);
    private readonly LineBudget _strangers = new(StrangerPerMinute, StrangerAtOnce, MostTallies, time);
    private readonly LineBudget _allStrangers = new(StrangersPerMinute, StrangersAtOnce, 1, time);
    private readonly Dictionary<(string Who, string Source, string What, string Outcome, string Detail), Tally> _misses = [];
    private readonly Dictionary<string, Tally> _over = new(StringComparer.Ordinal);
    private long _uncounted;

    /// <summary>What was counted since a line.</summary>
    private sealed class Tally(TimelineEntry first, long since)
    {
        public TimelineEntry First { get; } = first;

        public long Since { get; } = since;

        public int More { get; set; }
    }

    /// <summary>Why a line is not kept; null when it is.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isMiss">It says that something was not there, or was not answered: repeated ones are counted.</param>
    public string? Refuse(TimelineEntry line, bool isMiss)
    {
        var isMachine = line.Machine.Length > 0;
        var who = isMachine ? line.Machine : line.Mac;
        if (who.Length == 0) return "nobody";
        if (line.Source is not ("dhcp" or "tftp" or "http" or "api")) return null;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            // With the reason: a client that is refused for another one than before is news.
            var key = (who, line.Source, line.What, line.Outcome, line.Detail);
            if (isMiss && _misses.TryGetValue(key, out var before))
            {
                before.More++;
                return "repeated";
            }

            if (!(isMachine ? _machines : _strangers).TryTake(who))
            {
                Over(who, line, now);
                return isMachine ? "machine" : "stranger";
            }

            if (!isMachine && !_allStrangers.TryTake(All))
            {
                Over(All, line, now);
                return "strangers";
            }

            if (isMiss && _misses.Count < MostTallies) _misses[key] = new Tally(line, now);
            return null;
        }
    }

    /// <summary>The lines that tell what was counted in minutes that are over.</summary>
    /// <param name="isEnd">Whether they are over or not: nothing comes after this.</param>
    /// <param name="ofStrangers">Lines of strangers together that were not kept, and that no line tells of.</param>
    public IReadOnlyList<TimelineEntry> Due(bool isEnd, out long ofStrangers)
    {
        var lines = new List<TimelineEntry>();
        lock (_gate)
        {
            foreach (var (key, tally) in _misses)
            {
                if (!isEnd && time.GetElapsedTime(tally.Since) < Minute) continue;
                _misses.Remove(key);
                if (tally.More > 0)
                    Tell(lines, tally, tally.First.What, $"{tally.First.Outcome}, {tally.More} times more within a minute");
            }

            foreach (var (who, tally) in _over)
            {
                if (!isEnd && time.GetElapsedTime(tally.Since) < Minute) continue;
                _over.Remove(who);
                if (who == All) _uncounted += tally.More;
                else Tell(lines, tally, "more", $"{tally.More} lines within a minute were counted, not kept");
            }

            ofStrangers = _uncounted;
            _uncounted = 0;
        }

        return lines;
    }

    private void Over(string who, TimelineEntry line, long now)
    {
        if (!_over.TryGetValue(who, out var tally))
        {
            if (_over.Count >= MostTallies)
            {
                _uncounted++;
                return;
            }

            _over[who] = tally = new Tally(line, now);
        }

        tally.More++;
    }

    private void Tell(List<TimelineEntry> lines, Tally tally, string what, string outcome)
    {
        if (tally.First.Machine.Length == 0 && !_allStrangers.TryTake(All)) _uncounted += tally.More;
        else lines.Add(tally.First with { Time = time.GetUtcNow(), What = what, Outcome = outcome });
    }
}
