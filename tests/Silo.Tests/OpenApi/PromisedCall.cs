using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Silo.Tests.Hostile;

namespace Anvil.Silo.Tests.OpenApi;

/// <summary>A call that the API's document allows, or nearly: by random numbers alone.</summary>
/// <param name="random">The numbers.</param>
/// <param name="schemas">The document's schemas.</param>
/// <param name="keys">Keys of what is there, by kind.</param>
internal sealed class PromisedCall(Random random, SchemaCheck schemas, IReadOnlyDictionary<string, List<string>> keys)
{
    private static readonly string[] Texts =
    [
        "", "a", "x-1", "local", "none", "global", "true", "0", "-1", "10.99.0.1", "10.99.0.0/24", "02:ab:00:00:00:01", "Name:x", "ä ö",
        "a/b", "..", "%2F", "{{.Machine.Name}}", "Eq(a)", "In(a,b)", "Between(a,b)", "Re(.*)", "Lt(", "2026-01-01", "2026-01-01T00:00:00Z",
        "00000000-0000-4000-8000-000000000001", "stage:none", "\u0001", "\"", "0-0", new('n', 300),
    ];

    /// <summary>The request.</summary>
    public HttpRequestMessage Make(Uri server, string method, string path, JsonNode operation)
    {
        var kind = path.Split('/')[3];
        var address = new StringBuilder();
        foreach (var segment in path.Split('/').Skip(1))
            address.Append('/').Append(segment.StartsWith('{') ? Uri.EscapeDataString(Part(kind, segment.Trim('{', '}'))) : segment);
        var parameters = operation["parameters"]!.AsArray();
        var between = '?';
        foreach (var parameter in parameters.Where(p => p!["in"]!.ToString() == "query").OrderBy(_ => random.Next()).Take(Few()))
        {
            foreach (var text in Words(parameter!["schema"]!))
            {
                address.Append(between).Append(Uri.EscapeDataString(parameter["name"]!.ToString())).Append('=')
                    .Append(Uri.EscapeDataString(text));
                between = '&';
            }
        }

        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server, address.ToString()));
        foreach (var header in parameters.Where(p => p!["in"]!.ToString() == "header" && random.Next(12) == 0))
            request.Headers.TryAddWithoutValidation(header!["name"]!.ToString(),
                header["name"]!.ToString() == "Prefer" ? "wait=0" : One("*", "\"1\"", "0-0", "x"));
        if (operation["requestBody"]?["content"] is JsonObject content) Fill(request, content, kind, method);
        return request;
    }

    /// <summary>A value that a schema allows, or nearly.</summary>
    private JsonNode? Value(JsonNode schema, int depth = 0)
    {
        var found = schemas.Resolve(schema);
        if (found["anyOf"] is JsonArray any) return Value(any[random.Next(any.Count)]!, depth);
        if (found["enum"] is JsonArray choices && random.Next(10) > 0) return choices[random.Next(choices.Count)]?.DeepClone();
        var type = found["type"] is JsonArray several ? several[random.Next(several.Count)]!.ToString() : found["type"]?.ToString();
        // Now and then it is something else.
        if (type is null || random.Next(25) == 0)
            type = One("string", "integer", "number", "boolean", "null", depth > 4 ? "null" : "array", depth > 4 ? "null" : "object");
        switch (type)
        {
            case "string": return Texts[random.Next(Texts.Length)];
            case "integer": return One<long>(0, 1, -1, 60, 7200, int.MaxValue, long.MinValue);
            case "number": return One(0.5, -1e300, 3);
            case "boolean": return random.Next(2) == 0;
            case "array":
                return new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(
                    _ => depth > 5 ? null : Value(found["items"] ?? new JsonObject(), depth + 1))]);
            case "object":
                var made = new JsonObject();
                if (depth > 5) return made;
                foreach (var (name, own) in (found["properties"] as JsonObject ?? []).Where(_ => random.Next(4) == 0))
                    made[name] = Value(own!, depth + 1);
                if (found["additionalProperties"] is JsonObject values && random.Next(2) == 0)
                    made[Texts[random.Next(Texts.Length)]] = Value(values, depth + 1);
                if (random.Next(20) == 0) made["NoSuchField"] = 1;
                return made;
            default: return null;
        }
    }

    private void Fill(HttpRequestMessage request, JsonObject content, string kind, string method)
    {
        if (random.Next(20) == 0) return;
        if (content["application/json"]?["schema"] is not { } schema)
        {
            var text = One("Name,Description\nopen-1,d\n", "Name\n,\n", "", "a\0b", "{}", "[]");
            request.Content = new StringContent(text, Encoding.UTF8, One("text/csv", "application/octet-stream", "application/json"));
            return;
        }

        var body = Value(schema);
        var isObject = request.RequestUri!.AbsolutePath.Count(c => c == '/') == (method == "POST" ? 3 : 4);
        if (isObject && method is "POST" or "PUT" && GoodObjects.Kinds.Contains(kind) && random.Next(3) > 0)
        {
            var good = GoodObjects.Of(kind, random.Next(1, 200));
            if (random.Next(2) == 0 && schemas.Resolve(schema)["properties"] is JsonObject fields)
            {
                var name = fields.ElementAt(random.Next(fields.Count)).Key;
                good[name] = Value(fields[name]!);
            }

            body = good;
        }
        else if (body is JsonArray operations && method == "PATCH")
        {
            foreach (var operation in operations.OfType<JsonObject>())
            {
                operation["path"] = One("/Description", "/Meta/a", "/Params/a", "/Name", "/Tasks/-", "/x", "");
                if (random.Next(3) > 0) operation["op"] = One("add", "replace", "test", "remove");
                operation["value"] ??= One("d", "e");
            }
        }

        request.Content = new StringContent(body?.ToJsonString() ?? "null", Encoding.UTF8, "application/json");
    }

    private string Part(string kind, string name)
    {
        if (name == "key" && random.Next(4) > 0 && keys.TryGetValue(kind, out var known) && known.Count > 0)
            return known[random.Next(known.Count)];
        // An empty part is another path, and one of dots none.
        var text = Texts[random.Next(Texts.Length)];
        return text is "" or ".." ? "a" : text;
    }

    private IEnumerable<string> Words(JsonNode schema)
    {
        var found = schemas.Resolve(schema);
        return found["type"]?.ToString() switch
        {
            "array" => Enumerable.Range(0, random.Next(1, 3)).SelectMany(_ => Words(found["items"]!)),
            "boolean" => [One("true", "false", "1", "x")],
            "integer" => [One(0, 1, 2, 50, -1).ToString(CultureInfo.InvariantCulture)],
            _ => [Texts[random.Next(Texts.Length)]],
        };
    }

    private int Few() => random.Next(3) switch { 0 => 0, 1 => 1, _ => random.Next(4) };

    private T One<T>(params ReadOnlySpan<T> all) => all[random.Next(all.Length)];
}
