using System.Text.RegularExpressions;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What firmware says of serial number and asset tag where its maker has set nothing: the same on every board of a kind, so that it tells
/// no two machines apart.
/// </summary>
public static class VendorDefaults
{
    /// <summary>Fewest digits that count up and are nobody's number: 1 of 100,000,000 would be that one.</summary>
    private const int LeastCounted = 8;

    /// <summary>Clouds that say the same in each of their machines, and fillers of no other shape.</summary>
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        // Hyper-V and Azure.
        "77837084326590858269328677",
        "openstacknova", "openstackcompute", "opentelekomcloud", "sapccloudvm", "huaweicloud", "samsungcloudplatform", "amazonec2",
        "oraclecloudcom", "1231234123", "na", "sn", "no", "id",
    };

    /// <summary>Words that say which mark it is, or that there is none.</summary>
    private const string Words = "default|string|system|chassis|enclosure|baseboard|motherboard|mainboard|board|product|serial|ser|asset|"
        + "tag|number|num|manufacturer|vendor|none|null|nil|unknown|undefined|unspecified|specified|applicable|available|present|"
        + "provided|settable|assigned|defined|programmed|information|info|filled|fill|oem|empty|blank|invalid|enter|reserved|type[0-9]";

    /// <summary>Words that stand beside them, and may be somebody's own when they are alone.</summary>
    private const string Beside = "to|be|by|no|not|is|in|of|the|here|your|set|sn|id|base|name|more";

    /// <summary>Nothing but such words, and a number of one digit behind two of them (Asset Tag 1).</summary>
    private static readonly Regex Phrase = new($"^(?:{Beside})*(?:{Words})(?:(?:{Words}|{Beside})*|(?:{Words}|{Beside})+[0-9])$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>True for a text that is a default.</summary>
    public static bool Holds(string text)
    {
        var plain = string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        var filler = plain.StartsWith("0x", StringComparison.Ordinal) ? plain[2..] : plain;
        return filler.Distinct().Count() <= 1 || Known.Contains(plain) || Phrase.IsMatch(plain) || IsCounted(plain);
    }

    /// <summary>Digits that count up or down to the end, behind letters or none: SYS-1234567890, 01234567890123456789AB.</summary>
    private static bool IsCounted(string plain)
    {
        var digits = plain.AsSpan(plain.AsSpan().IndexOfAnyInRange('0', '9') is var first and >= 0 ? first : plain.Length);
        if (digits.Length < LeastCounted) return false;
        var (isUp, isDown) = (true, true);
        for (var i = 1; i < digits.Length; i++)
        {
            isUp &= IsNext(digits[i - 1], digits[i]);
            isDown &= IsNext(digits[i], digits[i - 1]);
        }

        return isUp || isDown;
    }

    /// <summary>In decimal and in hexadecimal digits, from whose last one it goes on with the first.</summary>
    private static bool IsNext(char one, char next)
        => one == '9' ? next is '0' or 'a' : (one == 'f' && next == '0') || (next == one + 1 && char.IsAsciiLetterOrDigit(next));
}
