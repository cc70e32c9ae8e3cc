using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Storage;
using Dapper;

namespace Anvil.Silo.Tests.Webhooks;

/// <summary>Webhooks told of what happens, by receivers that take it, do not, or take their time.</summary>
public abstract class WebhookTests(WebhookFixture silo) : IAsyncLifetime
{
    private const string Secret = "a secret of twenty-six ch.";
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly string _name = "w" + Guid.NewGuid().ToString("N");
    private WebhookReceiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var webhook in (await silo.OkAsync("GET", "webhooks")).AsArray())
            await silo.OkAsync("DELETE", $"webhooks/{webhook!["Name"]}");
        await _receiver.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task DeliveriesAreInOrderAndSigned()
    {
        await MakeAsync();
        await PostAsync(0, 25);
        await UntilAsync(() => _receiver.Events.Count >= 25, () => $"{_receiver.Events.Count} of 25 events came");
        Assert.Equal(Keys(0, 25), _receiver.Keys);
        var logged = await silo.OkAsync("GET", $"events?Type={_name}");
        Assert.Equal(logged.AsArray().Select(e => e!.ToJsonString()), _receiver.Events.Select(e => e.ToJsonString()));
        Assert.All(_receiver.All, r =>
        {
            Assert.InRange(r.Events.Count(), 1, WebhookFixture.BatchEvents);
            Assert.Equal((_name, r.Delivery, "/in"),
                (r.Headers["X-Anvil-Webhook"], r.Json["Delivery"]!.ToString(), r.Path));
            Assert.StartsWith("application/json", r.Headers["Content-Type"], StringComparison.Ordinal);
            Assert.False((bool)r.Json["Ping"]!);
            AssertSigned(r, Secret);
        });
        var status = await StatusAsync();
        Assert.Equal(("", 25), ((string)status["Stopped"]!, (int)status["Delivered"]!));
        Assert.NotNull(status["LastSuccess"]);
    }

    [Fact]
    public async Task WhatIsNotTakenComesAgainUnderTheSameId()
    {
        var left = 2;
        _receiver.Answer = http => WebhookReceiver.Status(Interlocked.Decrement(ref left) >= 0 ? 500 : 204)(http);
        await MakeAsync();
        await PostAsync(0, 3);
        await UntilAsync(() => _receiver.Events.Count >= 3, () => "the events did not come");
        var first = _receiver.All.Take(3).ToList();
        Assert.Single(first.Select(r => r.Delivery).Distinct());
        Assert.All(first, r => Assert.Equal(first[0].Body, r.Body));
        Assert.All(first, r => AssertSigned(r, Secret));
        Assert.Equal(Keys(0, 3), _receiver.Keys);
        await UntilAsync(async () => (int)(await StatusAsync())["Delivered"]! == 3, () => "they do not count as delivered");
        Assert.Equal("answered 500", (await StatusAsync())["LastError"]!.ToString());
    }

    [Fact]
    public async Task WhatIsGivenUpIsToldOnceAndIsSentAgainWhenSomebodyAsks()
    {
        _receiver.Answer = WebhookReceiver.Status(503);
        await MakeAsync();
        await PostAsync(0, 1);
        await UntilAsync(async () => (await DeadLettersAsync()).Count == 1, () => "there is no dead letter");
        var dead = (await DeadLettersAsync())[0]!;
        Assert.Equal(WebhookFixture.Attempts, _receiver.All.Count);
        Assert.Equal((WebhookFixture.Attempts, 1, "answered 503"),
            ((int)dead["Attempts"]!, (int)dead["Events"]!, dead["Reason"]!.ToString()));
        var id = dead["Id"]!.ToString();
        Assert.Equal(id, Assert.Single(_receiver.All.Select(r => r.Delivery).Distinct()));
        await UntilAsync(async () => (await ToldAsync()).Count == 1, () => "the dead letter is not told");
        Assert.Contains(id, (await ToldAsync())[0]!["Detail"]!.ToString(), StringComparison.Ordinal);

        // It is still not taken, and delivery goes on.
        var again = await silo.OkAsync("POST", $"webhooks/{_name}/deadletters/{id}/redeliver");
        Assert.Equal((false, 503), ((bool)again["Taken"]!, (int)again["Status"]!));
        _receiver.Answer = WebhookReceiver.Status(200);
        await PostAsync(1, 2);
        await UntilAsync(() => _receiver.Keys.Contains("k01"), () => "delivery does not go on");
        again = await silo.OkAsync("POST", $"webhooks/{_name}/deadletters/{id}/redeliver");
        Assert.Equal((true, 1, id), ((bool)again["Taken"]!, (int)again["Events"]!, again["Delivery"]!.ToString()));
        Assert.Equal(("k00", id), (_receiver.All.Last().Events.Single()["Key"]!.ToString(), _receiver.All.Last().Delivery));
        Assert.Empty(await DeadLettersAsync());
        Assert.Single(await ToldAsync());
        foreach (var (method, path) in new[] { ("POST", "/redeliver"), ("DELETE", "") })
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync(method, $"webhooks/{_name}/deadletters/{id}{path}")).Status);
    }

    [Fact]
    public async Task DeadLettersCanBeDropped()
    {
        _receiver.Answer = WebhookReceiver.Status(500);
        await MakeAsync();
        await PostAsync(0, 1);
        await UntilAsync(async () => (await DeadLettersAsync()).Count == 1, () => "there is no dead letter");
        var id = (await DeadLettersAsync())[0]!["Id"]!.ToString();
        Assert.Equal(id, (await silo.OkAsync("DELETE", $"webhooks/{_name}/deadletters/{id}"))["Id"]!.ToString());
        Assert.Empty(await DeadLettersAsync());
        Assert.Equal(0, (int)(await StatusAsync())["DeadLetters"]!);
    }

    [Fact]
    public async Task ARestartGoesOnWithWhatWasUnderWay()
    {
        await MakeAsync();
        await PostAsync(0, 5);
        await UntilAsync(() => _receiver.Events.Count >= 5, () => "the first events did not come");
        _receiver.Answer = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
        await PostAsync(5, 10);
        await UntilAsync(() => _receiver.Keys.Contains("k05"), () => "the next ones are not under way");
        var under = _receiver.All.Last();
        await silo.RestartAsync();
        _receiver.Answer = WebhookReceiver.Status(200);
        await UntilAsync(async () => (int)(await StatusAsync())["Delivered"]! == 10, () => $"{_receiver.Events.Count} of 10 events came");
        Assert.Equal(Keys(0, 10), _receiver.Keys);
        Assert.Contains(_receiver.All.SkipWhile(r => r != under).Skip(1), r => r.Delivery == under.Delivery);
        Assert.Empty(await DeadLettersAsync());
    }

    [Fact]
    public async Task NobodyIsToldMoreThanTheOwnerMayHear()
    {
        var (user, role) = ($"u{_name}", $"r{_name}");
        await silo.OkAsync("POST", "roles", $$"""
            {"Name":"{{role}}","Claims":[{"scope":"webhooks","action":"*","specific":"*"},
            {"scope":"profiles","action":"get","specific":"{{_name}}-a"}]}
            """);
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{user}}","Roles":["{{role}}"]}""");
        await silo.OkAsync("PUT", $"users/{user}/password", """{"Password":"p"}""");
        using var http = silo.Client(user, "p");
        var made = await MakeAsync("profiles.*.*", client: http);
        Assert.Equal(user, made["Owner"]!.ToString());
        await ChangeAsync("b", "a");
        await UntilAsync(() => _receiver.Events.Count >= 1, () => "the owner is not told of what it may hear");
        Assert.Equal([$"{_name}-a"], _receiver.Keys);

        // A right that it is given later is none of the webhook's, until it says anew where deliveries go.
        await SetRoleAsync(role, $"{_name}-a,{_name}-b");
        await ChangeAsync("b", "a");
        await UntilAsync(() => _receiver.Events.Count >= 2, () => "the owner is told no more");
        Assert.Equal([$"{_name}-a", $"{_name}-a"], _receiver.Keys);
        await silo.OkAsync("PATCH", $"webhooks/{_name}", $$"""[{"op":"add","path":"/Secret","value":"{{Secret}}"}]""", http);
        await ChangeAsync("b", "a");
        await UntilAsync(() => _receiver.Events.Count >= 4, () => "the owner is not told of both");
        Assert.Equal([$"{_name}-b", $"{_name}-a"], _receiver.Keys.Skip(2));

        // What it lost, and all that happened meanwhile waits for whoever is the owner.
        await silo.OkAsync("PATCH", $"users/{user}", """[{"op":"replace","path":"/Roles","value":[]}]""");
        Assert.Contains("may not write it", (await StatusAsync())["Stopped"]!.ToString(), StringComparison.Ordinal);
        await ChangeAsync("a");
        await silo.OkAsync("DELETE", $"users/{user}");
        Assert.Contains("no user any more", (await StatusAsync())["Stopped"]!.ToString(), StringComparison.Ordinal);
        // Nor is another one of that name.
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{user}}","Roles":["superuser"]}""");
        await silo.OkAsync("PATCH", $"webhooks/{_name}", """[{"op":"replace","path":"/Description","value":"d"}]""");
        Assert.Contains("no user any more", (await StatusAsync())["Stopped"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(4, _receiver.Events.Count);
        var taken = await silo.OkAsync("PATCH", $"webhooks/{_name}", $$"""[{"op":"add","path":"/Secret","value":"{{Secret}}"}]""");
        Assert.Equal("rocketskates", taken["Owner"]!.ToString());
        await UntilAsync(() => _receiver.Events.Count >= 5, () => "the next owner is not told of what waited");
        Assert.Equal($"{_name}-a", _receiver.Keys[4]);
    }

    [Fact]
    public async Task ALimitedTokenMakesNoWebhookThatTellsMore()
    {
        using var narrow = await silo.LimitedAsync("scope=webhooks&action=*&specific=*");
        await MakeAsync("*.*.*", client: narrow);
        await ChangeAsync("a");
        await silo.OkAsync("PATCH", $"webhooks/{_name}", """[{"op":"replace","path":"/Description","value":"d"}]""");
        await UntilAsync(() => _receiver.Events.Any(e => e["Action"]!.ToString() == "update"), () => "it is not told of itself");
        Assert.All(_receiver.Events, e => Assert.Equal("webhooks", e["Type"]!.ToString()));
    }

    [Fact]
    public async Task WhoSaysWhereItGoesIsTheOwnerAndWhoChangesWordsIsNot()
    {
        var user = $"o{_name}";
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{user}}","Roles":["superuser"]}""");
        await silo.OkAsync("PUT", $"users/{user}/password", """{"Password":"p"}""");
        using var http = silo.Client(user, "p");
        await MakeAsync();
        async Task<string> OwnerAfterAsync(string field, string value)
            => (await silo.OkAsync("PATCH", $"webhooks/{_name}", $$"""[{"op":"replace","path":"/{{field}}","value":{{value}}}]""", http))
                ["Owner"]!.ToString();
        Assert.Equal("rocketskates", await OwnerAfterAsync("Description", "\"d\""));
        Assert.Equal("rocketskates", await OwnerAfterAsync("Enabled", "false"));
        Assert.Equal("rocketskates", await OwnerAfterAsync("Owner", $"\"{user}\""));
        Assert.Equal("rocketskates", await OwnerAfterAsync("Events", "[\"jobs.*.*\"]"));
        Assert.Equal(user, await OwnerAfterAsync("Url", "\"http://127.0.0.1:9/\""));
        await silo.OkAsync("DELETE", $"webhooks/{_name}");
        await silo.OkAsync("DELETE", $"users/{user}");
    }

    [Fact]
    public async Task SecretsAreShownToNobody()
    {
        var made = await MakeAsync();
        var whole = await silo.OkAsync("GET", $"webhooks/{_name}");
        Assert.Equal(("", ""), (made["Secret"]!.ToString(), whole["Secret"]!.ToString()));
        Assert.Null(whole["Grant"]);
        whole["Description"] = "sent back";
        await silo.OkAsync("PUT", $"webhooks/{_name}", whole.ToJsonString());
        foreach (var path in new[] { "webhooks", "logs", $"events?Key={_name}" })
            Assert.DoesNotContain(Secret, (await silo.OkAsync("GET", path)).ToJsonString(), StringComparison.Ordinal);
        foreach (var patch in new[]
        {
            $$"""[{"op":"test","path":"/Secret","value":"{{Secret}}"}]""", """[{"op":"copy","from":"/Secret","path":"/Description"}]""",
        }) Assert.NotEqual(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"webhooks/{_name}", patch)).Status);
        Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", $"webhooks?Secret={Secret}")).Status);
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        var stored = await connection.ExecuteScalarAsync<string>("SELECT body FROM document WHERE prefix = 'webhooks' AND key = @key",
            new { key = _name });
        Assert.Contains("sealed:", stored, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, stored, StringComparison.Ordinal);

        // It is still the one that was set.
        await PostAsync(0, 1);
        await UntilAsync(() => _receiver.Events.Count >= 1, () => "the event did not come");
        AssertSigned(_receiver.All.Last(), Secret);
    }

    [Fact]
    public async Task APingTellsItsOutcome()
    {
        await MakeAsync();
        var taken = await PingAsync();
        Assert.Equal((true, 200, ""), ((bool)taken["Taken"]!, (int)taken["Status"]!, taken["Error"]!.ToString()));
        var ping = Assert.Single(_receiver.All);
        Assert.True((bool)ping.Json["Ping"]!);
        Assert.Empty(ping.Events);
        AssertSigned(ping, Secret);
        _receiver.Answer = http =>
        {
            http.Response.StatusCode = 307;
            http.Response.Headers.Location = _receiver.Url + "/elsewhere";
            return Task.CompletedTask;
        };
        var redirected = await PingAsync();
        Assert.Equal((false, 307), ((bool)redirected["Taken"]!, (int)redirected["Status"]!));
        Assert.DoesNotContain(_receiver.All, r => r.Path == "/elsewhere");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("POST", "webhooks/nowhere/ping")).Status);
    }

    [Theory]
    [InlineData("http://127.0.0.2:1/", "Webhooks:Networks")]
    [InlineData("http://[::1]:1/", "Webhooks:Networks")]
    [InlineData("http://169.254.169.254/latest/meta-data", "Webhooks:Networks")]
    [InlineData("http://0x7f000002:1/", "Webhooks:Networks")]
    [InlineData("http://127.0.0.1:1/", "no connection")]
    [InlineData("http://nowhere.invalid/", "its host has no address")]
    public async Task NothingIsSentWhereNothingMayBe(string url, string why)
    {
        await MakeAsync(url: url);
        var outcome = await PingAsync();
        Assert.False((bool)outcome["Taken"]!);
        Assert.Contains(why, outcome["Error"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReceiverThatTakesItsTimeHoldsUpNobodyElse()
    {
        await using var slow = await WebhookReceiver.StartAsync();
        slow.Answer = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
        await MakeAsync(url: slow.Url, name: _name + "-slow");
        await MakeAsync();
        await PostAsync(0, 1);
        await UntilAsync(() => !slow.All.IsEmpty, () => "the slow one is not asked");
        await PostAsync(1, 20);
        await UntilAsync(() => _receiver.Events.Count >= 20, () => $"{_receiver.Events.Count} of 20 events came");
        Assert.Equal(Keys(0, 20), _receiver.Keys);
        Assert.Single(slow.All);
    }

    [Fact]
    public async Task AReceiverThatIsGoneIsAskedNoMore()
    {
        _receiver.Answer = WebhookReceiver.Status(410);
        await MakeAsync();
        await PostAsync(0, 1);
        await UntilAsync(async () => !(bool)(await silo.OkAsync("GET", $"webhooks/{_name}"))["Enabled"]!, () => "it is not disabled");
        await UntilAsync(async () => (await ToldAsync()).Count == 1, () => "it is not told");
        Assert.Contains("410", (await StatusAsync())["LastError"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("rocketskates", (await silo.OkAsync("GET", $"webhooks/{_name}"))["Owner"]!.ToString());
        _receiver.Answer = WebhookReceiver.Status(200);
        await silo.OkAsync("PATCH", $"webhooks/{_name}", """[{"op":"replace","path":"/Enabled","value":true}]""");
        await UntilAsync(async () => (int)(await StatusAsync())["Delivered"]! == 1, () => "what waited is not delivered");
        Assert.Equal(["k00"], _receiver.Keys);
        Assert.Empty(await DeadLettersAsync());
    }

    [Fact]
    public async Task NoWebhookIsToldOfWhatBecameOfItsOwnDeliveries()
    {
        _receiver.Answer = WebhookReceiver.Status(500);
        await MakeAsync("*.*." + _name);
        await UntilAsync(async () => (await DeadLettersAsync()).Count == 1, () => "its own creation is no dead letter");
        await UntilAsync(async () => (await ToldAsync()).Count == 1, () => "the dead letter is not told");
        _receiver.Answer = WebhookReceiver.Status(200);
        await silo.OkAsync("PATCH", $"webhooks/{_name}", """[{"op":"replace","path":"/Description","value":"d"}]""");
        await UntilAsync(() => _receiver.Events.Count >= 2, () => "it is not told of its change");
        Assert.Equal(["rocketskates", "rocketskates"], _receiver.Events.Select(e => e["Principal"]!.ToString()));
        Assert.Single(await ToldAsync());
    }

    [Fact]
    public async Task OneOfTheSameNameBeginsAnew()
    {
        _receiver.Answer = WebhookReceiver.Status(500);
        await MakeAsync();
        await PostAsync(0, 1);
        await UntilAsync(async () => (await DeadLettersAsync()).Count == 1, () => "there is no dead letter");
        await silo.OkAsync("DELETE", $"webhooks/{_name}");
        _receiver.Answer = WebhookReceiver.Status(200);
        _receiver.All.Clear();
        await MakeAsync();
        Assert.Empty(await DeadLettersAsync());
        await PostAsync(1, 2);
        await UntilAsync(() => _receiver.Events.Count >= 1, () => "the event did not come");
        Assert.Equal(["k01"], _receiver.Keys);
    }

    [Fact]
    public async Task ACertificateOfOnesOwnIsTakenByItsFingerprint()
    {
        using var key = RSA.Create(2048);
        var asked = new CertificateRequest("CN=webhook", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = asked.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var receiver = await WebhookReceiver.StartAsync(certificate);
        await MakeAsync(url: receiver.Url);
        Assert.Contains("no TLS connection", (await PingAsync())["Error"]!.ToString(), StringComparison.Ordinal);
        async Task PinAsync(string fingerprint) => await silo.OkAsync("PATCH", $"webhooks/{_name}",
            $$"""[{"op":"replace","path":"/Fingerprint","value":"{{fingerprint}}"}]""");
        await PinAsync(new string('0', 64));
        Assert.False((bool)(await PingAsync())["Taken"]!);
        await PinAsync(certificate.GetCertHashString(HashAlgorithmName.SHA256));
        Assert.True((bool)(await PingAsync())["Taken"]!);
    }

    [Theory]
    [InlineData("Url", "\"\"")]
    [InlineData("Url", "\"/only/a/path\"")]
    [InlineData("Url", "\"ftp://host/\"")]
    [InlineData("Url", "\"file:///etc/passwd\"")]
    [InlineData("Url", "\"http://user:password@host/\"")]
    [InlineData("Url", "\"http://host/#part\"")]
    [InlineData("Url", "\"http://host/ä\"")]
    [InlineData("Events", "[]")]
    [InlineData("Events", "[\"machines\"]")]
    [InlineData("Events", "[\"machines.*\"]")]
    [InlineData("Secret", "\"short\"")]
    [InlineData("Secret", "\"\"")]
    [InlineData("Secret", "\"sealed:{} and some more\"")]
    [InlineData("Fingerprint", "\"abc\"")]
    [InlineData("Name", "\"?\"")]
    public async Task WhatIsNoWebhookIsRefused(string field, string value)
    {
        var body = Body(_name, "http://127.0.0.1:9/", "*.*.*");
        body[field] = JsonNode.Parse(value);
        var (status, answer) = await silo.CallAsync("POST", "webhooks", body.ToJsonString());
        Assert.True(status == HttpStatusCode.UnprocessableEntity, $"{status} {answer}");
    }

    [Theory]
    [InlineData("GET", "status", "get")]
    [InlineData("GET", "deadletters", "get")]
    [InlineData("POST", "ping", "ping")]
    [InlineData("POST", "deadletters/none/redeliver", "redeliver")]
    [InlineData("DELETE", "deadletters/none", "redeliver")]
    public async Task EachCallNeedsItsRight(string method, string path, string right)
    {
        await MakeAsync();
        foreach (var other in new[] { "get", "list", "update", "ping", "redeliver", "delete", "create" })
        {
            using var client = await silo.LimitedAsync($"scope=webhooks&action={other}&specific={_name}");
            var (status, answer) = await silo.CallAsync(method, $"webhooks/{_name}/{path}", null, client);
            var isTaken = status == HttpStatusCode.OK
                || (status == HttpStatusCode.NotFound && answer!.ToString().Contains("no dead letter", StringComparison.Ordinal));
            Assert.True(isTaken == (other == right), $"{method} {path} with {other}: {status} {answer}");
        }
    }

    private static JsonObject Body(string name, string url, string pattern) => new()
    {
        ["Name"] = name,
        ["Url"] = url,
        ["Events"] = new JsonArray(pattern),
        ["Secret"] = Secret,
    };

    private static IEnumerable<string> Keys(int from, int to) => Enumerable.Range(from, to - from).Select(i => $"k{i:00}");

    /// <summary>The signature as docs/api.md tells receivers to check it.</summary>
    private static void AssertSigned(Received received, string secret)
    {
        var parts = received.Headers["X-Anvil-Signature"].Split(',').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1],
            StringComparer.Ordinal);
        Assert.Equal(received.Headers["X-Anvil-Timestamp"], parts["t"]);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts["t"], CultureInfo.InvariantCulture)),
            DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        byte[] signed = [.. Encoding.UTF8.GetBytes(parts["t"] + "."), .. received.Body];
        Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)), parts["v1"]);
    }

    private static Task UntilAsync(Func<bool> condition, Func<string> problem)
        => UntilAsync(() => Task.FromResult(condition()), problem);

    private static Task UntilAsync(Func<Task<bool>> condition, Func<string> problem) => Support.Wait.UntilAsync(condition, Soon, problem);

    private Task<JsonNode> MakeAsync(string? pattern = null, string? url = null, string? name = null, HttpClient? client = null)
        => silo.OkAsync("POST", "webhooks",
            Body(name ?? _name, url ?? _receiver.Url + "/in", pattern ?? $"{_name}.*.*").ToJsonString(), client);

    private async Task PostAsync(int from, int to)
    {
        foreach (var key in Keys(from, to))
        {
            var (status, answer) = await silo.CallAsync("POST", "events", $$"""{"Type":"{{_name}}","Action":"happens","Key":"{{key}}"}""");
            Assert.True(status == HttpStatusCode.NoContent, $"{status} {answer}");
        }
    }

    /// <summary>Makes profiles, or changes them, in this order.</summary>
    private async Task ChangeAsync(params string[] names)
    {
        foreach (var name in names)
        {
            var path = $"profiles/{_name}-{name}";
            if ((await silo.CallAsync("GET", path)).Status == HttpStatusCode.NotFound)
                await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_name}}-{{name}}"}""");
            else
                await silo.OkAsync("PATCH", path,
                    $$"""[{"op":"replace","path":"/Description","value":"{{Guid.NewGuid()}}"}]""");
        }
    }

    private Task SetRoleAsync(string role, string profiles) => silo.OkAsync("PATCH", $"roles/{role}",
        $$"""[{"op":"replace","path":"/Claims/1","value":{"scope":"profiles","action":"get","specific":"{{profiles}}"} }]""");

    private Task<JsonNode> StatusAsync() => silo.OkAsync("GET", $"webhooks/{_name}/status");

    private Task<JsonNode> PingAsync() => silo.OkAsync("POST", $"webhooks/{_name}/ping");

    private async Task<JsonArray> DeadLettersAsync() => (await silo.OkAsync("GET", $"webhooks/{_name}/deadletters")).AsArray();

    /// <summary>What Anvil itself tells of the webhook.</summary>
    private async Task<JsonArray> ToldAsync()
        => (await silo.OkAsync("GET", $"events?Type=webhooks&Key={_name}&Principal=webhooks")).AsArray();
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleWebhookTests(WebhookSilo silo) : WebhookTests(silo), IClassFixture<WebhookSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterWebhookTests(WebhookCluster silos) : WebhookTests(silos), IClassFixture<WebhookCluster>;
