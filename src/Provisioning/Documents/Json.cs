using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anvil.Provisioning.Documents;

/// <summary>How documents become JSON: field names as they are, times in UTC, nothing left out (DRP's conventions).</summary>
public static class Json
{
    /// <summary>Deepest nesting that a body may have.</summary>
    public const int MaxDepth = JsonLimits.Depth;

    /// <summary>Levels that Anvil puts around a document: a row, an event, a list.</summary>
    private const int Envelope = 16;

    /// <summary>The options that every document is read and written with.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Options for pages that people read.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };

    /// <summary>Writes a document.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>Reads a document; null never comes back.</summary>
    /// <exception cref="JsonException">The text is not JSON of that shape.</exception>
    public static T Read<T>(string json)
        => JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null where an object is needed");

    /// <summary>Reads a document from a node.</summary>
    public static T Read<T>(JsonNode node) => node.Deserialize<T>(Options) ?? throw new JsonException("null where an object is needed");

    /// <summary>A document as a node that can be patched.</summary>
    public static JsonNode Node<T>(T value) => JsonSerializer.SerializeToNode(value, Options)!;

    /// <summary>A value as an element that stands by itself.</summary>
    public static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value, Options);

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = null,
            MaxDepth = MaxDepth + Envelope,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { HideDocumentMembers } },
        };
        options.Converters.Add(new UtcConverter());
        options.Converters.Add(new JsonStringEnumConverter());
        return options;
    }

    /// <summary>Key and Prefix are for code: in JSON an object is known by its own key field and its path.</summary>
    private static void HideDocumentMembers(JsonTypeInfo type)
    {
        if (!type.Type.IsSubclassOf(typeof(Document))) return;
        foreach (var property in type.Properties.Where(p => p.Name is nameof(Document.Key) or nameof(Document.Prefix)).ToList())
            type.Properties.Remove(property);
    }

    private sealed class UtcConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException("a time must be RFC 3339 text");
            var text = reader.GetString();
            if (string.IsNullOrEmpty(text)) return default;
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? at.ToUniversalTime()
                : throw new JsonException($"\"{text}\" is not an RFC 3339 time");
        }

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
    }
}
