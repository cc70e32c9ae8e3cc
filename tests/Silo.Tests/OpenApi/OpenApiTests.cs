using System.Text.Json.Nodes;
using Anvil.Gateway;
using Anvil.Gateway.OpenApi;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.OpenApi;

/// <summary>The API's document and the API are one.</summary>
public abstract class OpenApiTests(SiloFixture silo)
{
    [Fact]
    public async Task EveryRouteIsInTheDocumentAndTheOtherWayRound()
    {
        var routes = silo.Silos[0].Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith(ApiHost.Base + "/", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(
                m => $"{m} {e.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal)}"))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        Assert.InRange(routes.Count, 100, 1000);
        Assert.Equal(routes,
            Operations(await DocumentAsync("openapi.json")).Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void WhatIsKnownOfCallsIsOfCallsThatThereAre()
    {
        var calls = ApiDocument.Calls(silo.Silos[0].Services.GetServices<EndpointDataSource>()).Select(c => $"{c.Method} {c.Path}");
        var operations = new ApiOperations(silo.Service<ObjectFloor>(), silo.Service<ParamVerbs>().Kinds);
        Assert.Empty(operations.Known.Except(calls, StringComparer.Ordinal));
    }

    [Fact]
    public async Task TheDocumentIsWholeAndTheSameForAll()
    {
        var document = await DocumentAsync("openapi.json");
        Assert.True(JsonNode.DeepEquals(document, await DocumentAsync("swagger.json")));
        Assert.Equal("3.1.0", document["openapi"]!.ToString());
        var ids = Operations(document).Select(o => o.Operation["operationId"]!.ToString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        // Whatever is named is there.
        var check = new SchemaCheck(document);
        foreach (var schema in Schemas(document)) check.Resolve(schema);
        foreach (var (method, path, operation) in Operations(document))
        {
            var wanted = path.Split('/').Where(p => p.StartsWith('{')).Select(p => p.Trim('{', '}'));
            var parameters = operation["parameters"]!.AsArray();
            Assert.Equal(wanted, parameters.Where(p => p!["in"]!.ToString() == "path").Select(p => p!["name"]!.ToString()));
            var names = parameters.Select(p => $"{p!["in"]} {p["name"]}").ToList();
            Assert.True(names.Count == names.Distinct(StringComparer.Ordinal).Count(), $"{method} {path} has a parameter twice");
        }

        Assert.DoesNotContain("PasswordHash", document["components"]!["schemas"]!["Machine"]!.ToJsonString(), StringComparison.Ordinal);
        // What lists may be filtered by is said.
        var list = document["paths"]!["/api/v3/machines"]!["get"]!["parameters"]!.AsArray().Select(p => p!["name"]!.ToString()).ToList();
        Assert.Superset(new HashSet<string> { "Name", "Boot.Phase", "Key", "limit", "after" }, list.ToHashSet());
    }

    [Fact]
    public async Task ThePageLoadsNothingFromElsewhere()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{silo.ApiPort}") };
        using var page = await http.GetAsync(new Uri("docs", UriKind.Relative));
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        var html = await page.Content.ReadAsStringAsync();
        var sources = html.Split("src=\"").Skip(1).Select(s => s.Split('"')[0]).ToList();
        Assert.Equal(["/docs/scalar.js", "/docs/start.js"], sources);
        foreach (var source in sources)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, source);
            request.Headers.Add("Accept-Encoding", "gzip");
            using var script = await http.SendAsync(request);
            Assert.True(script.IsSuccessStatusCode, source);
            Assert.Equal("text/javascript", script.Content.Headers.ContentType!.MediaType);
        }

        using var old = await http.GetAsync(new Uri("swagger-ui", UriKind.Relative));
        Assert.Equal("/docs", old.Headers.Location!.ToString());
    }

    private static IEnumerable<(string Method, string Path, JsonNode Operation)> Operations(JsonNode document)
        => document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(o => (o.Key.ToUpperInvariant(), p.Key, o.Value!)));

    private static IEnumerable<JsonNode> Schemas(JsonNode? node) => node switch
    {
        JsonObject map when map.ContainsKey("$ref") => [map],
        JsonObject map => map.SelectMany(p => Schemas(p.Value)),
        JsonArray list => list.SelectMany(Schemas),
        _ => [],
    };

    private async Task<JsonNode> DocumentAsync(string name)
    {
        // Without a password: it says nothing of what is stored.
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{silo.ApiPort}/{name}"));
        return JsonNode.Parse(text)!;
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleOpenApiTests(SingleSilo silo) : OpenApiTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterOpenApiTests(SiloCluster silos) : OpenApiTests(silos), IClassFixture<SiloCluster>;
