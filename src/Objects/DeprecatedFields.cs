using System.Text.Json.Nodes;

namespace Anvil.Objects;

/// <summary>
/// What DRP v3 prints with every machine and nobody uses: an empty profile of its own. It is not stored; clients that send it back are
/// heard (<see cref="Provisioning.Documents.DocumentReader"/> leaves it out).
/// </summary>
internal static class DeprecatedFields
{
    private const string Machines = "machines";
    private const string Name = nameof(Profile);

    private const string Profile =
        "{\"Validated\":false,\"Available\":false,\"Errors\":null,\"ReadOnly\":false,\"Meta\":null,\"Endpoint\":\"\",\"Bundle\":\"\","
        + "\"Partial\":false,\"Name\":\"\",\"Description\":\"\",\"Documentation\":\"\",\"Params\":null}";

    /// <summary>The JSON text of a document, as clients know it.</summary>
    /// <param name="prefix">Its kind.</param>
    /// <param name="json">A JSON object with fields.</param>
    public static string In(string prefix, string json)
        => prefix == Machines && json.EndsWith('}') ? string.Concat(json.AsSpan(0, json.Length - 1), $",\"{Name}\":", Profile, "}") : json;

    /// <summary>Puts them into the JSON of a document.</summary>
    public static void Into(string prefix, JsonObject row)
    {
        if (prefix == Machines) row[Name] = JsonNode.Parse(Profile);
    }
}
