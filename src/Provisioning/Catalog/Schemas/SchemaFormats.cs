using System.Net;
using System.Net.Sockets;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Formats of texts (JSON Schema Validation, section 7.3). One that is not known takes every text, as the standard has it.</summary>
internal static class SchemaFormats
{
    private const int Longest = 2048;

    /// <summary>True when a text has a format.</summary>
    public static bool Fits(string format, string text) => format switch
    {
        "date-time" => Rfc3339.IsTime(text),
        "date" => text.Length == 10 && Rfc3339.IsTime(text + "T00:00:00Z"),
        "ipv4" => text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text,
        "ipv6" => text.Length <= 45 && !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6,
        "hostname" => NameRules.HostNameProblem(text) is null,
        "uuid" => text.Length == 36 && text.All(c => c == '-' || char.IsAsciiHexDigit(c)) && Guid.TryParseExact(text, "D", out _),
        "uri" => text.Length <= Longest && !text.Any(c => c <= ' ') && Uri.TryCreate(text, UriKind.Absolute, out var uri) && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase),
        "email" => text.Length <= 320 && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1 && !text.Any(char.IsWhiteSpace),
        _ => true,
    };
}
