using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Tests.Documents;

/// <summary>RFC 6902 read word for word, without bounds: what the bounded one is held against.</summary>
internal static class PlainPatch
{
    /// <summary>The patched document; null when the patch is refused.</summary>
    public static JsonElement? Apply(JsonNode? document, JsonElement patch)
    {
        // A holder gives the whole document a place of its own.
        var holder = new JsonObject { ["root"] = document };
        foreach (var operation in patch.EnumerateArray())
        {
            if (!One(holder, operation)) return null;
        }

        return holder.ContainsKey("root") ? JsonSerializer.SerializeToElement(holder["root"]) : null;
    }

    private static bool One(JsonObject holder, JsonElement operation)
    {
        JsonNode? Value() => JsonNode.Parse(operation.GetProperty("value").GetRawText());
        if (Tokens(operation, "path") is not { } path) return false;
        switch (operation.GetProperty("op").GetString())
        {
            case "add": return Add(holder, path, Value());
            case "remove": return Remove(holder, path, out _);
            case "replace": return Get(holder, path, out _) && Set(holder, path, Value());
            case "test":
                return Get(holder, path, out var found)
                && JsonElement.DeepEquals(JsonSerializer.SerializeToElement(found), operation.GetProperty("value"));
            case "copy":
                return Tokens(operation, "from") is { } source && Get(holder, source, out var copied)
                && Add(holder, path, copied?.DeepClone());
            default:
                if (Tokens(operation, "from") is not { } from || (path.Length > from.Length && path.Take(from.Length).SequenceEqual(from)))
                    return false;
                if (!Get(holder, from, out _)) return false;
                return path.SequenceEqual(from) || (Remove(holder, from, out var moved) && Add(holder, path, moved));
        }
    }

    private static bool Get(JsonNode? node, string[] path, out JsonNode? found)
    {
        found = node;
        foreach (var token in path)
        {
            if (found is JsonObject map && map.TryGetPropertyValue(token, out var value)) found = value;
            else if (found is JsonArray list && Index(token, list.Count - 1) is { } at) found = list[at];
            else return false;
        }

        return true;
    }

    private static bool Add(JsonObject holder, string[] path, JsonNode? value)
    {
        if (!Get(holder, path[..^1], out var owner)) return false;
        if (owner is not JsonArray list) return Set(holder, path, value);
        if ((path[^1] == "-" ? list.Count : Index(path[^1], list.Count)) is not { } at) return false;
        list.Insert(at, value);
        return true;
    }

    private static bool Set(JsonObject holder, string[] path, JsonNode? value)
    {
        if (!Get(holder, path[..^1], out var owner)) return false;
        if (owner is JsonObject map) map[path[^1]] = value;
        else if (owner is JsonArray list && Index(path[^1], list.Count - 1) is { } at) list[at] = value;
        else return false;
        return true;
    }

    private static bool Remove(JsonObject holder, string[] path, out JsonNode? removed)
    {
        if (!Get(holder, path, out removed)) return false;
        Get(holder, path[..^1], out var owner);
        if (owner is JsonObject map) map.Remove(path[^1]);
        else ((JsonArray)owner!).RemoveAt(Index(path[^1], int.MaxValue)!.Value);
        return true;
    }

    private static int? Index(string token, int last)
        => token.Length is > 0 and < 9 && token.All(char.IsAsciiDigit) && (token.Length == 1 || token[0] != '0')
            && int.Parse(token, System.Globalization.CultureInfo.InvariantCulture) is var at && at <= last ? at : null;

    private static string[]? Tokens(JsonElement operation, string name)
    {
        var pointer = operation.GetProperty(name).GetString()!;
        if (pointer.Length > 0 && pointer[0] != '/') return null;
        return ["root",
            .. pointer.Split('/').Skip(1)
            .Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }
}
