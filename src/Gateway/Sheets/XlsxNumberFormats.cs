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
    private readonly List<(Meaning Meaning, int Digits)> _byStyle = [];
    private readonly bool _from1904;

    /// <summary>Reads the styles (ECMA-376 part 1, section 18.8).</summary>
    /// <param name="part">The part; null for a file without one.</param>
    /// <param name="from1904">Days are counted from 1904, not 1900.</param>
    public XlsxNumberFormats(XlsxPart? part, bool from1904)
    {
        _from1904 = from1904;
        var custom = new Dictionary<int, (Meaning Meaning, int Digits)> { [46] = (Meaning.Duration, 0) };
        var isCells = false;
        while (part?.Read() == true)
        {
            if (part.Name == "cellXfs") isCells = part.Type == XmlNodeType.Element && !part.IsEmpty;
            if (part.Type != XmlNodeType.Element) continue;
            if (part.Name == "numFmt") custom[Number(part["numFmtId"])] = Of(part["formatCode"] ?? "");
            else if (part.Name == "xf" && isCells)
            {
                var id = Number(part["numFmtId"]);
                _byStyle.Add(custom.GetValueOrDefault(id, (BuiltinTimes.Contains(id) ? Meaning.Time : Meaning.Number, 0)));
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

    /// <summary>
    /// A number as a text: times by ISO 8601, whole numbers with all their digits, other numbers so that they read as the same ones again.
    /// </summary>
    /// <param name="number">The number.</param>
    /// <param name="style">Number of its cell's format.</param>
    /// <param name="written">As the file has it: with more digits than a spreadsheet's own, where another program wrote it.</param>
    public string Text(double number, int style, string written)
    {
        var (meaning, digits) = style >= 0 && style < _byStyle.Count ? _byStyle[style] : default;
        if (meaning == Meaning.Duration && Math.Abs(number) < TimeSpan.MaxValue.TotalDays)
            return TimeSpan.FromDays(number).ToString("c", CultureInfo.InvariantCulture);
        // Less than a day, and no day of 1904 either: a time of day.
        if (meaning == Meaning.Time && number is >= 0 and < 1 && !(_from1904 && number == 0)) return OfDay(TimeSpan.FromDays(number));
        var days = _from1904 ? number + DaysTo1904 : number >= 1 && number < FirstRightDay ? number + 1 : number;
        if (meaning != Meaning.Time || days < 0 || days >= (DateTime.MaxValue - DateTime.FromOADate(0)).TotalDays)
            return Number(number, digits, written.Trim());
        return Text(DateTime.FromOADate(days));
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

    private static (Meaning Meaning, int Digits) Of(string code)
    {
        if (code.Length > LongestCode) return (Meaning.Number, 0);
        // 00000: a number whose leading zeros are shown, as those of serial numbers and postal codes.
        if (code.Length <= MostDigits && code.All(c => c == '0')) return (Meaning.Number, code.Length > 1 ? code.Length : 0);
        if (Elapsed().IsMatch(code)) return (Meaning.Duration, 0);
        return (Literal().Replace(code, "").AsSpan().ContainsAny(TimeLetters) ? Meaning.Time : Meaning.Number, 0);
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
