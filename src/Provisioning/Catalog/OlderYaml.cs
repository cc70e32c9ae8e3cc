using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What readers of YAML 1.1 take plain scalars for, where the core schema of 1.2 has another value: DRP's (yaml.v2 of Go) has truths and
/// whole numbers of that version, but reads its numbers of base 60 as texts.
/// </summary>
internal static partial class OlderYaml
{
    /// <summary>What DRP takes a scalar for, as JSON; null for what is the same there, or no number and no truth.</summary>
    public static string? InDrp(string text)
    {
        switch (text)
        {
            case "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON": return "true";
            case "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF": return "false";
        }

        if (text.Length > JsonLimits.NumberOctets || !Numeral().IsMatch(text)) return null;
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (Whole(plain) is { } whole) return whole.ToString(CultureInfo.InvariantCulture);
        // Floats are those of the core schema, but for what stands between their digits.
        return plain.Length < text.Length && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            && double.IsFinite(real) ? real.ToString("R", CultureInfo.InvariantCulture) : null;
    }

    /// <summary>What a number of base 60 is, such as 12:30; null for what is none.</summary>
    public static string? OfBase60(string text)
    {
        if (text.Length > JsonLimits.NumberOctets || !Base60().IsMatch(text)) return null;
        var sum = BigInteger.Zero;
        foreach (var part in text.TrimStart('-', '+').Replace("_", "", StringComparison.Ordinal).Split(':'))
            sum = (sum * 60) + BigInteger.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture);
        return (text[0] == '-' ? -sum : sum).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A whole number as Go reads one, of a base that it says itself, of 64 bits; null for what is none.</summary>
    private static BigInteger? Whole(string plain)
    {
        var digits = plain.TrimStart('-', '+');
        var (radix, at) = digits.Length < 2 || digits[0] != '0' ? (10, 0)
            : char.ToLowerInvariant(digits[1]) switch { 'x' => (16, 2), 'b' => (2, 2), 'o' => (8, 2), _ => (8, 1) };
        if (at == digits.Length || digits.Length == 0) return null;
        var value = BigInteger.Zero;
        foreach (var c in digits.AsSpan(at))
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix) return null;
            value = (value * radix) + digit;
        }

        if (plain[0] == '-') value = -value;
        return value >= long.MinValue && value <= (plain[0] is '-' or '+' ? long.MaxValue : ulong.MaxValue) ? value : null;
    }

    [GeneratedRegex(@"^[-+]?[0-9][0-9A-Fa-fxXoO_.+-]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Numeral();

    [GeneratedRegex(@"^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Base60();
}
