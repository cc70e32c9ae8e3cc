using System.Globalization;

namespace Anvil.Provisioning.Catalog;

/// <summary>How long, and how much, is kept of what only grows: by preferences. The oldest goes first.</summary>
public static class RetentionRules
{
    /// <summary>Lines of timelines.</summary>
    public const string Timeline = "timeline";

    /// <summary>Lines of timelines of MAC addresses that are no machines.</summary>
    public const string Strangers = "strangers";

    /// <summary>Events.</summary>
    public const string Events = "events";

    /// <summary>Who held which address, once he holds it no longer.</summary>
    public const string Leases = "leaseHistory";

    /// <summary>Jobs; the last one of each machine stays.</summary>
    public const string Jobs = "jobs";

    /// <summary>Logs of jobs.</summary>
    public const string JobLogs = "jobLogs";

    /// <summary>Machines that registered themselves, that nobody has approved of, and that have not been seen for so long.</summary>
    public const string Unapproved = "unapproved";

    /// <summary>One machine has this part of all lines of timelines; but a few are always its own.</summary>
    private const int Share = 100;

    private const int LeastShare = 1000;

    /// <summary>Longest time, in days.</summary>
    private const int MostDays = 3650;

    private static readonly (string What, string Days, string Amount, int Unit)[] All =
    [
        (Timeline, "keepTimelineDays", "keepTimelineLines", 1),
        (Strangers, "keepStrangersDays", "", 1),
        (Events, "keepEventsDays", "keepEvents", 1),
        (Leases, "keepLeaseHistoryDays", "keepLeaseHistory", 1),
        (Jobs, "keepJobsDays", "keepJobs", 1),
        (JobLogs, "keepJobLogsDays", "keepJobLogsMiB", 1 << 20),
        (Unapproved, "keepUnapprovedDays", "", 1),
    ];

    /// <summary>Defaults of the preferences.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Defaults { get; } =
    [
        new("keepTimelineDays", "30"), new("keepTimelineLines", "5000000"), new("keepStrangersDays", "7"), new("keepEventsDays", "30"),
        new("keepEvents", "2000000"), new("keepLeaseHistoryDays", "30"), new("keepLeaseHistory", "1000000"),
        new("keepJobsDays", "365"), new("keepJobs", "1000000"), new("keepJobLogsDays", "90"), new("keepJobLogsMiB", "10240"),
        new("keepUnapprovedDays", "14"),
    ];

    /// <summary>What is kept, in the order in which it is trimmed.</summary>
    public static IReadOnlyList<RetentionBound> Of(Prefs prefs) => [.. All.Select(a => Bound(a, prefs))];

    /// <summary>What is kept of one of them.</summary>
    public static RetentionBound Of(Prefs prefs, string what) => Bound(All.Single(a => a.What == what), prefs);

    private static RetentionBound Bound((string What, string Days, string Amount, int Unit) kept, Prefs prefs)
        => new(kept.What, TimeSpan.FromDays(prefs.Number(kept.Days)),
            kept.Amount.Length == 0 ? long.MaxValue : (long)prefs.Number(kept.Amount) * kept.Unit)
        { Prefs = kept.Amount.Length == 0 ? [kept.Days] : [kept.Days, kept.Amount] };

    /// <summary>So many lines of its timeline one machine has, whatever others have.</summary>
    public static long ShareOf(RetentionBound timeline) => Math.Max(LeastShare, timeline.Most / Share);

    /// <summary>What is wrong with a value of one of the preferences; null when nothing is, or it is none of them.</summary>
    public static string? Problem(string name, string value)
    {
        var isDays = All.Any(a => a.Days == name);
        if (!isDays && !All.Any(a => a.Amount.Length > 0 && a.Amount == name)) return null;
        // Fewer than a thousand are read by those who follow the stream before they are gone.
        var (least, most) = isDays ? (1, MostDays) : name == "keepJobLogsMiB" ? (1, int.MaxValue) : (1000, int.MaxValue);
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most
            ? null : $"{name}: {value} is not a number from {least} to {most}";
    }

    /// <summary>The logs that are too old or too many, the oldest first, of jobs that are over.</summary>
    /// <param name="bound">What is kept.</param>
    /// <param name="logs">Those that there are, of jobs that are over as far as is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="room">By so much they may grow before their disk is full; null where that is not known.</param>
    /// <param name="live">Octets of logs of jobs that are not over.</param>
    public static IEnumerable<(StoredLog Log, string Why)> LogsToTrim(RetentionBound bound, IEnumerable<StoredLog> logs,
        DateTimeOffset now, long? room = null, long live = 0)
    {
        var all = logs.OrderBy(l => l.At).ToList();
        var total = all.Sum(l => l.Octets) + live;
        var fits = total + (room ?? 0);
        foreach (var log in all)
        {
            if (now - log.At > bound.Age) yield return (log, $"older than {bound.Age.TotalDays:F0} days (preference {bound.Prefs[0]})");
            else if (total > bound.Most)
                yield return (log, $"the oldest, and all together had more than {bound.Most >> 20} MiB (preference {bound.Prefs[1]})");
            else if (room < 0 && total > fits) yield return (log, "the oldest, and the disk has too little left");
            else yield break;
            total -= log.Octets;
        }
    }

    /// <summary>
    /// The logs of jobs that are not over, where they alone are too many: the largest first. What their jobs say from then on is kept.
    /// </summary>
    /// <param name="bound">What is kept.</param>
    /// <param name="live">Those that there are.</param>
    /// <param name="room">As of <see cref="LogsToTrim"/>.</param>
    public static IEnumerable<(StoredLog Log, string Why)> LiveLogsToTrim(RetentionBound bound, IReadOnlyCollection<StoredLog> live,
        long? room = null)
    {
        var total = live.Sum(l => l.Octets);
        var fits = Math.Min(bound.Most, total + Math.Min(room ?? 0, 0));
        foreach (var log in live.OrderByDescending(l => l.Octets))
        {
            if (total <= fits) yield break;
            yield return (log, total > bound.Most
                ? $"the largest, and those of jobs that are not over had more than {bound.Most >> 20} MiB (preference {bound.Prefs[1]})"
                : "the largest, and the disk has too little left");
            total -= log.Octets;
        }
    }
}
