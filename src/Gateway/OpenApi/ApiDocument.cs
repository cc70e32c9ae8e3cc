using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.OpenApi;

/// <summary>
/// The API as an OpenAPI 3.1 document: its paths are the routes that the server has, with the methods that they take; what each is sent
/// and answers is read off the kinds, verbs and types. Nothing of it is written beside them.
/// </summary>
internal sealed class ApiDocument
{
    private const string JsonType = "application/json";
    private static readonly JsonSerializerOptions Written = new() { Encoder = Json.Options.Encoder };
    private readonly Lazy<byte[]> _text;

    /// <summary>The document of some routes.</summary>
    public ApiDocument(IEnumerable<EndpointDataSource> routes, ObjectFloor floor, ParamVerbs verbs)
        => _text = new(() => Encoding.UTF8.GetBytes(Make(routes, new ApiOperations(floor, verbs.Kinds)).ToJsonString(Written)));

    /// <summary>The document as JSON, UTF-8; made when it is first asked for, when all routes are there.</summary>
    public ReadOnlyMemory<byte> Text => _text.Value;

    /// <summary>The error that every refused call is answered with (DRP's Error).</summary>
    public static JsonObject Error(ApiSchemas schemas) => schemas.Of(typeof(ApiError));

    /// <summary>The routes below the API's base with their methods, as the document names them.</summary>
    public static IEnumerable<(string Method, string Path)> Calls(IEnumerable<EndpointDataSource> routes)
        => routes.SelectMany(r => r.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText?.StartsWith(ApiHost.Base + "/", StringComparison.Ordinal) == true)
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Select(
                m => (m, e.RoutePattern.RawText![ApiHost.Base.Length..].Replace("{**", "{", StringComparison.Ordinal)))).Distinct();

    private static JsonObject Make(IEnumerable<EndpointDataSource> routes, ApiOperations operations)
    {
        var schemas = new ApiSchemas();
        var paths = new JsonObject();
        foreach (var path in Calls(routes).GroupBy(c => c.Path).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var item = new JsonObject();
            foreach (var (method, _) in path.OrderBy(p => p.Method, StringComparer.Ordinal))
                item[method.ToLowerInvariant()] = Operation(method, path.Key, operations.Find(method, path.Key), schemas);
            paths[ApiHost.Base + path.Key] = item;
        }

        Error(schemas);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Anvil Machines API",
                ["version"] = typeof(ApiDocument).Assembly.GetName().Version!.ToString(3),
                ["description"] = "Compatible with Digital Rebar Provision's API v3. docs/api.md has what no schema says.",
                ["license"] = new JsonObject { ["name"] = "Apache 2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(
                [.. new[] { "password", "token", "tokenInQuery" }.Select(s => new JsonObject { [s] = new JsonArray() })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.Components,
                ["securitySchemes"] = new JsonObject
                {
                    ["password"] = new JsonObject { ["type"] = "http", ["scheme"] = "basic" },
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                    ["tokenInQuery"] = new JsonObject { ["type"] = "apiKey", ["in"] = "query", ["name"] = "token" },
                },
            },
        };
    }

    private static JsonObject Operation(string method, string path, ApiOperation? known, ApiSchemas schemas)
    {
        var operation = new JsonObject { ["operationId"] = IdOf(method, path), ["tags"] = new JsonArray(path.Split('/')[1]) };
        if (known is not null) operation["summary"] = known.Summary;
        operation["parameters"] = Parameters(path, known);
        if (BodyOf(method, known, schemas) is { Count: > 0 } body) operation["requestBody"] = new JsonObject { ["content"] = body };
        var responses = new JsonObject();
        if (known is null)
            responses["2XX"] = new JsonObject { ["description"] = "done", ["content"] = new JsonObject { ["*/*"] = new JsonObject() } };
        foreach (var answer in known?.Answers ?? [])
            responses[answer.Status.ToString(CultureInfo.InvariantCulture)] = Response(answer, schemas);
        responses["401"] = new JsonObject { ["description"] = "who asks does not say who it is" };
        var refused = new JsonObject { ["description"] = "refused; what is the matter" };
        if (method != "HEAD") refused["content"] = Content(JsonType, Error(schemas));
        responses["4XX"] = refused;
        responses["5XX"] = refused.DeepClone();
        responses["5XX"]!["description"] = "it cannot be done at the moment (503 with Retry-After), or a fault of the server";
        operation["responses"] = responses;
        return operation;
    }

    private static JsonArray Parameters(string path, ApiOperation? known)
    {
        var parameters = new JsonArray();
        foreach (var part in path.Split('/').Where(p => p.StartsWith('{')))
            Add(part.Trim('{', '}'), "path", ApiSchemas.Text);
        if (known is null) return parameters;
        foreach (var (name, schema) in known.Query()) Add(name, "query", schema);
        foreach (var word in known.Words.Own)
            Add(word, "query", VerbWords.IsFlag(word) ? new JsonObject { ["type"] = "boolean" } : ApiSchemas.Text);
        foreach (var header in known.Words.HasVersion ? known.Headers.Concat(["If-Match", "If-None-Match"]) : known.Headers)
            Add(header, "header", ApiSchemas.Text);
        return parameters;

        void Add(string name, string where, JsonObject schema)
        {
            var parameter = new JsonObject { ["name"] = name, ["in"] = where, ["schema"] = schema };
            if (where == "path") parameter["required"] = true;
            parameters.Add((JsonNode)parameter);
        }
    }

    private static JsonObject? BodyOf(string method, ApiOperation? known, ApiSchemas schemas)
    {
        if (known is null)
            return method is "POST" or "PUT" or "PATCH" ? new JsonObject { ["*/*"] = new JsonObject() } : null;
        var body = known.Body is { } schema ? Content(JsonType, schema(schemas)) : [];
        foreach (var other in known.OtherBodies) body[other] = new JsonObject();
        return body;
    }

    private static JsonObject Response(ApiAnswer answer, ApiSchemas schemas)
    {
        var response = new JsonObject { ["description"] = Words(answer.Status) };
        var content = answer.Shape is { } shape ? Content(JsonType, shape(schemas)) : [];
        foreach (var media in answer.Media) content[media] = new JsonObject();
        if (content.Count > 0) response["content"] = content;
        if (answer.Headers.Count > 0)
            response["headers"] = new JsonObject(answer.Headers.Select(
                h => KeyValuePair.Create(h, (JsonNode?)new JsonObject { ["schema"] = ApiSchemas.Text })));
        return response;
    }

    private static JsonObject Content(string media, JsonObject schema) => new() { [media] = new JsonObject { ["schema"] = schema } };

    private static string Words(int status) => status switch
    {
        101 => "a websocket",
        201 => "made",
        202 => "the same again",
        204 => "done; there is nothing to show",
        304 => "it is the version that who asks has",
        422 => "refused; what is the matter with each row",
        _ => "done",
    };

    /// <summary>getMachinesKeyParamsName: what generated clients call it.</summary>
    private static string IdOf(string method, string path)
        => method.ToLowerInvariant() + string.Concat(path.Split('/', '{', '}', '_', '-', '.').Where(p => p.Length > 0)
            .Select(p => char.ToUpperInvariant(p[0]) + p[1..]));
}
