using System.Globalization;

namespace Anvil.Templates;

/// <summary>A point in time with the zone in which it is shown, as Go's time.Time.</summary>
/// <param name="Seconds">Seconds since 1970.</param>
/// <param name="Nanoseconds">Nanoseconds after that.</param>
/// <param name="Zone">The zone.</param>
internal sealed record GoTime(long Seconds, int Nanoseconds, GoZone Zone) : IGoObject
{
    /// <summary>Seconds of Go's zero time, the beginning of the year 1.</summary>
    private const long ZeroSeconds = -62_135_596_800;

    private static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private static readonly string[] Weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    public static GoTime Zero { get; } = new(ZeroSeconds, 0, GoZone.Utc);

    public string Type => "time.Time";

    public string Text => GoLayout.Format(this, "2006-01-02 15:04:05.999999999 -0700 MST");

    public object Json => GoLayout.Format(this, "2006-01-02T15:04:05.999999999Z07:00");

    /// <summary>How a program in Go would write it.</summary>
    public string Code => string.Create(CultureInfo.InvariantCulture,
        $"time.Date({Date.Year}, time.{MonthName(Date.Month)}, {Date.Day}, {Date.Hour}, {Date.Minute}, {Date.Second}, {Nanoseconds}, ")
        + (ReferenceEquals(Zone, GoZone.Utc) ? "time.UTC)" : ReferenceEquals(Zone, GoZone.Local) ? "time.Local)"
            : $"time.Location({GoQuote.Text(Zone.At(Seconds).Name)}))");

    /// <summary>Seconds east of UTC.</summary>
    public int Offset => Zone.At(Seconds).Offset;

    /// <summary>The date and time of day in the zone.</summary>
    public GoDate Date => GoDate.From(Seconds + Offset);

    public static string MonthName(int month) => Months[month - 1];

    public static string WeekdayName(int day) => Weekdays[day];

    /// <summary>This and some nanoseconds.</summary>
    public GoTime Add(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, GoDuration.Second, out var rest);
        var nanos = Nanoseconds + rest;
        if (nanos < 0) (seconds, nanos) = (seconds - 1, nanos + GoDuration.Second);
        else if (nanos >= GoDuration.Second) (seconds, nanos) = (seconds + 1, nanos - GoDuration.Second);
        return this with { Seconds = Seconds + seconds, Nanoseconds = (int)nanos };
    }

    public bool TryGet(string name, IReadOnlyList<object?> arguments, RenderBudget budget, out object? value)
    {
        budget.Allocate(512);
        var date = Date;
        GoTime Other() => arguments is [GoTime other]
            ? other : throw new TemplateFault($"wrong type for value; expected time.Time for {name}");
        value = name switch
        {
            "Year" => date.Year,
            "Month" => new Whole(date.Month, "time.Month", MonthName(date.Month)),
            "Day" => (long)date.Day,
            "Hour" => (long)date.Hour,
            "Minute" => (long)date.Minute,
            "Second" => (long)date.Second,
            "Nanosecond" => (long)Nanoseconds,
            "Weekday" => new Whole(date.DayOfWeek, "time.Weekday", WeekdayName(date.DayOfWeek)),
            "YearDay" => (long)date.YearDay,
            "Unix" => Whole.Int64(Seconds),
            "UnixMilli" => Whole.Int64((Seconds * 1000) + (Nanoseconds / 1_000_000)),
            "UnixNano" => Whole.Int64(unchecked((Seconds * GoDuration.Second) + Nanoseconds)),
            "UTC" => this with { Zone = GoZone.Utc },
            "Local" => this with { Zone = GoZone.Local },
            "IsZero" => Seconds == ZeroSeconds && Nanoseconds == 0,
            "String" => Text,
            "Format" => Formatted(arguments, budget),
            "Before" => (Seconds, Nanoseconds).CompareTo((Other().Seconds, Other().Nanoseconds)) < 0,
            "After" => (Seconds, Nanoseconds).CompareTo((Other().Seconds, Other().Nanoseconds)) > 0,
            "Equal" => (Seconds, Nanoseconds) == (Other().Seconds, Other().Nanoseconds),
            "Sub" => GoDuration.Of((long)Int128.Clamp(
                ((Int128)(Seconds - Other().Seconds) * GoDuration.Second) + Nanoseconds - Other().Nanoseconds,
                long.MinValue, long.MaxValue)),
            "Add" when arguments is [long or Whole { Kind: "int64" }] => Add(Values.ToLong(arguments[0])),
            "AddDate" when arguments is [long years, long months, long days] => Moved(date, years, months, days),
            _ => null,
        };
        return value is not null;
    }

    private GoTime Moved(GoDate date, long years, long months, long days)
    {
        const long Most = 1_000_000_000;
        if (Math.Abs(years) > Most || Math.Abs(months) > Most || Math.Abs(days) > Most) throw new TemplateFault("too far away");
        var moved = GoDate.Days(date.Year + years, date.Month + months, date.Day + days) * GoDate.SecondsOfDay;
        return this with { Seconds = Zone.FromLocal(moved + (date.Hour * 3600L) + (date.Minute * 60L) + date.Second) };
    }

    private string Formatted(IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        if (arguments is not [string layout]) throw new TemplateFault("wrong number of args for Format: want 1");
        GoLayout.Charge(layout, budget);
        return GoLayout.Format(this, layout);
    }

    public override string ToString() => Text;

    /// <summary>A number of the date with at least so many digits.</summary>
    internal static string Digits(long number, int width)
    {
        var digits = Math.Abs(number).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
        return number < 0 ? "-" + digits : digits;
    }
}
