using System.Net;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests;

/// <summary>Lists as lines: the rows of the list and their order, page after page; one that is not whole does not end well.</summary>
public abstract class LineTests(SiloFixture silo)
{
    private const string Lines = "application/x-ndjson";
    private const int Large = 24;
    private const string OfLarge = "machines?Description=large";

    [Theory]
    [InlineData("machines?limit=1000")]
    [InlineData("bootenvs")]
    [InlineData("bootenvs?sort=Description&reverse=true&offset=1&limit=3")]
    [InlineData("bootenvs?Name=Re(^d)&slim=Meta")]
    [InlineData("templates")]
    [InlineData("stages")]
    [InlineData("tasks")]
    [InlineData("workflows")]
    [InlineData("profiles")]
    [InlineData("params?fields=Name,Schema")]
    [InlineData("subnets")]
    [InlineData("reservations")]
    [InlineData("leases")]
    [InlineData("jobs")]
    [InlineData("users")]
    [InlineData("roles")]
    [InlineData("tenants")]
    [InlineData("interfaces")]
    [InlineData("plugins")]
    [InlineData("events?Type=profiles&limit=2")]
    public async Task LinesAreTheRowsOfTheList(string path)
    {
        await silo.CallAsync("POST", "profiles", """{"Name":"lines-a"}""");
        await silo.CallAsync("POST", "profiles", """{"Name":"lines-b"}""");
        await silo.CallAsync("POST", "machines", """{"Name":"lines-a"}""");
        await silo.SettledAsync();
        using var answer = await AskAsync(path);
        Assert.Equal((HttpStatusCode.OK, Lines), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        Assert.Contains("Accept", answer.Headers.Vary);
        var rows = (await silo.OkAsync("GET", path)).AsArray().Select(r => r!.ToJsonString());
        Assert.Equal(rows, (await RowsAsync(answer)).Select(r => r.ToJsonString()));
    }

    [Fact]
    public async Task ManyPagesAreOneAnswer()
    {
        await MakeLargeAsync();
        using var answer = await AskAsync(OfLarge);
        Assert.Equal($"{Large}", Assert.Single(answer.Headers.GetValues("X-DRP-LIST-FILTER-COUNT")));
        var keys = (await RowsAsync(answer)).Select(r => r["Uuid"]!.ToString()).ToList();
        Assert.Equal(Large, keys.Count);
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        using var some = await AskAsync($"{OfLarge}&sort=Name&reverse=true&offset=2&limit=15&fields=Name");
        var names = (await RowsAsync(some)).Select(r => r["Name"]!.ToString());
        Assert.Equal(Enumerable.Range(0, Large).Reverse().Skip(2).Take(15).Select(i => $"large-{i:00}"), names);
    }

    [Fact]
    public async Task FieldsThatAreChosenAreAllThatComes()
    {
        await silo.CallAsync("POST", "params", """{"Name":"lines/secret","Secure":true}""");
        var machine = await silo.OkAsync("POST", "machines",
            """{"Name":"lines-fields","Params":{"a.b":1,"c":2,"lines/secret":"s"},"Meta":{"m":"1","n":"2"}}""");
        var rows = await silo.OkAsync("GET", "machines?Name=lines-fields&fields=Name,Params.a.b,Meta.m&fields=Boot.Phase");
        var wanted = JsonNode.Parse("""{"Name":"lines-fields","Params":{"a.b":1},"Meta":{"m":"1"},"Boot":{},"Uuid":""}""")!;
        (wanted["Uuid"], wanted["Boot"]!["Phase"]) = (machine["Uuid"]!.DeepClone(), machine["Boot"]!["Phase"]!.DeepClone());
        Assert.True(JsonNode.DeepEquals(wanted, Assert.Single(rows.AsArray())), rows.ToJsonString());
        var isSealed = await silo.OkAsync("GET", "machines?Name=lines-fields&fields=Params.lines/secret");
        Assert.NotNull(isSealed[0]!["Params"]!["lines/secret"]!["Payload"]);
    }

    [Theory]
    [InlineData("machines?fields=Nome", "there is no field Nome")]
    [InlineData("machines?fields=Name.x", "there is no field Name.x")]
    [InlineData("machines?fields=Boot.Nothing", "there is no field Boot.Nothing")]
    [InlineData("users?fields=PasswordHash", "there is no field PasswordHash")]
    [InlineData("users?fields=Secret", "there is no field Secret")]
    [InlineData("machines?limit=x", "limit must be a number")]
    [InlineData("machines?limit=-1", "cannot be negative")]
    [InlineData("machines?Nome=x", "Filter not found: Nome")]
    [InlineData("machines?decode=true", "decode is for lists as JSON")]
    [InlineData("events?fields=Type", "fields is no word of this query")]
    public async Task WhatIsNotUnderstoodIsRefusedBeforeTheFirstLine(string path, string why)
    {
        using var answer = await AskAsync(path);
        Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoMayListNothingGetsNoLine()
    {
        using var client = await silo.LimitedAsync("scope=profiles&action=*&specific=*");
        using var answer = await AskAsync("machines", client);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await RowsAsync(answer));
    }

    [Fact]
    public async Task AnExportWhoseTokenEndsIsBrokenOff()
    {
        await MakeLargeAsync();
        using var answered = await silo.Http.GetAsync(new Uri("users/rocketskates/token", UriKind.Relative),
            TestContext.Current.CancellationToken);
        var token = JsonNode.Parse(await answered.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["Token"]!.ToString();
        var id = Assert.Single(answered.Headers.GetValues("X-Anvil-Token-Id"));
        using var client = silo.Client(token);
        using var answer = await AskAsync(OfLarge, client);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (status, _) = await silo.CallAsync("DELETE", $"users/rocketskates/token?id={id}");
        Assert.Equal(HttpStatusCode.NoContent, status);
        await Assert.ThrowsAnyAsync<Exception>(() => RowsAsync(answer));
    }

    [Fact]
    public async Task OneRequesterHasFewExportsAtOnce()
    {
        await MakeLargeAsync();
        await silo.OkAsync("POST", "users", """{"Name":"exporter","Roles":["superuser"]}""");
        using var client = silo.Client((await silo.OkAsync("GET", "users/exporter/token"))["Token"]!.ToString());
        using (var first = await AskAsync(OfLarge, client))
        using (var second = await AskAsync(OfLarge, client))
        {
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
            using var third = await AskAsync(OfLarge, client);
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            Assert.NotNull(third.Headers.RetryAfter);
            Assert.Equal(Large, (await RowsAsync(first)).Count);
            Assert.Equal(Large, (await RowsAsync(second)).Count);
        }

        await Support.Wait.UntilAsync(async () =>
        {
            using var next = await AskAsync("machines?limit=1", client);
            return next.StatusCode == HttpStatusCode.OK;
        }, TimeSpan.FromMinutes(1), () => "the places of exports that are over are not given back");
    }

    /// <summary>Machines of more octets together than one page has, and than sockets hold.</summary>
    private async Task MakeLargeAsync()
    {
        for (var i = 0; i < Large; i++)
        {
            var (status, body) = await silo.CallAsync("POST", "machines", new JsonObject
            {
                ["Name"] = $"large-{i:00}",
                ["Description"] = "large",
                ["Params"] = new JsonObject { ["large"] = new string('x', 1 << 20) },
            }.ToJsonString());
            Assert.True(status is HttpStatusCode.Created or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity,
                $"{status} {body?["Messages"]}");
        }
    }

    private async Task<HttpResponseMessage> AskAsync(string path, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", Lines);
        return await (client ?? silo.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<JsonNode>> RowsAsync(HttpResponseMessage answer)
        => [.. (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleLineTests(SingleSilo silo) : LineTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterLineTests(SiloCluster silos) : LineTests(silos), IClassFixture<SiloCluster>;
