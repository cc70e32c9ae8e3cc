using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Go's fmt.Sprintf for the verbs that templates use: v s q d x X o b c t f e g U, with flags, width and precision.</summary>
internal static class Printf
{
    private const int MostWidth = 10_000;

    public static string Format(string format, IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        var output = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                output.Append(format[i]);
                continue;
            }

            budget.MakeText(32);

            if (++i >= format.Length)
            {
                output.Append("%!(NOVERB)");
                break;
            }

            var flags = "";
            while (i < format.Length && "+-# 0".Contains(format[i], StringComparison.Ordinal))
            {
                // A flag that comes again says nothing new.
                if (!flags.Contains(format[i], StringComparison.Ordinal)) flags += format[i];
                i++;
            }

            var width = Number(format, ref i, arguments, ref next);
            int? precision = null;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Number(format, ref i, arguments, ref next) ?? 0;
            }

            if (i >= format.Length)
            {
                output.Append("%!(NOVERB)");
                break;
            }

            var verb = format[i];
            if (verb == '%')
            {
                output.Append('%');
                continue;
            }

            if (next >= arguments.Count)
            {
                output.Append("%!").Append(verb).Append("(MISSING)");
                continue;
            }

            var text = One(verb, flags, precision, arguments[next++], budget);
            budget.MakeText(3L * Math.Max(text.Length, width ?? 0));
            output.Append(Pad(text, flags, width, verb));
        }

        if (next < arguments.Count)
        {
            output.Append("%!(EXTRA ").AppendJoin(", ", arguments.Skip(next).Select(a => Typed(a, budget))).Append(')');
        }

        budget.MakeText(output.Length);
        return output.ToString();
    }

    /// <summary>A text in double quotes, as %q writes it.</summary>
    public static string Quote(string text, RenderBudget budget)
    {
        budget.MakeText(8L * text.Length);
        return JsonSerializer.Serialize(text);
    }

    private static string Typed(object? value, RenderBudget budget)
    {
        var text = Print(value, budget);
        budget.MakeText(2L * text.Length);
        return $"{Values.Kind(value)}={text}";
    }

    private static string Print(object? value, RenderBudget budget) => ValuePrinter.Print(value, budget);

    private static string HexOf(string text, bool isUpper, RenderBudget budget)
    {
        budget.MakeText(8L * text.Length);
        var octets = Encoding.UTF8.GetBytes(text);
        return isUpper ? Convert.ToHexString(octets) : Convert.ToHexStringLower(octets);
    }

    private static int? Number(string format, ref int i, IReadOnlyList<object?> arguments, ref int next)
    {
        if (i < format.Length && format[i] == '*')
        {
            i++;
            return next < arguments.Count ? (int)Math.Clamp(Values.ToLong(arguments[next++]), 0, MostWidth) : null;
        }

        int? number = null;
        while (i < format.Length && char.IsAsciiDigit(format[i])) number = Math.Min(MostWidth, ((number ?? 0) * 10) + format[i++] - '0');
        return number;
    }

    private static string One(char verb, string flags, int? precision, object? value, RenderBudget budget) => verb switch
    {
        'v' => value is null ? "<nil>" : Print(value, budget),
        's' when value is string s => precision is { } most && s.Length > most ? s[..most] : s,
        's' => value is null ? "%!s(<nil>)"
            : value is long or double or bool ? $"%!s({Values.Kind(value)}={Values.Text(value)})" : Print(value, budget),
        'q' => value is long rune ? $"'{char.ConvertFromUtf32((int)rune)}'" : Quote(budget.Text(value), budget),
        'd' when value is long n => Sign(flags, n >= 0) + n.ToString(CultureInfo.InvariantCulture),
        'x' when value is long n => Radix(n, 16, flags.Contains('#') ? "0x" : ""),
        'X' when value is long n => Radix(n, 16, flags.Contains('#') ? "0X" : "").ToUpperInvariant(),
        'x' when value is string s => HexOf(s, false, budget),
        'X' when value is string s => HexOf(s, true, budget),
        'o' when value is long n => Radix(n, 8, flags.Contains('#') ? "0" : ""),
        'b' when value is long n => Radix(n, 2, ""),
        'c' when value is long n && Rune.IsValid((int)n) => new Rune((int)n).ToString(),
        'U' when value is long n => $"U+{n:X4}",
        't' when value is bool b => b ? "true" : "false",
        'f' or 'F' when value is double or long =>
            Sign(flags, Values.ToDouble(value) >= 0)
                + Values.ToDouble(value).ToString("F" + Math.Min(precision ?? 6, 30), CultureInfo.InvariantCulture),
        'e' when value is double or long =>
            Values.ToDouble(value).ToString($"0.{new string('0', Math.Min(precision ?? 6, 30))}e+00", CultureInfo.InvariantCulture),
        'g' or 'G' when value is double or long => Values.Text(Values.ToDouble(value)),
        'T' => Values.Kind(value) switch { "slice" => "[]interface {}", "map" => "map[string]interface {}", var kind => kind },
        _ => $"%!{verb}({Typed(value, budget)})",
    };

    private static string Radix(long n, int radix, string prefix)
        => (n < 0 ? "-" : "") + prefix + Convert.ToString(n == long.MinValue ? long.MaxValue : Math.Abs(n), radix);

    private static string Sign(string flags, bool positive) => !positive ? "" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";

    private static string Pad(string text, string flags, int? width, char verb)
    {
        if (width is not { } size || text.Length >= size) return text;
        if (flags.Contains('-')) return text.PadRight(size);
        if (!flags.Contains('0') || verb is 's' or 'v' or 'q')
            return flags.Contains('0') && verb is 's' or 'v' ? text.PadLeft(size, '0') : text.PadLeft(size);
        return text.Length > 0 && text[0] is '-' or '+' ? text[0] + text[1..].PadLeft(size - 1, '0') : text.PadLeft(size, '0');
    }
}
