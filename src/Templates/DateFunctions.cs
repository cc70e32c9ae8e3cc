using System.Globalization;

namespace Anvil.Templates;

/// <summary>
/// Sprig's date functions over seconds since 1970 and times. None reads the clock: a rendered file must not depend on it. "Local" is UTC.
/// </summary>
internal static class DateFunctions
{
    /// <summary>Longest text that is read as a time, and longest layout of it.</summary>
    private const int LongestText = 500;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("date", "text any", a => Show(a, a.Text(0), a[1], "Local")),
        .. Function.Named("dateInZone date_in_zone", name => Function.Of(name, "text any text", a => Show(a, a.Text(0), a[1], a.Text(2)))),
        Function.Of("htmlDate", "any", a => Show(a, "2006-01-02", a[0], "Local")),
        Function.Of("htmlDateInZone", "any text", a => Show(a, "2006-01-02", a[0], a.Text(1))),
        Function.Own("unixEpoch", "time", a => ((GoTime)a[0]!).Seconds.ToString(CultureInfo.InvariantCulture)),
        Function.Of("toDate", "text text", a => Lenient(() => Read(a), () => GoTime.Zero)),
        Function.Of("mustToDate", "text text", Read),
        .. Function.Named("dateModify date_modify",
            name => Function.Of(name, "text time", a => Lenient(() => Modified(a), () => a[1]))),
        .. Function.Named("mustDateModify must_date_modify", name => Function.Of(name, "text time", Modified)),
        Function.Of("duration", "any", a => GoDuration.Text(unchecked(GoDuration.Second * a[0] switch
        {
            string text => GoNumber.Clamped(text, 10),
            Whole { Type: "int64" } n => n.Value,
            _ => 0,
        }))),
        Function.Of("durationRound", "any", a => Rounded(a[0] switch
        {
            string text => GoDuration.TryParse(text, out var n) ? n : 0,
            Whole { Type: "int64" } n => n.Value,
            GoTime => throw new TemplateFault("durationRound of a time is refused: templates do not read the clock"),
            _ => 0,
        })),
    ];

    private static object? Lenient(Func<object?> make, Func<object?> otherwise)
    {
        try
        {
            return make();
        }
        catch (TemplateFault e) when (e.Spent is null)
        {
            return otherwise();
        }
    }

    private static string Show(Arguments a, string layout, object? at, string zone)
    {
        GoLayout.Charge(layout, a.Budget);
        var time = at switch
        {
            GoTime own => own,
            long or Whole { Type: "int64" or "int32" } => new GoTime(Math.Clamp(Values.ToLong(at), -1L << 50, 1L << 50), 0, GoZone.Utc),
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
                => new GoTime(moment.ToUnixTimeSeconds(), 0, GoZone.Utc),
            _ => throw new TemplateFault($"\"{a.Budget.Text(at)}\" is not a time, and templates do not read the clock"),
        };
        return GoLayout.Format(time with { Zone = GoZone.Find(zone, a.Budget) ?? GoZone.Utc }, layout);
    }

    private static GoTime Read(Arguments a)
    {
        if (Math.Max(a.Text(0).Length, a.Text(1).Length) > LongestText)
            throw new TemplateFault($"a time and its layout have at most {LongestText} characters");
        GoLayout.Charge(a.Text(0), a.Budget);
        // What is left of the text is cut anew for each character of the layout.
        a.Budget.Allocate(2L * a.Text(1).Length * (a.Text(0).Length + 1));
        return GoLayout.Parse(a.Text(0), a.Text(1), GoZone.Local);
    }

    private static object? Modified(Arguments a) => GoDuration.TryParse(a.Text(0), out var duration)
        ? ((GoTime)a[1]!).Add(duration) : throw new TemplateFault($"time: invalid duration {GoQuote.Text(a.Text(0))}");

    private static string Rounded(long nanoseconds)
    {
        var seconds = (nanoseconds < 0 ? 0 - (ulong)nanoseconds : (ulong)nanoseconds) / (double)GoDuration.Second;
        foreach (var (unit, name) in new[] { (31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s") })
        {
            if (seconds > unit) return ((long)(seconds / unit)).ToString(CultureInfo.InvariantCulture) + name;
        }

        return "0s";
    }
}
