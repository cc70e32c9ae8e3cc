using System.Globalization;
using System.Numerics;
using System.Text;

namespace Anvil.Templates;

/// <summary>Floats as text, as Go's strconv writes them.</summary>
internal static class GoFloat
{
    private const int MantissaBits = 52;
    private const int Bias = 1023 + MantissaBits;

    /// <summary>A float as %v prints it.</summary>
    public static string Print(double value) => Format(value, 'g', -1);

    /// <summary>A float in a format (b e E f g G x X) with a precision; -1 is the shortest that is read back as the same.</summary>
    public static string Format(double value, char format, int precision)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "+Inf" : "-Inf";
        var sign = double.IsNegative(value) ? "-" : "";
        var (mantissa, exponent) = Parts(Math.Abs(value));
        switch (format)
        {
            case 'b':
                return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}p{(exponent < 0 ? "" : "+")}{exponent}");
            case 'x' or 'X':
                var hex = Hex(mantissa, exponent, precision);
                return sign + (format == 'x' ? hex : hex.ToUpperInvariant());
        }

        var isShortest = precision < 0;
        var (digits, point) = isShortest ? Shortest(Math.Abs(value)) : Exact(mantissa, exponent);
        if (!isShortest)
        {
            if (precision == 0 && format is 'g' or 'G') precision = Math.Max(1, precision);
            (digits, point) = Round(digits, point, format switch
            {
                'e' or 'E' => precision + 1,
                'f' => point + precision,
                _ => precision,
            });
        }

        switch (format)
        {
            case 'e' or 'E':
                return sign + Scientific(digits, point, isShortest ? Math.Max(digits.Length - 1, 0) : precision, format);
            case 'f':
                return sign + Fixed(digits, point, isShortest ? Math.Max(digits.Length - point, 0) : precision);
            default:
                var most = precision;
                if (isShortest) most = 6;
                else if (most > digits.Length && digits.Length >= point) most = digits.Length;
                var power = digits.Length == 0 ? -1 : point - 1;
                if (power < -4 || power >= most)
                {
                    var shown = isShortest || precision > digits.Length ? digits.Length : precision;
                    return sign + Scientific(digits, point, Math.Max(shown - 1, 0), format == 'g' ? 'e' : 'E');
                }

                return sign + Fixed(digits, point, Math.Max(digits.Length - point, 0));
        }
    }

    /// <summary>A float as JSON has it.</summary>
    public static string Json(double value)
    {
        var size = Math.Abs(value);
        var text = Format(value, size != 0 && size is < 1e-6 or >= 1e21 ? 'e' : 'f', -1);
        // One digit of an exponent is enough: e-09 is e-9.
        return text.Length > 4 && text[^4] == 'e' && text[^3] == '-' && text[^2] == '0' ? text[..^2] + text[^1] : text;
    }

    private static (ulong Mantissa, int Exponent) Parts(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var exponent = (int)(bits >> MantissaBits);
        var mantissa = bits & ((1UL << MantissaBits) - 1);
        return exponent == 0 ? (mantissa, 1 - Bias) : (mantissa | (1UL << MantissaBits), exponent - Bias);
    }

    /// <summary>Digits without zeros at either end, and the place of the point before (0) or among them.</summary>
    private static (string Digits, int Point) Shortest(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var power = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var number = e < 0 ? text : text[..e];
        var dot = number.IndexOf('.', StringComparison.Ordinal);
        var digits = dot < 0 ? number : number.Remove(dot, 1);
        return Trimmed(digits, (dot < 0 ? number.Length : dot) + power);
    }

    private static (string Digits, int Point) Exact(ulong mantissa, int exponent)
    {
        if (mantissa == 0) return ("", 0);
        // m / 2^n is m * 5^n / 10^n.
        var whole = exponent >= 0 ? (BigInteger)mantissa << exponent : mantissa * BigInteger.Pow(5, -exponent);
        var digits = whole.ToString(CultureInfo.InvariantCulture);
        return Trimmed(digits, digits.Length + Math.Min(exponent, 0));
    }

    private static (string Digits, int Point) Trimmed(string digits, int point)
    {
        var zeros = digits.AsSpan().IndexOfAnyExcept('0');
        if (zeros < 0) return ("", 0);
        return (digits[zeros..].TrimEnd('0'), point - zeros);
    }

    private static (string Digits, int Point) Round(string digits, int point, int count)
    {
        if (count < 0) return ("", 0);
        if (count >= digits.Length) return (digits, point);
        // A half goes to the even digit.
        var isHalf = digits[count] == '5' && count + 1 == digits.Length;
        var isUp = isHalf ? count > 0 && (digits[count - 1] - '0') % 2 != 0 : digits[count] >= '5';
        if (!isUp)
        {
            var kept = digits[..count].TrimEnd('0');
            return (kept, kept.Length == 0 ? 0 : point);
        }

        for (var i = count - 1; i >= 0; i--)
        {
            if (digits[i] != '9') return (digits[..i] + (char)(digits[i] + 1), point);
        }

        return ("1", point + 1);
    }

    private static string Scientific(string digits, int point, int precision, char letter)
    {
        var text = new StringBuilder().Append(digits.Length > 0 ? digits[0] : '0');
        if (precision > 0)
        {
            var more = digits.Length > 1 ? digits.AsSpan(1, Math.Min(digits.Length - 1, precision)) : [];
            text.Append('.').Append(more).Append('0', precision - more.Length);
        }

        var exponent = digits.Length == 0 ? 0 : point - 1;
        return text.Append(letter).Append(exponent < 0 ? '-' : '+')
            .Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)).ToString();
    }

    private static string Fixed(string digits, int point, int precision)
    {
        var text = new StringBuilder();
        if (point <= 0) text.Append('0');
        else text.Append(digits, 0, Math.Min(point, digits.Length)).Append('0', Math.Max(0, point - digits.Length));
        if (precision <= 0) return text.ToString();
        text.Append('.');
        var zeros = Math.Min(precision, Math.Max(0, -point));
        var from = Math.Clamp(point, 0, digits.Length);
        var shown = digits.Length == 0 ? 0 : Math.Min(precision - zeros, digits.Length - from);
        return text.Append('0', zeros).Append(digits, from, shown).Append('0', precision - zeros - shown).ToString();
    }

    private static string Hex(ulong mantissa, int exponent, int precision)
    {
        const int Top = 60;
        var power = mantissa == 0 ? 0 : exponent + MantissaBits;
        mantissa <<= Top - MantissaBits;
        while (mantissa != 0 && (mantissa & (1UL << Top)) == 0)
        {
            mantissa <<= 1;
            power--;
        }

        if (precision is >= 0 and < 15)
        {
            var shift = precision * 4;
            var rest = (mantissa << shift) & ((1UL << Top) - 1);
            mantissa >>= Top - shift;
            if ((rest | (mantissa & 1)) > 1UL << (Top - 1)) mantissa++;
            mantissa <<= Top - shift;
            if ((mantissa & (1UL << (Top + 1))) != 0)
            {
                mantissa >>= 1;
                power++;
            }
        }

        var text = new StringBuilder("0x").Append((char)('0' + ((mantissa >> Top) & 1)));
        mantissa <<= 4;
        if (precision < 0 && mantissa != 0)
        {
            text.Append('.');
            for (; mantissa != 0; mantissa <<= 4) text.Append("0123456789abcdef"[(int)((mantissa >> Top) & 15)]);
        }
        else if (precision > 0)
        {
            text.Append('.');
            for (var i = 0; i < precision; i++, mantissa <<= 4) text.Append("0123456789abcdef"[(int)((mantissa >> Top) & 15)]);
        }

        return text.Append('p').Append(power < 0 ? '-' : '+').Append(Math.Abs(power).ToString("00", CultureInfo.InvariantCulture))
            .ToString();
    }
}
