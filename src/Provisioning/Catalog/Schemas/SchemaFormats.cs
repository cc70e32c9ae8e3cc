using System.Net;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>
/// Formats of texts (JSON Schema Validation, section 7.3). One that is not known takes every text, as the standard has it.
/// </summary>
internal static class SchemaFormats
{
    private const int Longest = 2048;
    private const int LongestIPv6 = 45;

    /// <summary>True when a text has a format.</summary>
    public static bool Fits(string format, string text) => format switch
    {
        "date-time" => Rfc3339.IsTime(text),
        "date" => text.Length == 10 && Rfc3339.IsTime(text + "T00:00:00Z"),
        "ipv4" => IPv4.TryParse(text, out var address) && IPv4.Format(address) == text,
        "ipv6" => text.Length <= LongestIPv6 && text.IndexOfAny(['%', '[', '/']) < 0 && text.Contains(':', StringComparison.Ordinal)
            && IPAddress.TryParse(text, out _),
        "hostname" => NameRules.HostNameProblem(text) is null,
        "uuid" => text.Length == 36 && text.All(c => c == '-' || char.IsAsciiHexDigit(c)) && Guid.TryParseExact(text, "D", out _),
        "uri" => text.Length <= Longest && !text.Any(c => c <= ' ') && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase),
        "email" => text.Length <= 320 && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1
            && !text.Any(char.IsWhiteSpace),
        _ => true,
    };
}
