using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Objects.Access;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Tokens that are expired, revoked, narrowed or forged: each is refused what it is no longer, or never was, good for.</summary>
public abstract class TokenTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public async Task AnExpiredTokenIsRefused()
    {
        using var client = silo.Client(await TokenAsync("rocketskates", "?ttl=2"));
        await RefusedAsync(client, "the token of two seconds is still good");
    }

    [Fact]
    public async Task ATokenLivesAYearAtMost()
    {
        foreach (var ttl in new[] { "0", "-1", "31536001", "1e3", "x" })
            Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("GET", $"users/rocketskates/token?ttl={ttl}")).Status);
    }

    [Fact]
    public async Task ATokenIsRevokedByItsUsersSecret()
    {
        var name = await UserAsync("superuser");
        using var client = silo.Client(await TokenAsync(name));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines", client: client)).Status);
        await silo.OkAsync("PATCH", $"users/{name}", """[{"op":"replace","path":"/Secret","value":"another"}]""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: client)).Status);
    }

    [Fact]
    public async Task ATokenIsRevokedByItsMachinesSecret()
    {
        var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"t-{{_mark}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
        using var client = silo.Client((await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid }))(
            uuid, Soon, ""));
        await silo.OkAsync("GET", $"machines/{uuid}", client: client);
        await silo.OkAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Secret","value":"another"}]""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", $"machines/{uuid}", client: client)).Status);
    }

    [Fact]
    public async Task ATokenIsRevokedByItsId()
    {
        var name = await UserAsync("superuser");
        var (first, id) = await WithIdAsync(name);
        var (second, other) = await WithIdAsync(name);
        using var one = silo.Client(first);
        using var two = silo.Client(second);
        foreach (var bad in new[] { "", "?id=", "?id=x", $"?id={id.ToUpperInvariant()}x", "?ids=" + id })
            Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("DELETE", $"users/{name}/token{bad}")).Status);
        using var stranger = await silo.LimitedAsync("scope=machines&action=*&specific=*");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"users/{name}/token?id={id}", client: stranger)).Status);
        await silo.OkAsync("GET", "machines", client: one);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"users/{name}/token?id={id}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: one)).Status);
        // The other one is good until whoever has it ends it, with whatever rights it has.
        await silo.OkAsync("GET", "machines", client: two);
        using var narrow = silo.Client(await TokenAsync(name, "?scope=machines&action=get&specific=none"));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"users/{name}/token?id={other}", client: narrow)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"users/{name}/token", client: narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: narrow)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"users/{name}/token", client: two)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: two)).Status);
        // Nobody is shown which, and a change of the user forgets none of them.
        Assert.DoesNotContain(id, (await silo.OkAsync("GET", $"users/{name}")).ToJsonString(), StringComparison.Ordinal);
        await silo.OkAsync("PUT", $"users/{name}", $$"""{"Name":"{{name}}","Roles":["superuser"]}""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: one)).Status);
        Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", "users?Revoked=x")).Status);
    }

    [Theory]
    [InlineData("systemGrantorSecret", "another grantor")]
    [InlineData("baseTokenSecret", "0123456789abcdef0123456789abcdef")]
    public async Task AllTokensAreRevokedAtOnce(string pref, string secret)
    {
        using var client = silo.Client(await TokenAsync("rocketskates"));
        await silo.OkAsync("GET", "machines", client: client);
        await silo.OkAsync("POST", "prefs", new JsonObject { [pref] = secret + (pref[0] == 's' ? _mark : "") }.ToJsonString());
        await RefusedAsync(client, $"a token is good after {pref} was changed");
    }

    [Fact]
    public async Task ANarrowedTokenDoesWhatItIsForAndNoMore()
    {
        using var client = silo.Client(await TokenAsync("rocketskates", "?scope=profiles&action=get,list,update:/Description&specific=*"));
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"n-{{_mark}}"}""");
        await silo.OkAsync("GET", $"profiles/n-{_mark}", client: client);
        await silo.OkAsync("PATCH", $"profiles/n-{_mark}", """[{"op":"add","path":"/Description","value":"x"}]""", client);
        foreach (var (method, path, body) in new[]
        {
            ("PATCH", $"profiles/n-{_mark}", """[{"op":"add","path":"/Params","value":{}}]"""),
            ("PATCH", $"profiles/n-{_mark}", """[{"op":"add","path":"/Params/x","value":1}]"""),
            ("PATCH", $"profiles/n-{_mark}", """[{"op":"add","path":"","value":{}}]"""),
            ("PATCH", $"profiles/n-{_mark}", """[{"op":"move","from":"/Meta","path":"/Description"}]"""),
            ("PUT", $"profiles/n-{_mark}", $$"""{"Name":"n-{{_mark}}"}"""),
            ("POST", $"profiles/n-{_mark}/params/x", "1"), ("DELETE", $"profiles/n-{_mark}", null),
            ("POST", "profiles", $$"""{"Name":"m-{{_mark}}"}"""), ("GET", "prefs", null), ("POST", "machines", """{"Name":"n"}"""),
        })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync(method, path, body, client)).Status);
        foreach (var path in new[] { "machines", "users", "roles", "tenants" })
            Assert.Equal("[]", (await silo.OkAsync("GET", path, client: client)).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "users/rocketskates", client: client)).Status);
    }

    /// <summary>DRP: a role is asked for that the user has, or all of whose rights it has; what the role loses, its tokens lose.</summary>
    [Fact]
    public async Task ATokenOfARoleHasWhatTheRoleHas()
    {
        await silo.OkAsync("POST", "roles",
            $$"""{"Name":"reader-{{_mark}}","Claims":[{"scope":"profiles","action":"list,get","specific":"*"}]}""");
        var profile = $"profiles/seen-{_mark}";
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"seen-{{_mark}}"}""");
        using var client = silo.Client(await TokenAsync("rocketskates", $"?roles=reader-{_mark}"));
        await silo.OkAsync("GET", profile, client: client);
        Assert.Equal("[]", (await silo.OkAsync("GET", "users", client: client)).ToJsonString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("GET", "users/rocketskates/token?roles=superuser", client: client)).Status);
        await silo.OkAsync("PATCH", $"roles/reader-{_mark}", """[{"op":"replace","path":"/Claims","value":[]}]""");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", profile, client: client)).Status);
        await silo.OkAsync("DELETE", $"roles/reader-{_mark}");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", profile, client: client)).Status);
        // One that it has not, and a role with nothing in it, which is no token with everything.
        var plain = await UserAsync();
        await silo.OkAsync("POST", "roles", $$"""{"Name":"none-{{_mark}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("GET", $"users/{plain}/token?roles=superuser")).Status);
        using var none = silo.Client(await TokenAsync("rocketskates", $"?roles=none-{_mark}"));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", profile, client: none)).Status);
    }

    /// <summary>Whoever asks with it for another one does not keep what the role loses.</summary>
    [Fact]
    public async Task ATokenThatFollowsRolesMakesOnlySuch()
    {
        foreach (var (role, action) in new[] { ("maker", "list,get,token"), ("other", "get") })
            await silo.OkAsync("POST", "roles",
                $$"""{"Name":"{{role}}-{{_mark}}","Claims":[{"scope":"profiles,users","action":"{{action}}","specific":"*"}]}""");
        var profile = $"profiles/seen-{_mark}";
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"seen-{{_mark}}"}""");
        using var first = silo.Client(await TokenAsync("rocketskates", $"?roles=maker-{_mark}"));
        var made = new List<string>();
        foreach (var words in new[] { "", $"?roles=maker-{_mark}", "?scope=profiles&action=get&specific=*" })
        {
            made.Add((await silo.OkAsync("GET", $"users/rocketskates/token{words}", client: first))["Token"]!.ToString());
            using var client = silo.Client(made[^1]);
            await silo.OkAsync("GET", profile, client: client);
        }

        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("GET", $"users/rocketskates/token?roles=other-{_mark}", client: first)).Status);
        await silo.OkAsync("PATCH", $"roles/maker-{_mark}", """[{"op":"replace","path":"/Claims","value":[]}]""");
        foreach (var token in made)
        {
            using var client = silo.Client(token);
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", profile, client: client)).Status);
        }
    }

    /// <summary>While a silo's clock may be behind, a token that has ended here is good there.</summary>
    [Fact]
    public async Task ARevokedTokenIsRememberedForLongerThanItLives()
    {
        var name = await UserAsync();
        var (own, mine) = await WithIdAsync(name);
        var (_, other) = await WithIdAsync(name);
        var now = DateTimeOffset.UtcNow;
        using var client = silo.Client(own);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"users/{name}/token?id={other}")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"users/{name}/token", client: client)).Status);
        var revoked = silo.Service<ICatalog>().Current.Users[name].Revoked!;
        Assert.True(revoked[other] >= (now + TimeSpan.FromSeconds(UserVerbs.LongestLife) + Tokens.MostAhead).ToUnixTimeSeconds());
        Assert.True(revoked[mine] >= (now + TimeSpan.FromMinutes(59) + Tokens.MostAhead).ToUnixTimeSeconds());
    }

    public static TheoryData<string> Forgeries =>
        ["payload", "signature", "none", "other key", "other algorithm", "no signature", "other subject", "empty", "cut"];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task AForgedTokenIsRefused(string how)
    {
        var token = await TokenAsync("rocketskates", "?scope=machines&action=get&specific=none");
        var parts = token.Split('.');
        var payload = JsonNode.Parse(Decoded(parts[1]))!.AsObject();
        string Signed(string header, JsonObject body, Func<byte[], byte[]> sign)
        {
            var text = $"{Encoded(Encoding.UTF8.GetBytes(header))}.{Encoded(Encoding.UTF8.GetBytes(body.ToJsonString()))}";
            return $"{text}.{Encoded(sign(Encoding.ASCII.GetBytes(text)))}";
        }

        var wider = payload.DeepClone().AsObject();
        wider.Remove("limits");
        var key = SHA256.HashData("0123456789abcdef0123456789abcdef"u8);
        var forged = how switch
        {
            "payload" => $"{parts[0]}.{Encoded(Encoding.UTF8.GetBytes(wider.ToJsonString()))}.{parts[2]}",
            "signature" => $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            "none" => Signed("""{"alg":"none","typ":"JWT"}""", wider, _ => []),
            "other key" => Signed("""{"alg":"HS256","typ":"JWT"}""", wider, text => HMACSHA256.HashData(new byte[32], text)),
            "other algorithm" => Signed("""{"alg":"HS512","typ":"JWT"}""", wider, text => HMACSHA512.HashData(key, text)),
            "no signature" => $"{parts[0]}.{parts[1]}.",
            "other subject" => new Tokens(TimeProvider.System).Issue("rocketskates", PrincipalKind.User, Soon,
                "another secret of thirty-two char", "", ""),
            "empty" => "..",
            _ => token[..^10],
        };
        using var client = silo.Client(forged);
        var (status, body) = await silo.CallAsync("GET", "machines", client: client);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal("""{"Model":"system","Key":"","Type":"","Messages":["Invalid Token"],"Code":403}""", body!.ToJsonString());
    }

    private static string Encoded(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[] Decoded(string text)
        => Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));

    private async Task RefusedAsync(HttpClient client, string why)
    {
        using var patience = new CancellationTokenSource(Soon);
        while ((await silo.CallAsync("GET", "machines", client: client)).Status != HttpStatusCode.Forbidden)
            Assert.False(patience.IsCancellationRequested, why);
    }

    private async Task<string> UserAsync(params string[] roles)
    {
        var name = $"t-{Guid.NewGuid():N}";
        await silo.OkAsync("POST", "users", new JsonObject
        {
            ["Name"] = name,
            ["Roles"] = new JsonArray([.. roles.Select(r => JsonValue.Create(r))]),
        }.ToJsonString());
        return name;
    }

    private async Task<string> TokenAsync(string user, string query = "")
        => (await silo.OkAsync("GET", $"users/{user}/token{query}"))["Token"]!.ToString();

    private async Task<(string Token, string Id)> WithIdAsync(string user)
    {
        using var answer = await silo.Http.GetAsync($"users/{user}/token");
        return (JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["Token"]!.ToString(),
            answer.Headers.GetValues("X-Anvil-Token-Id").Single());
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleTokenTests(SingleSilo silo) : TokenTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterTokenTests(SiloCluster silo) : TokenTests(silo), IClassFixture<SiloCluster>;
