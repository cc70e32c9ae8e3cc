using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Conformance;

/// <summary>Where two JSON values differ, by JSON pointers: `/Name` for another value or none, `+/Name` for a field more.</summary>
public static class JsonDifferences
{
    /// <summary>What every run has its own of.</summary>
    private static readonly HashSet<string> Volatile = new(StringComparer.Ordinal)
    {
        "Secret", "Token", "StartTime", "EndTime", "version", "id", "ha_id", "api_port", "file_port", "dhcp_port", "binl_port",
        "tftp_port", "dhcp_enabled", "binl_enabled", "tftp_enabled",
    };

    /// <summary>The differences, each with what is there.</summary>
    /// <param name="wanted">As it was recorded.</param>
    /// <param name="got">As it is.</param>
    /// <param name="at">Where both stand.</param>
    public static IEnumerable<(string Where, string What)> Between(JsonNode? wanted, JsonNode? got, string at = "")
    {
        switch (wanted, got)
        {
            case (JsonObject a, JsonObject b):
                foreach (var (name, value) in a)
                {
                    var place = $"{at}/{name}";
                    if (!b.ContainsKey(name)) yield return (place, $"is not there, was {Short(value)}");
                    else if (Volatile.Contains(name) && KindOf(value) == KindOf(b[name])) continue;
                    else foreach (var difference in Between(value, b[name], place)) yield return difference;
                }

                foreach (var (name, value) in b.Where(p => !a.ContainsKey(p.Key))) yield return ($"+{at}/{name}", Short(value));
                break;
            case (JsonArray a, JsonArray b):
                if (a.Count != b.Count) yield return (at + "/-", $"has {b.Count} items, had {a.Count}");
                for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
                {
                    foreach (var difference in Between(a[i], b[i], $"{at}/{i}")) yield return difference;
                }

                break;
            default:
                if (!JsonNode.DeepEquals(wanted, got) && !(IsKey(wanted) && IsKey(got)))
                    yield return (at.Length == 0 ? "/" : at, $"is {Short(got)}, was {Short(wanted)}");
                break;
        }
    }

    private static JsonValueKind? KindOf(JsonNode? node)
        => node?.GetValueKind() is var kind && kind == JsonValueKind.False ? JsonValueKind.True : kind;

    /// <summary>An object's own key of NaCl: 32 octets in base 64.</summary>
    private static bool IsKey(JsonNode? node) => node is JsonValue v && v.GetValueKind() == JsonValueKind.String
        && v.ToString() is { Length: 44 } text && text[^1] == '=' && Convert.TryFromBase64String(text, new byte[32], out _);

    private static string Short(JsonNode? node)
    {
        var text = node?.ToJsonString(new JsonSerializerOptions()) ?? "null";
        return text.Length <= 160 ? text : text[..160] + "…";
    }
}
