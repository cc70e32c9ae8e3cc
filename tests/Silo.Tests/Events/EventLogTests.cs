using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Retention;
using Anvil.Gateway;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Lists;
using Microsoft.Extensions.Logging;

namespace Anvil.Silo.Tests.Events;

/// <summary>The log of events: asked, added to, followed.</summary>
public abstract class EventLogTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private readonly string _name = "e" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task WhoDidWhatIsFoundByKeyKindActionPrincipalAndTime()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_name}}"}""");
        await silo.OkAsync("PATCH", $"profiles/{_name}", """[{"op":"replace","path":"/Description","value":"d"}]""");
        await silo.OkAsync("DELETE", $"profiles/{_name}");
        await SeenAsync($"Key={_name}&Action=delete");
        Assert.Equal(["create", "update", "delete"], (await EventsAsync($"Type=profiles&Key={_name}")).Select(Action));
        Assert.Equal(["delete", "update", "create"], (await EventsAsync($"Type=profiles&Key={_name}&reverse=true")).Select(Action));
        Assert.Equal(["create", "delete"], (await EventsAsync($"Key={_name}&Action=Ne(update)")).Select(Action));
        Assert.Equal(["update"], (await EventsAsync($"Key=Re({_name[..20]})&Action=Re(^up)")).Select(Action));
        Assert.Equal(3, (await EventsAsync($"Key={_name}&Principal=rocketskates")).Count);
        Assert.Empty(await EventsAsync($"Key={_name}&Principal=nobody"));
        Assert.Equal(3, (await EventsAsync($"Key={_name}&since={before:yyyy-MM-dd'T'HH:mm:ss'Z'}")).Count);
        Assert.Empty(await EventsAsync($"Key={_name}&until={before:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        Assert.Empty(await EventsAsync($"Key={_name}&since=2999-01-01"));
        var times = (await EventsAsync($"Key={_name}")).Select(e => e["Time"]!.ToString()).ToList();
        Assert.Equal(["update"], (await EventsAsync($"Key={_name}&Time={times[1]}&until={times[2]}&since={times[1]}")).Select(Action));
    }

    [Fact]
    public async Task PagesNeitherMissNorDouble()
    {
        foreach (var i in Enumerable.Range(0, 25)) await PostAsync(_name, $"k{i:00}");
        await SeenAsync($"Type={_name}&Key=k24");
        foreach (var reverse in new[] { "", "&reverse=true" })
        {
            var (keys, after) = (new List<string>(), "");
            do
            {
                using var page = await silo.Http.GetAsync(new Uri($"events?Type={_name}&limit=7{reverse}{after}", UriKind.Relative));
                var rows = (await page.Content.ReadFromJsonAsync<JsonArray>())!;
                Assert.Equal([$"{rows.Count}"], page.Headers.GetValues("X-DRP-LIST-COUNT"));
                keys.AddRange(rows.Select(r => r!["Key"]!.ToString()));
                after = page.Headers.TryGetValues("X-Anvil-List-Next", out var next) ? $"&after={next.Single()}" : "";
            }
            while (after.Length > 0);
            var wanted = Enumerable.Range(0, 25).Select(i => $"k{i:00}");
            Assert.Equal(reverse.Length == 0 ? wanted : wanted.Reverse(), keys);
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=10001")]
    [InlineData("limit=x")]
    [InlineData("offset=1")]
    [InlineData("sort=Time")]
    [InlineData("slim=Meta")]
    [InlineData("Uuid=1")]
    [InlineData("params.x=1")]
    [InlineData("since=yesterday")]
    [InlineData("since=2026-01-01&since=2026-01-02")]
    [InlineData("after=1")]
    [InlineData("after=-1-1")]
    [InlineData("Time=x")]
    [InlineData("Key=Re(()")]
    public async Task WhatIsNotUnderstoodIsRefused(string query)
    {
        foreach (var path in new[] { "events", "events/stream" })
        {
            var (status, body) = await silo.CallAsync("GET", $"{path}?{query}");
            Assert.Equal((path, HttpStatusCode.NotAcceptable), (path, status));
            Assert.Equal("events", body!["Model"]!.ToString());
        }
    }

    [Theory]
    [InlineData("limit=5")]
    [InlineData("reverse=true")]
    [InlineData("until=2026-01-01")]
    [InlineData("after=99999999999999999-1")]
    public async Task WhoFollowsHasNoPageAndNoEnd(string query)
        => Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", $"events/stream?{query}")).Status);

    [Fact]
    public async Task WhatIsPostedIsToldAsItWasSentInTheNameOfWhoPostedIt()
    {
        using var reader = await EventReader.OpenAsync(silo.Http, $"?Type={_name}");
        var sent = $$"""
            {"Time":"2020-01-01T00:00:00Z","Type":"{{_name}}","Action":"did","Key":"k.1 ü","Principal":"user:somebody",
            "Object":{"a":[1.50,"ä\n"]},"Original":"before"}
            """;
        var (status, body) = await silo.CallAsync("POST", "events", sent);
        Assert.Equal((HttpStatusCode.NoContent, null), (status, body));
        var heard = await reader.HearAsync();
        await SeenAsync($"Type={_name}");
        foreach (var happened in new[] { heard, Assert.Single(await EventsAsync($"Type={_name}&Action=did")) })
        {
            Assert.Equal((_name, "did", "k.1 ü", "rocketskates"),
                (happened["Type"]!.ToString(), Action(happened), happened["Key"]!.ToString(), happened["Principal"]!.ToString()));
            Assert.Equal("""{"a":[1.50,"ä\n"]}""", happened["Object"]!.ToJsonString(Provisioning.Documents.Json.Options));
            Assert.Equal("before", happened["Original"]!.ToString());
            Assert.True(DateTimeOffset.Parse(happened["Time"]!.ToString(), null) > DateTimeOffset.UtcNow.AddHours(-1));
        }
    }

    [Theory]
    [InlineData("""{"Type":"machines","Action":"update","Key":"k"}""", 422)]
    [InlineData("""{"Type":"prefs","Action":"update","Key":"k"}""", 422)]
    [InlineData("""{"Type":"websocket","Action":"register","Key":"k"}""", 422)]
    [InlineData("""{"Type":"a.b","Action":"x","Key":"k"}""", 422)]
    [InlineData("""{"Type":"*","Action":"x","Key":"k"}""", 422)]
    [InlineData("""{"Type":"mine","Action":"","Key":"k"}""", 422)]
    [InlineData("""{"Type":"mine","Action":"x"}""", 422)]
    [InlineData("""{"Type":"mine","Action":"x","Key":"a\nb"}""", 422)]
    [InlineData("""{"Type":"mine","Action":"x","Key":"k","Extra":1}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("", 400)]
    public async Task WhatIsNoEventToPostIsRefused(string body, int status)
        => Assert.Equal(status, (int)(await silo.CallAsync("POST", "events", body)).Status);

    [Fact]
    public async Task AnEventHasABound()
    {
        string Body(int length) => $$"""{"Type":"{{_name}}","Action":"x","Key":"k","Object":"{{new string('b', length)}}"}""";
        var rest = Body(0).Length;
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("POST", "events", Body(PostedEvent.Octets - rest))).Status);
        var (status, refused) = await silo.CallAsync("POST", "events", Body(PostedEvent.Octets - rest + 1));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains($"{PostedEvent.Octets} octets", refused!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EachReaderSeesWhatItMayAndPostsWhatItMay()
    {
        var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_name}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
        await PostAsync(_name, "k");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_name}}"}""");
        await SeenAsync($"Type=profiles&Key={_name}");
        using var owner = await silo.LimitedAsync($"scope=machines&action=get&specific={uuid}");
        Assert.All(await EventsAsync("", owner), e => Assert.Equal(("machines", uuid), (e["Type"]!.ToString(), e["Key"]!.ToString())));
        Assert.NotEmpty(await EventsAsync("", owner));
        using (var reader = await EventReader.OpenAsync(owner, "?since=2020-01-01"))
            Assert.Equal(uuid, (await reader.HearAsync())["Key"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "events", Body(_name), owner)).Status);
        using var poster = await silo.LimitedAsync($"scope=events&action=post&specific={_name}");
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("POST", "events", Body(_name), poster)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "events", Body("other"), poster)).Status);
        Assert.Empty(await EventsAsync("", poster));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "logs", client: poster)).Status);
        using var nobody = new HttpClient { BaseAddress = silo.Http.BaseAddress };
        foreach (var path in new[] { "events", "events/stream", "logs" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await silo.CallAsync("GET", path, client: nobody)).Status);
    }

    [Fact]
    public async Task WhoMayListenNoLongerIsToldSo()
    {
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{_name}}","Roles":["superuser"]}""");
        await silo.OkAsync("PUT", $"users/{_name}/password", """{"Password":"p"}""");
        using var client = silo.Client(_name, "p");
        using var reader = await EventReader.OpenAsync(client, $"?Type={_name}");
        await silo.OkAsync("DELETE", $"users/{_name}");
        Assert.Equal(("end", "the user is gone"), await reader.NextAsync());
        Assert.Null(await reader.NextAsync());
    }

    [Fact]
    public async Task StreamsOfOneUserAreBoundedAsWebsocketsAre()
    {
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{_name}}","Roles":["superuser"]}""");
        using var client = silo.Client((await silo.OkAsync("GET", $"users/{_name}/token"))["Token"]!.ToString());
        var most = new GatewayOptions().ListenersOfUser;
        var readers = new List<EventReader>();
        try
        {
            for (var i = 0; i < most; i++) readers.Add(await EventReader.OpenAsync(client, $"?Type={_name}"));
            var (status, refused) = await silo.CallAsync("GET", "events/stream", client: client);
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
            Assert.Contains($"{most} listeners of one user", refused!.ToJsonString(), StringComparison.Ordinal);
            // Each of them hears.
            await PostAsync(_name, "k");
            foreach (var reader in readers) Assert.Equal("k", (await reader.HearAsync())["Key"]!.ToString());
        }
        finally
        {
            foreach (var reader in readers) reader.Dispose();
        }

        await Wait.UntilAsync(async () =>
        {
            using var again = await client.GetAsync(new Uri("events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
            return again.StatusCode == HttpStatusCode.OK;
        }, Soon, () => "the places of those who went are not free again");
    }

    [Fact]
    public async Task SomethingIsSentWhereNothingHappens()
    {
        using var reader = await EventReader.OpenAsync(silo.Http, $"?Type={_name}");
        var next = reader.NextAsync();
        await Wait.UntilAsync(() => Task.FromResult(reader.Comments > 0), Soon, () => "no heartbeat came");
        await PostAsync(_name, "k");
        Assert.Contains("\"k\"", Assert.NotNull(await next).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoComesBackTooLateIsToldThatSomeAreGone()
    {
        await PostAsync(_name, "k1");
        await SeenAsync($"Type={_name}");
        var seen = (await EventsAsync($"Type={_name}"))[0]["Seq"]!.ToString();
        await PostAsync(_name, "k2");
        await SeenAsync($"Type={_name}&Key=k2");
        var retention = silo.Service<IRetentionStore>();
        var piece = new TrimmedPiece(0, 0);
        while (piece.Next is { } next)
            piece = await retention.TrimAsync(RetentionRules.Events, next, DateTimeOffset.UtcNow.AddMinutes(1), long.MaxValue, default);
        await PostAsync(_name, "k3");
        using var reader = await EventReader.OpenAsync(silo.Http, $"?Type={_name}", seen);
        Assert.Equal("trimmed", Assert.NotNull(await reader.NextAsync()).Name);
        // The newest one is kept: its number is not given again.
        Assert.Equal("k2", (await reader.HearAsync())["Key"]!.ToString());
        Assert.Equal("k3", (await reader.HearAsync())["Key"]!.ToString());
        using var page = await silo.Http.GetAsync(new Uri($"events?Type={_name}", UriKind.Relative));
        Assert.Contains(" events, up to ", page.Headers.GetValues("X-Anvil-Trimmed").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLastLinesOfTheLogAreThereWithoutSecrets()
    {
        using var wrong = silo.Client("rocketskates", "a-wrong-password");
        await silo.CallAsync("GET", "info", client: wrong);
        var logger = silo.Service<ILoggerFactory>().CreateLogger("Anvil.Test");
        LoggerMessage.Define<string>(LogLevel.Warning, new EventId(1), "a line of {Name}")(logger, _name, null);
        var lines = (await silo.OkAsync("GET", "logs")).AsArray();
        Assert.InRange(lines.Count, 1, 1000);
        Assert.Contains(lines, l => l!["Message"]!.ToString() == $"a line of {_name}");
        foreach (var line in lines)
        {
            Assert.Equal(["Data", "File", "Group", "IgnorePublish", "Level", "Line", "Message", "Principal", "Seq", "Service", "Time"],
                line!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
            Assert.Contains(line["Level"]!.ToString(), new[] { "trace", "debug", "info", "warn", "error", "fatal" });
        }

        Assert.Equal(lines.Select(l => (long)l!["Seq"]!).Order(), lines.Select(l => (long)l!["Seq"]!));
        var text = lines.ToJsonString();
        Assert.DoesNotContain(SiloFixture.Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain("a-wrong-password", text, StringComparison.Ordinal);
    }

    private static string Action(JsonNode happened) => happened["Action"]!.ToString();

    private static string Body(string type) => $$"""{"Type":"{{type}}","Action":"did","Key":"k"}""";

    private async Task PostAsync(string type, string key)
        => Assert.Equal(HttpStatusCode.NoContent,
            (await silo.CallAsync("POST", "events", $$"""{"Type":"{{type}}","Action":"did","Key":"{{key}}"}""")).Status);

    private async Task<List<JsonNode>> EventsAsync(string query, HttpClient? client = null)
        => [.. (await silo.OkAsync("GET", $"events?{query}", client: client)).AsArray().Select(e => e!)];

    /// <summary>Waits until an event can be read: on PostgreSQL it is when all transactions before it have ended.</summary>
    private Task SeenAsync(string query)
        => Wait.UntilAsync(async () => (await EventsAsync(query)).Count > 0, Soon, () => $"no event of {query} can be read");
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleEventLogTests(SingleSilo silo) : EventLogTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterEventLogTests(SiloCluster silos) : EventLogTests(silos), IClassFixture<SiloCluster>;
