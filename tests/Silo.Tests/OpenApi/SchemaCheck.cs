using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.OpenApi;

/// <summary>Says what of a JSON value a schema of the API's document does not allow; it knows the words that those have.</summary>
internal sealed class SchemaCheck(JsonNode document)
{
    private static readonly HashSet<string> Known =
        ["$ref", "type", "properties", "required", "items", "additionalProperties", "anyOf", "enum", "minimum", "maximum", "format",
            "description", "contentEncoding"];

    /// <summary>The schema that another one means.</summary>
    public JsonObject Resolve(JsonNode schema)
    {
        var found = (JsonObject)schema;
        while (found["$ref"]?.ToString() is { } reference)
        {
            JsonNode? at = document;
            foreach (var part in reference.TrimStart('#', '/').Split('/')) at = at?[part];
            found = (JsonObject)(at ?? throw new InvalidOperationException($"{reference} is not in the document"));
        }

        Assert.Empty(found.Select(p => p.Key).Except(Known));
        return found;
    }

    /// <summary>The first thing that is wrong, with its place; null for nothing.</summary>
    public string? Problem(JsonNode? value, JsonNode schema, string at = "")
    {
        var found = Resolve(schema);
        if (found["anyOf"] is JsonArray any)
            return any.Any(one => Problem(value, one!, at) is null) ? null : $"{at} is none of those that it may be";
        var type = TypeOf(value);
        if (found["type"] is { } wanted && !Types(wanted).Any(t => t == type || (t == "number" && type == "integer")))
            return $"{at} is {type}, not {wanted.ToJsonString()}";
        if (found["enum"] is JsonArray choices && !choices.Any(c => JsonNode.DeepEquals(c, value)))
            return $"{at} is {value?.ToJsonString()}, none of {choices.ToJsonString()}";
        if (type == "integer" && Number(value!) is var number
            && ((found["minimum"] is { } least && number < Number(least)) || (found["maximum"] is { } most && number > Number(most))))
            return $"{at} is {value!.ToJsonString()}, beyond its bounds";
        if (type == "string" && found["format"]?.ToString() == "date-time"
            && !DateTimeOffset.TryParse(value!.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
            return $"{at} is no time: {value}";
        return value switch
        {
            JsonObject map => OfObject(map, found, at),
            JsonArray list when found["items"] is { } items
                => list.Select((item, i) => Problem(item, items, $"{at}/{i}")).FirstOrDefault(p => p is not null),
            _ => null,
        };
    }

    private string? OfObject(JsonObject map, JsonObject schema, string at)
    {
        var missing = (schema["required"] as JsonArray ?? []).FirstOrDefault(name => !map.ContainsKey(name!.ToString()));
        if (missing is not null) return $"{at} lacks {missing}";
        foreach (var (name, value) in map)
        {
            var own = schema["properties"]?[name] ?? schema["additionalProperties"];
            if (own is JsonObject && Problem(value, own, $"{at}/{name}") is { } problem) return problem;
        }

        return null;
    }

    private static IEnumerable<string> Types(JsonNode wanted)
        => wanted is JsonArray several ? several.Select(t => t!.ToString()) : [wanted.ToString()];

    private static decimal Number(JsonNode value)
        => decimal.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => value!.ToJsonString().AsSpan().ContainsAny(".eE") ? "number" : "integer",
    };
}
