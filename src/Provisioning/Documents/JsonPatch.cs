using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// JSON Patch (RFC 6902) over JSON Pointer (RFC 6901), with the error lines that DRP's clients know. Work and growth are bounded by
/// <see cref="PatchLimits"/> and <see cref="JsonLimits"/>, and what goes beyond is refused before it takes memory.
/// </summary>
public static class JsonPatch
{
    private const int LongestLine = 500;

    /// <summary>Applies a patch to a copy of <paramref name="target"/>.</summary>
    /// <param name="target">The document; it is not changed.</param>
    /// <param name="patch">The array of operations.</param>
    /// <param name="model">Kind named in an error.</param>
    /// <param name="key">Key named in an error.</param>
    /// <exception cref="ApiException">400 when the patch is no array of operations; 409 with the line of the operation that
    /// failed.</exception>
    public static JsonNode Apply(JsonNode target, JsonElement patch, string model, string key)
        => JsonNode.Parse(ApplyToText(JsonSerializer.SerializeToElement(target, Json.Options), patch, model, key), null,
            new JsonDocumentOptions { MaxDepth = Json.Options.MaxDepth })!;

    /// <summary>Applies a patch, and gives the document's new text: UTF-8, numbers with the digits that they were written with.</summary>
    /// <param name="target">The document; it is not changed.</param>
    /// <param name="patch">The array of operations, best as <see cref="JsonText.Read"/> gives it.</param>
    /// <param name="model">Kind named in an error.</param>
    /// <param name="key">Key named in an error.</param>
    /// <exception cref="ApiException">400 when the patch is no array of operations; 409 with the line of the operation that
    /// failed.</exception>
    public static byte[] ApplyToText(JsonElement target, JsonElement patch, string model, string key)
    {
        if (patch.ValueKind != JsonValueKind.Array)
            throw new ApiException(ApiError.BadRequest("", "", "PATCH", "a JSON patch is an array of operations (RFC 6902)"));
        if (patch.GetArrayLength() > PatchLimits.Operations)
            throw new ApiException(ApiError.BadRequest(model, key, "PATCH", $"a patch has at most {PatchLimits.Operations} operations"));
        var document = new PatchedDocument(target);
        var line = 0;
        foreach (var operation in patch.EnumerateArray())
        {
            try
            {
                document.Apply(operation);
            }
            catch (PatchFault e)
            {
                throw new ApiException(
                    ApiError.Conflict(model, key, "PATCH", $"Patch error at line {line}: {Shorten(e.Message)}",
                        "Patch line: " + Shorten(Line(operation))));
            }

            line++;
        }

        var text = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        if (!document.Write(writer)) throw new ApiException(ApiError.Conflict(model, key, "PATCH", "the patch removes the whole object"));
        writer.Flush();
        return text.WrittenSpan.ToArray();
    }

    /// <summary>The pointers that a patch writes to, for per-field rights.</summary>
    public static IEnumerable<string> WrittenPaths(JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Array) yield break;
        foreach (var operation in patch.EnumerateArray())
        {
            if (operation.ValueKind != JsonValueKind.Object) continue;
            var op = Text(operation, "op");
            if (op == "test") continue;
            if (Text(operation, "path") is { } path) yield return path;
            if (op == "move" && Text(operation, "from") is { } from) yield return from;
        }
    }

    /// <summary>True when a patch looks at what is there: it tests, copies or moves.</summary>
    public static bool Reads(JsonElement patch)
        => patch.ValueKind == JsonValueKind.Array
            && patch.EnumerateArray().Any(o => o.ValueKind == JsonValueKind.Object && Text(o, "op") is "test" or "copy" or "move");

    /// <summary>Refuses operations that look at a field which is never read: what they test, or where they copy and move from.</summary>
    /// <param name="patch">The array of operations.</param>
    /// <param name="writeOnly">Names of the fields.</param>
    /// <param name="model">Kind named in an error.</param>
    /// <param name="key">Key named in an error.</param>
    /// <exception cref="ApiException">409 with the line of the first one.</exception>
    public static void CheckReads(JsonElement patch, IReadOnlySet<string> writeOnly, string model, string key)
    {
        if (patch.ValueKind != JsonValueKind.Array || writeOnly.Count == 0) return;
        var line = 0;
        foreach (var operation in patch.EnumerateArray())
        {
            if (operation.ValueKind == JsonValueKind.Object)
            {
                var read = Text(operation, "op") switch
                {
                    "test" => Text(operation, "path"),
                    "copy" or "move" => Text(operation, "from"),
                    _ => null,
                };
                if (FirstToken(read) is { } field && writeOnly.Contains(field))
                    throw new ApiException(ApiError.Conflict(model, key, "PATCH", $"Patch error at line {line}: {field} is write-only"));
            }

            line++;
        }
    }

    /// <summary>Escapes one reference token of a pointer.</summary>
    public static string Escape(string token)
        => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string? FirstToken(string? pointer)
        => pointer is ['/', ..] ? pointer[1..].Split('/', 2)[0].Replace("~1", "/", StringComparison.Ordinal)
            .Replace("~0", "~", StringComparison.Ordinal) : null;

    private static string? Text(JsonElement operation, string name)
        => operation.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An operation as DRP's clients are told it: with all four fields, whatever it was sent with.</summary>
    private static string Line(JsonElement operation)
    {
        if (operation.ValueKind != JsonValueKind.Object) return operation.GetRawText();
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (var name in (string[])["op", "path", "from"]) writer.WriteString(name, Text(operation, name) ?? "");
            writer.WritePropertyName("value");
            if (operation.TryGetProperty("value", out var value)) value.WriteTo(writer);
            else writer.WriteNullValue();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static string Shorten(string text) => text.Length <= LongestLine ? text : text[..LongestLine] + "…";
}
