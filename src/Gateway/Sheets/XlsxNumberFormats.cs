using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>How numbers of an XLSX file are shown, as far as it says what they mean: a time, a duration, or a number.</summary>
internal sealed partial class XlsxNumberFormats
{
    /// <summary>Most formats; Excel has 65,490.</summary>
    private const int Most = 1 << 16;

    private const int DaysTo1904 = 1462;

    /// <summary>Excel counts 29 February 1900, which there was not.</summary>
    private const int FirstRightDay = 61;

    private const int LongestCode = 1024;

    private const int SecondsOfDay = 86_400;

    /// <summary>Most leading zeros that a format asks for, and the first whole number that a spreadsheet cannot hold.</summary>
    private const int MostDigits = 32;

    /// <inheritdoc cref="MostDigits"/>
    private const double MostExact = 1L << 53;

    private static readonly HashSet<int> BuiltinTimes = [14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 47, .. Enumerable.Range(27, 10),
        .. Enumerable.Range(50, 9)];

    private static readonly SearchValues<char> TimeLetters = SearchValues.Create("dmyhsDMYHS");
    private readonly List<Format> _byStyle = [];
    private readonly bool _from1904;

    /// <summary>Reads the styles (ECMA-376 part 1, section 18.8).</summary>
    /// <param name="part">The part; null for a file without one.</param>
    /// <param name="from1904">Days are counted from 1904, not 1900.</param>
    public XlsxNumberFormats(XlsxPart? part, bool from1904)
    {
        _from1904 = from1904;
        var custom = new Dictionary<int, Format> { [46] = new(Meaning.Duration) };
        var isCells = false;
        while (part?.Read() == true)
        {
            if (part.Name == "cellXfs") isCells = part.Type == XmlNodeType.Element && !part.IsEmpty;
            if (part.Type != XmlNodeType.Element) continue;
            if (part.Name == "numFmt") custom[Number(part["numFmtId"])] = Of(part["formatCode"] ?? "");
            else if (part.Name == "xf" && isCells)
            {
                var id = Number(part["numFmtId"]);
                _byStyle.Add(custom.GetValueOrDefault(id, new Format(BuiltinTimes.Contains(id) ? Meaning.Time : Meaning.Number)));
            }

            if (custom.Count > Most || _byStyle.Count > Most) throw new SheetException($"the XLSX file has more than {Most} formats");
        }
    }

    private enum Meaning : byte
    {
        Number,
        Time,
        Duration,
    }

    private readonly record struct Format(Meaning Meaning, int Digits = 0, XlsxDigitPattern? Pattern = null);

    /// <summary>
    /// A number as a text: times by ISO 8601, durations in hours, whole numbers among the texts of their format or with all their digits,
    /// other numbers so that they read as the same ones again.
    /// </summary>
    /// <param name="number">The number.</param>
    /// <param name="style">Number of its cell's format.</param>
    /// <param name="written">As the file has it: with more digits than a spreadsheet's own, where another program wrote it.</param>
    public string Text(double number, int style, string written)
    {
        var (meaning, digits, pattern) = style >= 0 && style < _byStyle.Count ? _byStyle[style] : default;
        if (meaning == Meaning.Duration && Math.Abs(number) < TimeSpan.MaxValue.TotalDays) return Elapse(number);
        // Less than a day, and no day of 1904 either: a time of day.
        if (meaning == Meaning.Time && number is >= 0 and < 1 && !(_from1904 && number == 0)) return OfDay(TimeSpan.FromDays(number));
        var days = _from1904 ? number + DaysTo1904 : number >= 1 && number < FirstRightDay ? number + 1 : number;
        if (meaning != Meaning.Time || days < 0 || days >= (DateTime.MaxValue - DateTime.FromOADate(0)).TotalDays)
        {
            var text = Number(number, digits, written.Trim());
            return pattern?.Text(text) ?? text;
        }

        return Text(OfSeconds(DateTime.FromOADate(days)));
    }

    /// <summary>A duration as spreadsheet programs show it, in hours: a day and two hours are 26:00:00.</summary>
    private static string Elapse(double days)
    {
        // What was typed as seconds or milliseconds is not one of the numbers that a double has.
        var (seconds, rest) = Math.DivRem((long)Math.Round(Math.Abs(days) * SecondsOfDay * 1000), 1000);
        var sign = days < 0 && (seconds, rest) != (0, 0) ? "-" : "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        return rest == 0 ? text : text + string.Create(CultureInfo.InvariantCulture, $".{rest:000}");
    }

    private static DateTime OfSeconds(DateTime time)
    {
        var rounded = time.Ticks + (TimeSpan.TicksPerSecond / 2);
        return rounded > DateTime.MaxValue.Ticks ? time : new DateTime(rounded - (rounded % TimeSpan.TicksPerSecond), time.Kind);
    }

    private static string Number(double number, int digits, string written)
    {
        if (written.All(char.IsAsciiDigit) && written.Length is > 0 and < LongestCode)
            return written.TrimStart('0').PadLeft(Math.Max(digits, 1), '0');
        var isExact = number == Math.Floor(number) && Math.Abs(number) < MostExact;
        if (!isExact) return number.ToString("R", CultureInfo.InvariantCulture);
        var text = number.ToString("F0", CultureInfo.InvariantCulture);
        return number < 0 ? text : text.PadLeft(digits, '0');
    }

    /// <summary>A time as a text: a day alone where it is midnight, a time alone where it has no day.</summary>
    public static string Text(DateTime time)
        => time.Date == DateTime.MinValue ? OfDay(time.TimeOfDay)
            : time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private static string OfDay(TimeSpan time)
        => TimeSpan.FromSeconds(Math.Min(Math.Round(time.TotalSeconds), SecondsOfDay - 1))
            .ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static Format Of(string code)
    {
        if (code.Length > LongestCode) return new Format(Meaning.Number);
        // 00000: a number whose leading zeros are shown, as those of serial numbers and postal codes.
        if (code.Length <= MostDigits && code.All(c => c == '0')) return new Format(Meaning.Number, code.Length > 1 ? code.Length : 0);
        if (XlsxDigitPattern.Of(code) is { } pattern) return new Format(Meaning.Number, 0, pattern);
        if (Elapsed().IsMatch(code)) return new Format(Meaning.Duration);
        return new Format(Literal().Replace(code, "").AsSpan().ContainsAny(TimeLetters) ? Meaning.Time : Meaning.Number);
    }

    private static int Number(string? text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"\[(h+|m+|s+)\]", RegexOptions.IgnoreCase)]
    private static partial Regex Elapsed();

    /// <summary>What is no placeholder: quoted texts, escaped characters, colours, conditions and locales, and the general
    /// format.</summary>
    [GeneratedRegex(@"""[^""]*""|\\.|_.|\*.|\[[^\]]*\]|General", RegexOptions.IgnoreCase)]
    private static partial Regex Literal();
}
