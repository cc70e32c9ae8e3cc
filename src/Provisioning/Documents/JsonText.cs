using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Reads JSON (RFC 8259) that has no declared shape, strictly: well-formed UTF-8, no name twice in an object, no U+0000, no half surrogate
/// pairs, no
/// number that a double cannot hold, within <see cref="JsonLimits"/>. Numbers keep their digits.
/// </summary>
public static class JsonText
{
    /// <summary>Reads a value: a patch, a param's value, a schema.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    /// <param name="model">Kind named in an error.</param>
    /// <param name="key">Key named in an error.</param>
    /// <param name="type">Type of the error, mostly the HTTP method.</param>
    /// <exception cref="ApiException">400 with what is wrong and where; 413 for more than <see cref="JsonLimits.Octets"/>.</exception>
    public static JsonElement Read(ReadOnlySpan<byte> json, string model, string key, string type)
    {
        if (json.Length > JsonLimits.Octets) throw TooLarge(model, key, type);
        json = WithoutMark(json);
        var walk = new JsonWalk(json, model, lenient: false);
        return walk.Problems.Count == 0 && walk.Run(new Shape(ShapeKind.Free))
            ? JsonElement.Parse(json)
            : throw new ApiException(new ApiError("", "", type, [.. walk.Problems.Select(p => "Invalid JSON: " + p)], 400));
    }

    /// <summary>413: more than a body may hold.</summary>
    internal static ApiException TooLarge(string model, string key, string type)
        => new(new ApiError(model, key, type, [$"a body has at most {JsonLimits.Octets} octets"], 413));

    /// <summary>The text without the byte order mark that some editors write.</summary>
    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;
}
