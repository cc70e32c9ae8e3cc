using System.Collections.Concurrent;
using System.Text.Json;
using NJsonSchema;

namespace Anvil.Provisioning.Catalog;

/// <summary>Checks values against the JSON schemas of params; compiled schemas are kept by their text.</summary>
public sealed class ParamSchemas
{
    private readonly ConcurrentDictionary<string, JsonSchema> _compiled = new(StringComparer.Ordinal);

    /// <summary>What is wrong with a value; null when it fits, or when the param has no schema.</summary>
    public string? Problem(string name, JsonElement value, CatalogSnapshot catalog)
        => catalog.Params.TryGetValue(name, out var param) && param.Schema.ValueKind == JsonValueKind.Object ? Problem(name, value, param.Schema) : null;

    /// <summary>What is wrong with a value under a schema.</summary>
    public string? Problem(string name, JsonElement value, JsonElement schema)
    {
        try
        {
            var errors = _compiled.GetOrAdd(schema.GetRawText(), Compile).Validate(value.GetRawText());
            return errors.Count == 0 ? null : $"Key '{name}': invalid val '{Shorten(value)}': {string.Join("; ", errors.Select(e => $"{e.Path ?? "(root)"}: {e.Kind}"))}";
        }
        catch (Exception e) when (e is InvalidOperationException or Newtonsoft.Json.JsonException or NotSupportedException)
        {
            return $"Key '{name}': the schema cannot be used: {e.Message}";
        }
    }

    private static JsonSchema Compile(string schema) => JsonSchema.FromJsonAsync(schema).GetAwaiter().GetResult();

    private static string Shorten(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return text.Length <= 100 ? text : text[..100] + "…";
    }
}
