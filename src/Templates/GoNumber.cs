using System.Globalization;
using System.Numerics;

namespace Anvil.Templates;

/// <summary>Numbers from text, as Go's strconv reads them.</summary>
internal static class GoNumber
{
    /// <summary>Longest text that is read as a number.</summary>
    private const int Longest = 4096;

    /// <summary>
    /// A whole number as strconv.ParseInt gives it to who asks for no error: what is no number is 0, what is too large the largest one.
    /// </summary>
    public static long Clamped(string text, int radix) => TryWhole(text, radix, out var value, out var nearest) ? value : nearest;

    /// <summary>A whole number; radix 0: 0x, 0o, 0b and a leading 0 say which, and underlines may stand between digits.</summary>
    public static bool TryWhole(string text, int radix, out long value) => TryWhole(text, radix, out value, out _);

    private static bool TryWhole(string text, int radix, out long value, out long nearest)
    {
        (value, nearest) = (0, 0);
        if (text.Length is 0 or > Longest) return false;
        var isNegative = text[0] == '-';
        var digits = text[0] is '+' or '-' ? text[1..] : text;
        if (radix == 0)
        {
            radix = 10;
            if (digits.Length > 1 && digits[0] == '0')
            {
                (radix, var skip) = char.ToLowerInvariant(digits[1]) switch { 'x' => (16, 2), 'b' => (2, 2), 'o' => (8, 2), _ => (8, 1) };
                digits = digits[skip..];
                if (digits.StartsWith('_')) digits = digits[1..];
            }

            if (digits.EndsWith('_') || digits.StartsWith('_') || digits.Contains("__", StringComparison.Ordinal)) return false;
            digits = digits.Replace("_", "", StringComparison.Ordinal);
        }

        if (digits.Length == 0) return false;
        var number = BigInteger.Zero;
        foreach (var c in digits.AsSpan().TrimStart('0'))
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix) return false;
            number = (number * radix) + digit;
            // What stands behind is not read any more.
            if (number > ulong.MaxValue) break;
        }

        if (isNegative) number = -number;
        if (number < long.MinValue || number > long.MaxValue)
        {
            nearest = isNegative ? long.MinValue : long.MaxValue;
            return false;
        }

        value = (long)number;
        return true;
    }

    /// <summary>A float in decimal digits, or in hexadecimal ones with an exponent; underlines may stand between digits.</summary>
    public static bool TryFloat(string text, out double value)
    {
        value = 0;
        if (text.Length is 0 or > Longest) return false;
        var isNegative = text[0] == '-';
        var digits = text[0] is '+' or '-' ? text[1..] : text;
        if (digits.Contains('_', StringComparison.Ordinal))
        {
            if (!AreBetweenDigits(digits)) return false;
            digits = digits.Replace("_", "", StringComparison.Ordinal);
        }

        if (digits.Equals("inf", StringComparison.OrdinalIgnoreCase) || digits.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            value = double.PositiveInfinity;
        else if (digits.Equals("nan", StringComparison.OrdinalIgnoreCase))
            value = double.NaN;
        else if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!TryHex(digits[2..], out value)) return false;
        }
        else if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.')
            || !double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
                out value)
            || double.IsInfinity(value))
        {
            value = 0;
            return false;
        }

        if (isNegative) value = -value;
        return true;
    }

    /// <summary>True where each underline stands between two digits, or between 0x and a digit.</summary>
    private static bool AreBetweenDigits(string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool IsDigit(int at) => at >= 0 && at < text.Length
            && (isHex ? char.IsAsciiHexDigit(text[at]) || at == 1 : char.IsAsciiDigit(text[at]));
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && !(IsDigit(i - 1) && IsDigit(i + 1))) return false;
        }

        return true;
    }

    private static bool TryHex(string text, out double value)
    {
        value = 0;
        var p = text.IndexOf('p', StringComparison.OrdinalIgnoreCase);
        if (p < 1 || !int.TryParse(text.AsSpan(p + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power)
            || Math.Abs(power) > 10_000) return false;
        var number = text[..p];
        var dot = number.IndexOf('.', StringComparison.Ordinal);
        var digits = dot < 0 ? number : number.Remove(dot, 1);
        if (digits.Length is 0 or > 256
            || !BigInteger.TryParse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var whole))
            return false;
        power -= dot < 0 ? 0 : 4 * (number.Length - dot - 1);
        value = Math.ScaleB((double)whole, power);
        return true;
    }
}
