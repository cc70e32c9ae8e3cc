using System.Globalization;
using System.Text.RegularExpressions;

namespace Anvil.Provisioning.Documents;

/// <summary>Times as RFC 3339, section 5.6, writes them.</summary>
internal static partial class Rfc3339
{
    /// <summary>True for a time that can be kept: of the years 1 to 9999 in UTC, and no leap second.</summary>
    public static bool IsTime(string text)
        => Form().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
