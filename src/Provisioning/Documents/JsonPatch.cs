using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Documents;

/// <summary>JSON Patch (RFC 6902) over JSON Pointer (RFC 6901), with the error lines that DRP's clients know.</summary>
public static class JsonPatch
{
    private const int MostOperations = 10_000;

    /// <summary>Applies a patch to a copy of <paramref name="target"/>.</summary>
    /// <param name="target">The document; it is not changed.</param>
    /// <param name="patch">The array of operations.</param>
    /// <param name="model">Kind named in an error.</param>
    /// <param name="key">Key named in an error.</param>
    /// <exception cref="ApiException">400 when the patch is no array of operations; 409 with the line of the operation that failed.</exception>
    public static JsonNode Apply(JsonNode target, JsonElement patch, string model, string key)
    {
        if (patch.ValueKind != JsonValueKind.Array) throw new ApiException(ApiError.BadRequest(model, key, "PATCH", "a JSON patch is an array of operations (RFC 6902)"));
        if (patch.GetArrayLength() > MostOperations) throw new ApiException(ApiError.BadRequest(model, key, "PATCH", $"a patch has at most {MostOperations} operations"));
        JsonNode? document = target.DeepClone();
        var line = 0;
        foreach (var operation in patch.EnumerateArray())
        {
            try
            {
                document = ApplyOne(document, operation);
            }
            catch (PatchFault e)
            {
                throw new ApiException(ApiError.Conflict(model, key, "PATCH", $"Patch error at line {line}: {e.Message}", "Patch line: " + Shorten(operation.GetRawText())));
            }

            line++;
        }

        return document ?? throw new ApiException(ApiError.Conflict(model, key, "PATCH", "the patch removes the whole object"));
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

    /// <summary>Escapes one reference token of a pointer.</summary>
    public static string Escape(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static JsonNode? ApplyOne(JsonNode? document, JsonElement operation)
    {
        if (operation.ValueKind != JsonValueKind.Object) throw new PatchFault("an operation is an object");
        var path = Tokens(Text(operation, "path") ?? throw new PatchFault("an operation needs a path"));
        switch (Text(operation, "op"))
        {
            case "add": return Add(document, path, Value(operation));
            case "remove":
                return Remove(document, path).Document;
            case "replace":
                if (path.Length == 0) return Value(operation);
                Find(document, path);
                return Set(document, path, Value(operation));
            case "move":
                var from = Tokens(Text(operation, "from") ?? throw new PatchFault("move needs from"));
                if (path.Length > from.Length && path.Take(from.Length).SequenceEqual(from)) throw new PatchFault("cannot move a value into itself");
                var (rest, moved) = Remove(document, from);
                return Add(rest, path, moved?.DeepClone());
            case "copy":
                return Add(document, path, Find(document, Tokens(Text(operation, "from") ?? throw new PatchFault("copy needs from")))?.DeepClone());
            case "test":
                if (!JsonNode.DeepEquals(Find(document, path), Value(operation))) throw new PatchFault("Test op failed.");
                return document;
            case var op: throw new PatchFault($"Invalid op {op}");
        }
    }

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var token in path)
        {
            node = node switch
            {
                JsonObject map => map.TryGetPropertyValue(token, out var value) ? value : throw new PatchFault($"Selector {token} is not a member of the object"),
                JsonArray list => list[Index(token, list.Count - 1)],
                _ => throw new PatchFault($"Selector {token} does not point into an object or array"),
            };
        }

        return node;
    }

    private static JsonNode? Add(JsonNode? document, string[] path, JsonNode? value)
    {
        if (path.Length == 0) return value;
        if (Find(document, path.AsSpan(0, path.Length - 1)) is JsonArray list)
        {
            if (path[^1] == "-") list.Add(value);
            else list.Insert(Index(path[^1], list.Count), value);
            return document;
        }

        return Set(document, path, value);
    }

    private static JsonNode? Set(JsonNode? document, string[] path, JsonNode? value)
    {
        switch (Find(document, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject map:
                map[path[^1]] = value;
                return document;
            case JsonArray list:
                list[Index(path[^1], list.Count - 1)] = value;
                return document;
            default: throw new PatchFault($"Selector {path[^1]} does not point into an object or array");
        }
    }

    private static (JsonNode? Document, JsonNode? Removed) Remove(JsonNode? document, string[] path)
    {
        if (path.Length == 0) return (null, document);
        var removed = Find(document, path);
        switch (Find(document, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject map:
                map.Remove(path[^1]);
                break;
            case JsonArray list:
                list.RemoveAt(Index(path[^1], list.Count - 1));
                break;
        }

        return (document, removed);
    }

    private static int Index(string token, int last)
    {
        if (token.Length is 0 or > 9 || !token.All(char.IsAsciiDigit) || (token.Length > 1 && token[0] == '0')) throw new PatchFault($"\"{token}\" is not an array index");
        var index = int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
        return index <= last ? index : throw new PatchFault($"index {index} is past the end of the array");
    }

    private static string[] Tokens(string pointer)
    {
        if (pointer.Length == 0) return [];
        if (pointer[0] != '/') throw new PatchFault($"\"{pointer}\" is not a JSON pointer");
        return [.. pointer[1..].Split('/').Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    private static JsonNode? Value(JsonElement operation)
        => operation.TryGetProperty("value", out var value) ? JsonSerializer.SerializeToNode(value) : null;

    private static string? Text(JsonElement operation, string name)
        => operation.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Shorten(string text) => text.Length <= 500 ? text : text[..500] + "…";

    private sealed class PatchFault(string message) : Exception(message);
}
