using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>
/// Sprig's date functions over Unix seconds or RFC 3339 text (now is not offered: a rendered file must not depend on the clock).
/// </summary>
internal static class DateFunctions
{
    /// <summary>What a character of a layout takes: looking for its field, and the field's text.</summary>
    private const int OctetsOfLayout = 512;

    private static readonly (string Go, string Net)[] Layout =
    [
        ("January", "MMMM"), ("Monday", "dddd"), ("2006", "yyyy"), ("-07:00", "zzz"), ("Z07:00", "K"), ("Jan", "MMM"), ("Mon", "ddd"),
        ("MST", "'UTC'"),
        ("01", "MM"), ("02", "dd"), ("03", "hh"), ("04", "mm"), ("05", "ss"), ("06", "yy"), ("15", "HH"), ("PM", "tt"),
    ];

    public static IEnumerable<Function> All() =>
    [
        Function.Of("date", (layout, at, b) => Moment(at, b).ToString(Net(b.Text(layout), b), CultureInfo.InvariantCulture)),
        Function.Of("htmlDate", (at, b) => Moment(at, b).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        Function.Of("unixEpoch", (at, b) => Moment(at, b).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        Function.Of("toDate", (_, text, b) => Moment(text, b).ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture)),
        Function.Of("duration",
            seconds => TimeSpan.FromSeconds(Math.Clamp(Values.ToLong(seconds), 0, 1L << 32)) is var d ? GoDuration(d) : ""),
    ];

    private static DateTimeOffset Moment(object? value, RenderBudget budget) => value switch
    {
        long seconds => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, -62135596800, 253402300799)),
        string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) => at,
        _ => throw new TemplateFault($"\"{budget.Text(value)}\" is not a time"),
    };

    private static string Net(string go, RenderBudget budget)
    {
        budget.Step(1 + go.Length);
        budget.Allocate(OctetsOfLayout * (long)go.Length);
        var net = new StringBuilder();
        for (var i = 0; i < go.Length;)
        {
            var part = Layout.FirstOrDefault(p => string.CompareOrdinal(go, i, p.Go, 0, p.Go.Length) == 0);
            if (part.Go is null)
            {
                net.Append('\\').Append(go[i++]);
                continue;
            }

            net.Append(part.Net);
            i += part.Go.Length;
        }

        return net.Length == 1 ? "%" + net : net.ToString();
    }

    private static string GoDuration(TimeSpan d)
        => (d.TotalHours >= 1 ? $"{(long)d.TotalHours}h" : "") + (d.TotalMinutes >= 1 ? $"{d.Minutes}m" : "") + $"{d.Seconds}s";
}
