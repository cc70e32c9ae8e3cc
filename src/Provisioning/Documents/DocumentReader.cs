using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Reads documents strictly, so that nothing is stored that could not be read again. Beyond what <see cref="JsonText"/> asks: every field
/// is one that the
/// kind has (those of DRP v4 that clients send with every object are left out), has the type that it must have, and no item of a list or
/// map is null. A field
/// that is null as a whole is absent, as Go's clients write empty lists; a number or truth where labels stand (Meta) is its text.
/// </summary>
public static class DocumentReader
{
    /// <summary>Reads the body of a request.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="kind">Prefix of the kind.</param>
    /// <param name="type">Type of the error: POST or PUT.</param>
    /// <param name="key">Key named in an error.</param>
    /// <exception cref="ApiException">400 that names each fault by its JSON pointer; 413 for more than
    /// <see cref="JsonLimits.Octets"/>.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string kind, string type, string key = "")
        => (T)Read(json, typeof(T), kind, type, key);

    /// <summary>Reads the body of a request.</summary>
    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte}, string, string, string)"/>
    public static T Read<T>(string json, string kind, string type, string key = "") => Read<T>(Utf8(json), kind, type, key);

    /// <summary>Reads the body of a request into a document of a type that is known when running.</summary>
    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte}, string, string, string)"/>
    public static object Read(ReadOnlySpan<byte> json, Type document, string kind, string type, string key = "")
    {
        if (json.Length > JsonLimits.Octets) throw JsonText.TooLarge(kind, key, type);
        return Try(json, document, kind, lenient: false, out var problems)
            ?? throw new ApiException(new ApiError("", "", type, [.. problems.Select(p => $"Invalid {kind} object: {p}")], 400));
    }

    /// <summary>Reads what a patch made of a document.</summary>
    /// <exception cref="ApiException">406 that names each fault by its JSON pointer.</exception>
    public static T ReadPatched<T>(JsonNode? patched, string kind, string key) => (T)ReadPatched(Utf8(patched), typeof(T), kind, key);

    /// <summary>Reads what a patch made of a document of a type that is known when running.</summary>
    /// <inheritdoc cref="ReadPatched{T}(JsonNode?, string, string)"/>
    public static object ReadPatched(JsonNode? patched, Type document, string kind, string key)
        => ReadPatched(Utf8(patched), document, kind, key);

    /// <summary>Reads what a patch made of a document, as <see cref="JsonPatch.ApplyToText"/> gives it.</summary>
    /// <inheritdoc cref="ReadPatched{T}(JsonNode?, string, string)"/>
    public static object ReadPatched(ReadOnlySpan<byte> patched, Type document, string kind, string key)
    {
        var read = Try(patched, document, kind, lenient: false, out var problems);
        return read ?? throw new ApiException(
            new ApiError(kind, key, "PATCH", [.. problems.Select(p => $"Invalid {kind} object: {p}")], 406));
    }

    /// <summary>
    /// Reads an object of a content pack. As in DRP, a field that the kind does not have keeps no object from serving; it is told.
    /// </summary>
    /// <param name="content">The file's content as JSON.</param>
    /// <param name="document">Type of the document.</param>
    /// <param name="kind">Prefix of the kind.</param>
    /// <param name="notes">Gets what was left out, each by its JSON pointer.</param>
    /// <exception cref="FormatException">Each fault by its JSON pointer.</exception>
    public static object ReadContent(JsonNode? content, Type document, string kind, List<string> notes)
        => Try(Utf8(content), document, kind, lenient: false, out var problems, notes)
            ?? throw new FormatException(string.Join("; ", problems));

    /// <summary>
    /// Reads a stored row. Fields that this version does not know were written by a newer one, and are passed over; whatever else is wrong
    /// makes the
    /// row unusable.
    /// </summary>
    /// <returns>The document, and null; or null, and why the row cannot be used.</returns>
    public static (T? Document, string? Problem) ReadStored<T>(string json, string kind)
        where T : class
    {
        var (document, problem) = ReadStored(json, typeof(T), kind);
        return ((T?)document, problem);
    }

    /// <summary>Reads a stored row of a type that is known when running.</summary>
    /// <inheritdoc cref="ReadStored{T}(string, string)"/>
    public static (object? Document, string? Problem) ReadStored(string json, Type document, string kind)
        => Try(Utf8(json), document, kind, lenient: true, out var problems) is { } read
            ? (read, null) : (null, string.Join("; ", problems));

    /// <summary>Reads a flat map of texts, as the preferences are.</summary>
    /// <exception cref="ApiException">400 that names each fault by its JSON pointer; 413 for more than
    /// <see cref="JsonLimits.Octets"/>.</exception>
    public static IReadOnlyDictionary<string, string> ReadMap(ReadOnlySpan<byte> json, string kind, string type)
        => Read<Dictionary<string, string>>(json, kind, type);

    private static object? Try(ReadOnlySpan<byte> json, Type type, string kind, bool lenient, out IReadOnlyList<string> problems,
        List<string>? notes = null)
    {
        json = JsonText.WithoutMark(json);
        var walk = new JsonWalk(json, kind, lenient, notes);
        problems = walk.Problems;
        if (json.Length > JsonLimits.Octets)
        {
            problems = [$"an object has at most {JsonLimits.Octets} octets"];
            return null;
        }

        if (problems.Count > 0 || !walk.Run(Shape.Of(type))) return null;
        try
        {
            return JsonSerializer.Deserialize(walk.Normalized(), type, Json.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            // The shape does not know everything that a type may ask for: what is left is told by its place.
            problems = [$"{PointerOf((e as JsonException)?.Path)} has a value that it cannot have"];
            return null;
        }
    }

    /// <summary>A JSON path of simple names ($.a.b[0]) as a pointer.</summary>
    private static string PointerOf(string? path)
        => string.IsNullOrEmpty(path) || path == "$"
            ? "the value" : path.TrimStart('$').Replace('.', '/').Replace("[", "/", StringComparison.Ordinal)
                .Replace("]", "", StringComparison.Ordinal);

    private static ReadOnlySpan<byte> Utf8(JsonNode? node)
        => node is null ? "null"u8 : JsonSerializer.SerializeToUtf8Bytes(node, Json.Options);

    /// <summary>A half surrogate becomes an octet that no UTF-8 has, so that it is refused and not replaced.</summary>
    private static byte[] Utf8(string text)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return [0xFF];
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
