namespace Anvil.Templates;

/// <summary>A date of the Gregorian calendar with the time of day, for any year.</summary>
internal readonly record struct GoDate(long Year, int Month, int Day, int Hour, int Minute, int Second)
{
    public const long SecondsOfDay = 86_400;

    /// <summary>Days from March 1 of the year 0 to 1970.</summary>
    private const long DaysTo1970 = 719_468;

    private const long DaysOf400Years = 146_097;

    /// <summary>Day of the year, from 1.</summary>
    public int YearDay => (int)(Days(Year, Month, Day) - Days(Year, 1, 1)) + 1;

    /// <summary>Day of the week, from 0 for Sunday.</summary>
    public int DayOfWeek => Weekday(Days(Year, Month, Day));

    /// <summary>A date from seconds since 1970.</summary>
    public static GoDate From(long seconds)
    {
        var days = Math.DivRem(seconds, SecondsOfDay, out var rest);
        if (rest < 0)
        {
            rest += SecondsOfDay;
            days--;
        }

        var shifted = days + DaysTo1970;
        var era = (shifted >= 0 ? shifted : shifted - DaysOf400Years + 1) / DaysOf400Years;
        var dayOfEra = shifted - (era * DaysOf400Years);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = (int)(dayOfYear - (((153 * month) + 2) / 5) + 1);
        var real = (int)(month < 10 ? month + 3 : month - 9);
        return new GoDate(yearOfEra + (era * 400) + (real <= 2 ? 1 : 0), real, day,
            (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    }

    /// <summary>Days since 1970 of a date; months and days may be beyond their range.</summary>
    public static long Days(long year, long month, long day)
    {
        month--;
        var more = month >= 0 ? month / 12 : (month - 11) / 12;
        year += more;
        month = month - (12 * more) + 1;
        if (month <= 2) year--;
        var era = (year >= 0 ? year : year - 399) / 400;
        var yearOfEra = year - (era * 400);
        var dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * DaysOf400Years) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - DaysTo1970;
    }

    public static int Weekday(long days) => (int)((((days + 4) % 7) + 7) % 7);

    public static int DaysIn(long year, int month) => (int)(Days(year, month + 1L, 1) - Days(year, month, 1));

    /// <summary>Seconds since 1970 by the same clock.</summary>
    public long Seconds() => (Days(Year, Month, Day) * SecondsOfDay) + (Hour * 3600L) + (Minute * 60L) + Second;
}
