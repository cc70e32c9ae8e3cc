using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Storage;
using Dapper;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Tokens that want more than they have, passwords that are to be found out, and administrators that are to be got rid
/// of.</summary>
public abstract class TakeoverTests(SiloFixture silo)
{
    private const string Secret = "hunter2-0815";

    public static TheoryData<string> Malformed
        => ["x", "$$", "argon2id$$", "argon2id$!!$!!", "argon2id$AAAA$AAAA", "$argon2id$v=19$m=1$a$b"];

    [Fact]
    public async Task ALimitedTokenMakesNoWiderOne()
    {
        using var narrow = await silo.LimitedAsync("scope=users,machines&action=token,list&specific=*");
        foreach (var more in new[] { "scope=*", "action=*", "scope=machines&action=delete", "roles=superuser",
            "scope=profiles&action=list" })
            Assert.Equal(HttpStatusCode.Forbidden,
                (await silo.CallAsync("GET", $"users/rocketskates/token?{more}", client: narrow)).Status);
        foreach (var same in new[] { "", "?ttl=60", "?scope=machines&action=list" })
        {
            var (status, body) = await silo.CallAsync("GET", $"users/rocketskates/token{same}", client: narrow);
            Assert.Equal(HttpStatusCode.OK, status);
            using var made = silo.Client(body!["Token"]!.ToString());
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines", client: made)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "profiles", """{"Name":"wider"}""", made)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "prefs", client: made)).Status);
        }
    }

    [Theory]
    [InlineData("rocketskates", "")]
    [InlineData("", "")]
    [InlineData("rocketskates\0", "x")]
    [InlineData("nobody", "")]
    [InlineData("rocketskates", "the-first-passworD")]
    [InlineData("Rocketskates", SiloFixture.Password)]
    [InlineData("rocketskates ", SiloFixture.Password)]
    public async Task WhoIsNotRightIsToldNothing(string user, string password)
    {
        using var http = silo.Client(user, password);
        var (status, body) = await silo.CallAsync("GET", "machines", client: http);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal($$"""{"Model":"users","Key":"USER","Type":"","Messages":["Access Denied"],"Code":403}""",
            body!.ToJsonString()
                .Replace($"\"Key\":{JsonValue.Create(user)!.ToJsonString()}", "\"Key\":\"USER\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APasswordOfAnyLengthIsAnswered()
    {
        foreach (var length in new[] { 1025, 4000, 12_000 })
        {
            using var http = silo.Client("rocketskates", new string('x', length));
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: http)).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest,
            (await silo.CallAsync("PUT", "users/rocketskates/password", """{"Password":""}""")).Status);
        var role = (await silo.CallAsync("GET", "users/rocketskates/token?roles=nope")).Status;
        Assert.Equal(HttpStatusCode.BadRequest, role);
    }

    [Theory]
    [InlineData("PATCH", """[{"op":"replace","path":"/PasswordHash","value":"HASH"}]""")]
    [InlineData("PATCH", """[{"op":"add","path":"/PasswordHash","value":"HASH"},{"op":"add","path":"/Description","value":"x"}]""")]
    [InlineData("PATCH", """[{"op":"replace","path":"","value":{"Name":"NAME","Roles":["superuser"],"PasswordHash":"HASH"}}]""")]
    [InlineData("PUT", """{"Name":"NAME","Roles":["superuser"],"PasswordHash":"HASH"}""")]
    [InlineData("PUT password", """{"Password":"another"}""")]
    [InlineData("PATCH", """[{"op":"replace","path":"/Secret","value":"a new one"}]""")]
    public async Task AChangedPasswordOrSecretEndsTheTokensOfBefore(string method, string body)
    {
        var (name, _) = await UserAsync(["superuser"]);
        using var token = silo.Client(await TokenAsync(name));
        // What changes something else does not.
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", $"users/{name}", """[{"op":"replace","path":"/Description","value":"y"}]""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines?limit=1", client: token)).Status);
        body = body.Replace("HASH", Passwords.Hash("another"), StringComparison.Ordinal).Replace("NAME", name, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync(method.Split(' ')[0], $"users/{name}" + (method.Contains(' ') ? "/password" : ""), body)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines?limit=1", client: token)).Status);
    }

    /// <summary>What was made for a user while it was little is worth nothing when it is more: its tokens, and a password that somebody
    /// with fewer rights has set.</summary>
    [Theory]
    [InlineData("PATCH", """[{"op":"replace","path":"/Roles","value":["superuser"]}]""")]
    [InlineData("PUT", """{"Name":"NAME","Roles":["superuser"]}""")]
    public async Task WhatWasMadeForAUserEndsWhenItsRolesGrow(string method, string body)
    {
        using var desk = await silo.LimitedAsync("scope=users&action=create,update,get,token,password&specific=*");
        async Task<HttpStatusCode> StatusAsync(HttpClient client)
            => (await silo.CallAsync("GET", "machines?limit=1", client: client)).Status;
        async Task<HttpStatusCode> SetAsync(string name, string password, HttpClient? by)
            => (await silo.CallAsync("PUT", $"users/{name}/password", $$"""{"Password":"{{password}}"}""", by)).Status;
        foreach (var (by, own, holds) in new[]
        {
            ("superuser", false, true), ("superuser", true, true), ("desk", false, false), ("desk", true, false),
            ("hash", false, false), ("token", false, false),
        })
        {
            var (name, password) = await UserAsync([]);
            using var token = silo.Client((await silo.CallAsync("GET", $"users/{name}/token", client: desk)).Body!["Token"]!.ToString());
            if (by == "desk") Assert.Equal(HttpStatusCode.OK, await SetAsync(name, password = "theirs", desk));
            if (by == "token") Assert.Equal(HttpStatusCode.OK, await SetAsync(name, password = "theirs", token));
            if (by == "hash")
            {
                password = "theirs";
                var hash = $$"""[{"op":"add","path":"/PasswordHash","value":"{{Passwords.Hash(password)}}"}]""";
                Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"users/{name}", hash, desk)).Status);
                // Whose it is, is nobody's to say.
                var says = hash.Replace("}]", "},{\"op\":\"add\",\"path\":\"/SetByLess\",\"value\":false}]", StringComparison.Ordinal);
                Assert.InRange((int)(await silo.CallAsync("PATCH", $"users/{name}", says, desk)).Status, 400, 499);
            }

            if (own)
            {
                using var self = silo.Client(name, password);
                Assert.Equal(HttpStatusCode.OK, await SetAsync(name, password = "own-" + by, self));
            }

            using var late = silo.Client(await TokenAsync(name));
            using var basic = silo.Client(name, password);
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "info", client: basic)).Status);
            var (status, shown) = await silo.CallAsync(method, $"users/{name}",
                body.Replace("NAME", name, StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.DoesNotContain("SetByLess", shown!.ToJsonString(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(late));
            Assert.Equal((by, own, holds ? HttpStatusCode.OK : HttpStatusCode.Forbidden), (by, own, await StatusAsync(basic)));
            Assert.Equal(HttpStatusCode.OK, await SetAsync(name, "new", null));
            using var given = silo.Client(name, "new");
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(given));
        }
    }

    [Fact]
    public async Task AUserThatIsReadAndWrittenBackKeepsItsPasswordAndItsTokens()
    {
        var (name, password) = await UserAsync(["superuser"]);
        using var token = silo.Client(await TokenAsync(name));
        var read = (await silo.CallAsync("GET", $"users/{name}")).Body!;
        Assert.Equal(("", ""), (read["PasswordHash"]!.ToString(), read["Secret"]!.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PUT", $"users/{name}", read.ToJsonString())).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"users/{name}",
            """[{"op":"remove","path":"/PasswordHash"},{"op":"replace","path":"/Description","value":"z"}]""")).Status);
        using var basic = silo.Client(name, password);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines?limit=1", client: basic)).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines?limit=1", client: token)).Status);
    }

    [Theory]
    [InlineData("copy", "/PasswordHash", "/Description")]
    [InlineData("move", "/PasswordHash", "/Description")]
    [InlineData("copy", "/Secret", "/Description")]
    [InlineData("move", "/Secret", "/Meta/x")]
    [InlineData("copy", "", "/Meta/x")]
    [InlineData("copy", "/PasswordHash", "/Roles/0")]
    public async Task WhatIsWriteOnlyIsNotCopied(string op, string from, string path)
    {
        var (name, password) = await UserAsync([]);
        var (status, body) = await silo.CallAsync("PATCH", $"users/{name}", $$"""[{"op":"{{op}}","from":"{{from}}","path":"{{path}}"}]""");
        Assert.InRange((int)status, 400, 499);
        var (hash, secret) = Stored(name);
        foreach (var text in new[] { body!.ToJsonString(), (await silo.CallAsync("GET", $"users/{name}")).Body!.ToJsonString() })
        {
            Assert.DoesNotContain(hash, text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }

        using var basic = silo.Client(name, password);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "info", client: basic)).Status);
    }

    [Fact]
    public async Task WhatIsWriteOnlyIsNoOracle()
    {
        var (name, _) = await UserAsync([]);
        var (hash, secret) = Stored(name);
        async Task<string> GuessAsync(string path, JsonNode value)
        {
            var (status, body) = await silo.CallAsync("PATCH", $"users/{name}",
                new JsonArray(new JsonObject { ["op"] = "test", ["path"] = path, ["value"] = value }).ToJsonString());
            return $"{status} {body!["Messages"]![0]}";
        }

        foreach (var (path, right, wrong) in new[] { ("/PasswordHash", hash, Passwords.Hash("x")), ("/Secret", secret, "wrong") })
        {
            var answer = await GuessAsync(path, right);
            Assert.StartsWith("Conflict", answer, StringComparison.Ordinal);
            Assert.Equal(answer, await GuessAsync(path, wrong));
            Assert.Equal(answer, await GuessAsync(path, ""));
        }

        var whole = (JsonObject)(await silo.CallAsync("GET", $"users/{name}")).Body!.DeepClone();
        (whole["PasswordHash"], whole["Secret"]) = (hash, secret);
        var withThem = await GuessAsync("", whole);
        whole["PasswordHash"] = Passwords.Hash("x");
        Assert.Equal(withThem, await GuessAsync("", whole.DeepClone()));
        // Nor do lists go by them.
        foreach (var query in new[] { "PasswordHash=x", "Secret=Re(^a)", "sort=PasswordHash", "PasswordHash=Ne(x)" })
            Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", "users?" + query)).Status);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task AMalformedHashInTheStoreLetsNobodyInAndFailsNoRequest(string hash)
    {
        var name = $"bad-{Guid.NewGuid():N}";
        var store = silo.Service<ICatalogStore>();
        var user = new User { Name = name, PasswordHash = hash, Secret = "s", Roles = ["superuser"], Validated = true, Available = true };
        long? written = null;
        while (written is null)
            written = await store.WriteAsync(await store.RevisionAsync(CancellationToken.None),
                [new CatalogChange("users", name, user) { IsNew = true }], "", CancellationToken.None);
        await silo.Service<ICatalog>().AtLeastAsync(written.Value, CancellationToken.None);
        using var http = silo.Client(name, hash);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "machines", client: http)).Status);

        // It is written by nobody, and mended by a new password.
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await silo.CallAsync("POST", "users", $$"""{"Name":"{{name}}2","PasswordHash":"{{hash}}"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PUT", $"users/{name}/password", """{"Password":"good"}""")).Status);
        using var mended = silo.Client(name, "good");
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines?limit=1", client: mended)).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", $"users/{name}")).Status);
    }

    /// <summary>Two administrators that take the other's role away at once.</summary>
    [Fact]
    public async Task OneAdministratorRemainsWhoeverRacesWhom()
    {
        // Administrators that other tests left would make the last one of these not the last.
        foreach (var user in silo.Service<ICatalog>().Current.Users.Values.Where(u => u.Name != "rocketskates").ToList())
            await silo.CallAsync("DELETE", $"users/{user.Name}");
        var strip = """[{"op":"replace","path":"/Roles","value":[]}]""";
        foreach (var (method, body) in new[] { ("PATCH", strip), ("PUT", """{"Name":"rocketskates"}"""),
            ("PATCH", """[{"op":"remove","path":"/Roles/0"}]"""), ("PATCH", """[{"op":"replace","path":"/Roles/0","value":"nope"}]"""),
            ("PATCH", """[{"op":"replace","path":"/PasswordHash","value":"x"}]""") })
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync(method, "users/rocketskates", body)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("DELETE", "users/rocketskates")).Status);

        var (other, password) = await UserAsync(["superuser"], keep: true);
        using var ann = silo.Client(other, password);
        for (var round = 0; round < 6; round++)
        {
            var deletes = round % 2 == 1;
            var outcomes = await Task.WhenAll(
                silo.CallAsync("PATCH", $"users/{other}", strip),
                deletes ? silo.CallAsync("DELETE", "users/rocketskates", client: ann)
                    : silo.CallAsync("PATCH", "users/rocketskates", strip, ann));
            var admins = silo.Service<ICatalog>().Current.Users.Values.Where(u => u.Roles.Contains("superuser")).ToList();
            Assert.Single(admins);
            Assert.Single(outcomes, o => o.Status == HttpStatusCode.OK);
            // The one that is left gives the other its role back.
            var left = admins[0].Name == other ? ann : silo.Http;
            if (!silo.Service<ICatalog>().Current.Users.ContainsKey("rocketskates"))
            {
                await silo.CallAsync("POST", "users", """{"Name":"rocketskates"}""", left);
                await silo.CallAsync("PUT", "users/rocketskates/password", $$"""{"Password":"{{SiloFixture.Password}}"}""", left);
            }

            foreach (var user in new[] { "rocketskates", other })
                Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"users/{user}",
                    """[{"op":"replace","path":"/Roles","value":["superuser"]}]""", left)).Status);
        }
    }

    [Fact]
    public async Task ASecureValueThatBreaksItsSchemaIsShownNowhere()
    {
        var id = Guid.NewGuid().ToString("N")[..8];
        var param = "hostile/" + id;
        await silo.CallAsync("POST", "params",
            $$$"""{"Name":"{{{param}}}","Secure":true,"Schema":{"type":"string","maxLength":3,"pattern":"^[a-f]+$","enum":["abc"]}}""");
        var (_, machine) = await silo.CallAsync("POST", "machines", $$"""{"Name":"sec-{{id}}","BootEnv":"local"}""");
        var path = $"machines/{machine!["Uuid"]}";
        await silo.CallAsync("POST", "profiles", $$"""{"Name":"sec-{{id}}"}""");
        await silo.CallAsync("POST", "stages", $$"""{"Name":"sec-{{id}}"}""");
        string[] values = [$"\"{Secret}\"", $$"""{"{{Secret}}":1}""", $$"""["{{Secret}}"]"""];
        foreach (var value in values)
        {
            var all = $$"""{"{{param}}":{{value}}}""";
            (string, string, string)[] tries =
            [
                ("POST", $"{path}/params/{param}", value), ("POST", $"{path}/params", all),
                ("PATCH", path, $$"""[{"op":"add","path":"/Params","value":{{all}}}]"""),
                ("POST", "machines", $$"""{"Name":"sec2-{{id}}","Params":{{all}}}"""),
                ("POST", $"profiles/sec-{id}/params/{param}", value),
                ("POST", "profiles", $$"""{"Name":"sec2-{{id}}","Params":{{all}}}"""),
                ("PUT", $"profiles/sec-{id}", $$"""{"Name":"sec-{{id}}","Params":{{all}}}"""),
                ("POST", $"stages/sec-{id}/params/{param}", value),
                ("POST", "params", $$$"""{"Name":"{{{param}}}-d","Secure":true,"Schema":{"type":"integer","default":{{{value}}}}}"""),
            ];
            foreach (var (method, where, body) in tries)
            {
                var (status, error) = await silo.CallAsync(method, where, body);
                Assert.InRange((int)status, 400, 499);
                Assert.DoesNotContain(Secret, error!.ToJsonString(), StringComparison.Ordinal);
            }
        }

        // What is noted is written a moment later: this line comes after those of the tries.
        var last = $"last-{id}";
        silo.Service<Anvil.Contracts.Timeline.ITimeline>().Note(machine["Uuid"]!.ToString(), "", "api", last, "");
        await Wait.UntilAsync(async () => await RowsAsync("timeline", "what", last) == 1, TimeSpan.FromMinutes(1),
            () => "no line is written");
        foreach (var column in new[] { "what", "outcome", "detail" }) Assert.Equal(0, await RowsAsync("timeline", column, Secret));
        Assert.Equal(0, await RowsAsync("event", "detail", Secret));
    }

    [Fact]
    public async Task AUserWhoseNameLooksLikeAnothersIsNotMade()
    {
        var (name, _) = await UserAsync([]);
        await silo.CallAsync("POST", "users", """{"Name":"cope"}""");
        foreach (var twin in new[] { "\u0441\u043E\u0440\u0435", "c\u043Epe", "cope\u200B", "\uFF43ope" })
            Assert.Equal(HttpStatusCode.UnprocessableEntity,
                (await silo.CallAsync("POST", "users", new JsonObject { ["Name"] = twin }.ToJsonString())).Status);
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "users", $$"""{"Name":"пользователь-{{name}}"}"""
            .Replace("-" + name, "", StringComparison.Ordinal))).Status);
        await silo.CallAsync("DELETE", "users/пользователь");
        await silo.CallAsync("DELETE", "users/cope");
    }

    private (string Hash, string Secret) Stored(string name)
        => silo.Service<ICatalog>().Current.Users[name] is var user ? (user.PasswordHash, user.Secret) : default;

    private async Task<(string Name, string Password)> UserAsync(string[] roles, bool keep = false)
    {
        var name = (keep ? "kept-" : "user-") + Guid.NewGuid().ToString("N");
        var (status, _) = await silo.CallAsync("POST", "users",
            new JsonObject { ["Name"] = name, ["Roles"] = new JsonArray([.. roles.Select(r => JsonValue.Create(r))]) }.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, status);
        var password = "p-" + name;
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PUT", $"users/{name}/password", $$"""{"Password":"{{password}}"}""")).Status);
        return (name, password);
    }

    private async Task<string> TokenAsync(string name) => (await silo.CallAsync("GET", $"users/{name}/token")).Body!["Token"]!.ToString();

    private async Task<long> RowsAsync(string table, string column, string text)
    {
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table} WHERE {column} LIKE @pattern",
            new { pattern = $"%{text}%" });
    }
}

/// <summary>Takeovers of one silo on SQLite.</summary>
public sealed class SingleTakeoverTests(SingleSilo silo) : TakeoverTests(silo), IClassFixture<SingleSilo>;

/// <summary>Takeovers of a cluster on PostgreSQL.</summary>
public sealed class ClusterTakeoverTests(SiloCluster silo) : TakeoverTests(silo), IClassFixture<SiloCluster>;
