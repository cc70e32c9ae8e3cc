using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests;

/// <summary>Words of a query that a verb does not know, on every path that there is.</summary>
public abstract partial class QueryWordTests(SiloFixture silo)
{
    /// <summary>What clients of DRP may send with every call, and what no call is without.</summary>
    private static readonly string[] Taken = ["noproxy=true", "force=false", "noproxy=1&force=0"];

    [Theory]
    [InlineData("colour=red")]
    [InlineData("dryrun=true")]
    [InlineData("FORCE=true")]
    [InlineData("%20force=true")]
    [InlineData("force=yes")]
    [InlineData("force=True")]
    [InlineData("force=")]
    [InlineData("force")]
    [InlineData("force=true&force=false")]
    [InlineData("noproxy=y")]
    [InlineData("=")]
    public async Task NoCallTakesAWordThatItDoesNotKnow(string query)
    {
        var calls = Calls().ToList();
        // Kinds with five verbs each, and what some have beside: a path that is missing here has not been looked at.
        Assert.InRange(calls.Count, 70, 500);
        foreach (var (method, path) in calls)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"{path}?{query}");
            using var answer = await silo.Http.SendAsync(request);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotAcceptable,
                $"{method} {path}?{query}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task WhatClientsOfDrpSendWithAnyCallIsTaken()
    {
        foreach (var (method, path) in Calls().Where(c => c.Method is "GET" or "HEAD"))
        {
            var plain = await StatusAsync(method, path, "");
            foreach (var query in Taken) Assert.Equal((query, plain), (query, await StatusAsync(method, path, $"?{query}")));
        }
    }

    [Theory]
    [InlineData("role=superuser")]
    [InlineData("Roles=superuser")]
    [InlineData("scopes=machines")]
    [InlineData("roles=")]
    [InlineData("roles=,")]
    [InlineData("scope=")]
    [InlineData("scope=machines&action=&specific=*")]
    [InlineData("scope=machines&scope=users")]
    [InlineData("ttl=31536001")]
    [InlineData("ttl=60&ttl=61")]
    public async Task ATokenWhoseLimitIsNotUnderstoodIsNone(string query)
    {
        var (status, body) = await silo.CallAsync("GET", $"users/rocketskates/token?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Null(body!["Token"]);
    }

    [Theory]
    [InlineData("dryRun=yes")]
    [InlineData("dryRun=True")]
    [InlineData("dryrun=true")]
    [InlineData("dry-run=yes")]
    [InlineData("dryRun=true&dryRun=false")]
    public async Task AnImportThatIsToBeTriedOnlyIsNotMade(string query)
    {
        using var sheet = new StringContent("Name,MACs\nword-made,02:77:00:00:00:01\n");
        using var answer = await silo.Http.PostAsync(new Uri($"machines/import?{query}", UriKind.Relative), sheet);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("[]", (await silo.OkAsync("GET", "machines?Name=word-made")).ToJsonString());
    }

    [Fact]
    public async Task ParamsAreSelectedByName()
    {
        await silo.OkAsync("POST", "profiles", """{"Name":"word-params","Params":{"a/b":1,"c":2,"d":3}}""");
        Assert.Equal("""{"a/b":1,"d":3}""", (await silo.OkAsync("GET", "profiles/word-params/params?params=a/b,d,e")).ToJsonString());
        Assert.Equal("""{"c":2}""", (await silo.OkAsync("GET", "profiles/word-params/params?params=c&aggregate=1")).ToJsonString());
        Assert.Equal("3", (await silo.OkAsync("GET", "profiles/word-params/params")).AsObject().Count.ToString(
            System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<HttpStatusCode> StatusAsync(string method, string path, string query)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path + query);
        // One of them has no end.
        using var answer = await silo.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    /// <summary>Every call that the gateway has a path for; its keys are of nothing that is there.</summary>
    private IEnumerable<(string Method, string Path)> Calls()
        => silo.Silos[0].Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v3/", StringComparison.Ordinal))
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
                .Select(m => (m, Key().Replace(e.RoutePattern.RawText!["/api/v3/".Length..], "global")))).Distinct();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Key();
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleQueryWordTests(SingleSilo silo) : QueryWordTests(silo), IClassFixture<SingleSilo>;
