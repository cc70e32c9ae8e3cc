using System.Text.Json;
using Anvil.Contracts.Events;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Events;

/// <summary>Events as JSON: DRP's Event, with the place in the log (`Seq`) and Anvil's own words (`Detail`).</summary>
public static class EventJson
{
    private static readonly JsonWriterOptions Writer = new() { Encoder = Json.Options.Encoder };

    /// <summary>An event with the object that it tells of.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="text">JSON of the object as it is now; null for none.</param>
    /// <returns>UTF-8 without line breaks.</returns>
    public static byte[] Of(StoredEvent happened, string text) => Write(happened, text, "null", happened.Detail);

    /// <summary>An event by itself: what was posted with one that was posted, and of others no object.</summary>
    /// <inheritdoc cref="Of(StoredEvent, string)"/>
    public static byte[] Of(StoredEvent happened)
    {
        if (!happened.IsPosted) return Of(happened, "null");
        try
        {
            using var posted = JsonDocument.Parse(happened.Detail);
            return Write(happened, Part(posted, "Object"), Part(posted, "Original"), "");
        }
        catch (JsonException)
        {
            // Whatever a store holds, those who read it get the rest.
            return Of(happened, "null");
        }
    }

    private static string Part(JsonDocument posted, string name)
        => posted.RootElement.TryGetProperty(name, out var part) ? JsonSerializer.Serialize(part, Json.Options) : "null";

    private static byte[] Write(StoredEvent happened, string text, string original, string detail)
    {
        using var stream = new MemoryStream(text.Length + original.Length + 512);
        using (var json = new Utf8JsonWriter(stream, Writer))
        {
            json.WriteStartObject();
            json.WritePropertyName("Time");
            JsonSerializer.Serialize(json, happened.Time, Json.Options);
            json.WriteString("Type", happened.Type);
            json.WriteString("Action", EventAction.Of(happened));
            json.WriteString("Key", happened.Key);
            json.WriteString("Principal", happened.Principal);
            json.WritePropertyName("Object");
            json.WriteRawValue(text, skipInputValidation: true);
            json.WritePropertyName("Original");
            json.WriteRawValue(original, skipInputValidation: true);
            json.WriteString("Detail", detail);
            json.WriteString("Seq", happened.Place.Seq);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
