using System.Globalization;
using System.Numerics;

namespace Anvil.Templates;

/// <summary>Durations in nanoseconds, as Go reads and writes them (1h2m3.5s).</summary>
internal static class GoDuration
{
    public const long Second = 1_000_000_000;

    /// <summary>A duration as a value.</summary>
    public static Whole Of(long nanoseconds) => new(nanoseconds, "time.Duration", Text(nanoseconds));

    /// <summary>A duration as text.</summary>
    public static string Text(long nanoseconds)
    {
        if (nanoseconds == 0) return "0s";
        var sign = nanoseconds < 0 ? "-" : "";
        var size = nanoseconds < 0 ? 0 - (ulong)nanoseconds : (ulong)nanoseconds;
        if (size < Second)
        {
            var (unit, scale) = size < 1000 ? ("ns", 1UL) : size < 1_000_000 ? ("µs", 1000UL) : ("ms", 1_000_000UL);
            return sign + Fraction(size, scale) + unit;
        }

        var seconds = size / Second;
        var text = Fraction((seconds % 60 * Second) + (size % Second), Second) + "s";
        if (seconds >= 60) text = string.Create(CultureInfo.InvariantCulture, $"{seconds / 60 % 60}m{text}");
        if (seconds >= 3600) text = string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h{text}");
        return sign + text;
    }

    /// <summary>A duration from text.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length > 1000) return false;
        var isNegative = text.StartsWith('-');
        var rest = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        if (rest == "0") return true;
        if (rest.Length == 0) return false;
        BigInteger total = 0;
        for (var at = 0; at < rest.Length;)
        {
            var digits = Digits(rest, ref at);
            var fraction = "";
            var hasPoint = at < rest.Length && rest[at] == '.';
            if (hasPoint)
            {
                at++;
                fraction = Digits(rest, ref at);
            }

            if (digits.Length + fraction.Length == 0) return false;
            var from = at;
            while (at < rest.Length && rest[at] != '.' && !char.IsAsciiDigit(rest[at])) at++;
            long? unit = rest[from..at] switch
            {
                "ns" => 1,
                "us" or "µs" or "μs" => 1000,
                "ms" => 1_000_000,
                "s" => Second,
                "m" => 60 * Second,
                "h" => 3600 * Second,
                _ => null,
            };
            if (unit is not { } size) return false;
            total += BigInteger.Parse("0" + digits, CultureInfo.InvariantCulture) * size;
            if (fraction.Length > 18) fraction = fraction[..18];
            if (fraction.Length > 0)
            {
                total += (BigInteger)(double.Parse(fraction, CultureInfo.InvariantCulture) * (size / Math.Pow(10, fraction.Length)));
            }
        }

        if (isNegative) total = -total;
        if (total < long.MinValue || total > long.MaxValue) return false;
        nanoseconds = (long)total;
        return true;
    }

    private static string Digits(string text, ref int at)
    {
        var from = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return text[from..at];
    }

    private static string Fraction(ulong value, ulong scale)
    {
        var whole = (value / scale).ToString(CultureInfo.InvariantCulture);
        var width = scale.ToString(CultureInfo.InvariantCulture).Length - 1;
        var rest = value % scale == 0 ? ""
            : (value % scale).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0').TrimEnd('0');
        return rest.Length == 0 ? whole : $"{whole}.{rest}";
    }
}
