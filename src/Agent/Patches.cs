using System.Text.Json.Nodes;

namespace Anvil.Agent;

/// <summary>Makes JSON patches (RFC 6902).</summary>
public static class Patches
{
    /// <summary>Sets a field.</summary>
    public static JsonObject Set(string pointer, JsonNode? value) => new() { ["op"] = "replace", ["path"] = pointer, ["value"] = value };

    /// <summary>Adds or sets a map entry.</summary>
    public static JsonObject Add(string pointer, JsonNode? value) => new() { ["op"] = "add", ["path"] = pointer, ["value"] = value };

    /// <summary>Sets a param.</summary>
    public static JsonObject Param(string name, JsonNode? value)
        => Add("/Params/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal), value);
}
