using System.Globalization;
using System.Text.Json.Nodes;

namespace Anvil.Cli;

/// <summary>Reads the API's documents for tables.</summary>
internal static class Fields
{
    /// <summary>A field's text; "" when it is not there.</summary>
    public static string Text(this JsonNode node, string name) => node[name] is { } value ? value.ToString() : "";

    /// <summary>A list's texts with blanks between them.</summary>
    public static string List(this JsonNode node, string name)
        => node[name] is JsonArray list ? string.Join(' ', list.Select(v => v?.ToString())) : "";

    /// <summary>How long ago a time was, or how long until then: 3 m, 2 h, 5 d.</summary>
    public static string Ago(string time, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var at) || at.Year < 1990) return "";
        var span = (now - at).Duration();
        return span.TotalSeconds < 100 ? $"{span.TotalSeconds:F0} s"
            : span.TotalMinutes < 100 ? $"{span.TotalMinutes:F0} m"
                : span.TotalHours < 48 ? $"{span.TotalHours:F0} h" : $"{span.TotalDays:F0} d";
    }

    /// <summary>A machine's phase, with a mark when it is stuck.</summary>
    public static string Phase(JsonNode machine)
        => machine["Boot"] is { } boot ? boot.Text("Phase") + (boot.Text("Stuck") == "true" ? " (stuck)" : "") : "";
}
