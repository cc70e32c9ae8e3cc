using System.Net;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Roles: what users have is what theirs have together, and nobody writes one that gives more than he has.</summary>
public abstract class RoleTests(SiloFixture silo)
{
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    /// <summary>As the exchange 017-roles-list was recorded.</summary>
    [Fact]
    public async Task SuperuserIsBuiltInAndCannotBeChanged()
    {
        var found = await silo.OkAsync("GET", "roles/superuser");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(
            """
            {"Validated":true,"Available":true,"Errors":[],"ReadOnly":true,"Meta":{},"Endpoint":"","Bundle":"BasicStore",
             "Name":"superuser","Claims":[{"scope":"*","action":"*","specific":"*"}],"Description":"","Documentation":""}
            """), found), found.ToJsonString());
        foreach (var (method, path, body) in new[]
        {
            ("PATCH", "roles/superuser", """[{"op":"replace","path":"/Claims","value":[]}]"""),
            ("PUT", "roles/superuser", """{"Name":"superuser","Claims":[]}"""), ("DELETE", "roles/superuser", null),
        })
            Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync(method, path, body)).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("POST", "roles", """{"Name":"superuser"}""")).Status);
        Assert.Contains("superuser", (await silo.OkAsync("GET", "roles?Name=superuser")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AUserHasTheRightsOfAllItsRolesDownToThePointer()
    {
        await ProfileAsync();
        await RoleAsync("read", "machines,profiles", "list,get");
        await RoleAsync("tag", "machines", "update:/Params/tag");
        var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"r-{{_mark}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
        using var user = await UserAsync("both", "read", "tag");
        await silo.OkAsync("GET", $"machines/{uuid}", client: user);
        await silo.OkAsync("PATCH", $"machines/{uuid}", """[{"op":"add","path":"/Params/tag","value":"x"}]""", user);
        await silo.OkAsync("PATCH", $"machines/{uuid}", """[{"op":"add","path":"/Params/tag","value":{"a":1}}]""", user);
        await silo.OkAsync("PATCH", $"machines/{uuid}", """[{"op":"add","path":"/Params/tag/b","value":2}]""", user);
        foreach (var pointer in new[] { "/Params/tagged", "/Params", "/Description", "/Params/other" })
        {
            var (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}",
                $$"""[{"op":"add","path":"{{pointer}}","value":"x"}]""", user);
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.Contains($"update:{pointer}", body!.ToJsonString(), StringComparison.Ordinal);
        }

        // A role that changes counts at once; one that is used stays.
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("DELETE", $"roles/read-{_mark}")).Status);
        await silo.OkAsync("PATCH", $"roles/read-{_mark}", """[{"op":"replace","path":"/Claims/0/scope","value":"profiles"}]""");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{uuid}", client: user)).Status);
        await silo.OkAsync("GET", Profile, client: user);
        await silo.OkAsync("PATCH", $"users/both-{_mark}", """[{"op":"replace","path":"/Roles","value":[]}]""");
        await silo.OkAsync("DELETE", $"roles/read-{_mark}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", $"users/both-{_mark}",
            $$"""[{"op":"replace","path":"/Roles","value":["read-{{_mark}}"]}]""")).Status);
    }

    /// <summary>What a role names is looked at one by one, by whoever writes it and by all who have it.</summary>
    [Fact]
    public async Task ARoleNamesNoMoreThanCanBeLookedAt()
    {
        await RoleAsync("desk", "roles,users", "*");
        using var desk = await UserAsync("desk", "desk");
        string Claims(int keys) => new JsonArray(new JsonObject
        {
            ["scope"] = "roles",
            ["action"] = "get",
            ["specific"] = string.Join(',', Enumerable.Range(0, keys).Select(i => $"k{i}")),
        }).ToJsonString();
        await silo.OkAsync("POST", "roles", $$"""{"Name":"many-{{_mark}}","Claims":{{Claims(Claim.MostParts)}}}""", desk);
        foreach (var client in new[] { desk, silo.Http })
        {
            foreach (var (method, path, body) in new[]
            {
                ("POST", "roles", $$"""{"Name":"more-{{_mark}}","Claims":{{Claims(Claim.MostParts + 1)}}}"""),
                ("PUT", $"roles/many-{_mark}", $$"""{"Name":"many-{{_mark}}","Claims":{{Claims(Claim.MostParts + 1)}}}"""),
                ("POST", "tasks", $$"""{"Name":"more-{{_mark}}","ExtraClaims":{{Claims(Claim.MostParts + 1)}}}"""),
            })
            {
                var (status, answer) = await silo.CallAsync(method, path, body, client);
                if (client == desk && path == "tasks") continue;
                Assert.True(status == HttpStatusCode.UnprocessableEntity, $"{method} {path}: {status} {answer}");
                Assert.Contains("name them by *", answer!.ToJsonString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>What is named is more than there are numbers: it is refused before anybody looks at it.</summary>
    [Fact]
    public async Task AClaimBeyondAllNumbersIsRefusedAtOnce()
    {
        await RoleAsync("two", "tasks,jobs", "*");
        using var user = await UserAsync("two", "two");
        var claim = new JsonObject
        {
            ["Scope"] = string.Join(',', Enumerable.Repeat("tasks,jobs", 1 << 19)),
            ["Action"] = new string(',', (1 << 21) - 1),
            ["Specific"] = new string(',', (1 << 22) - 1),
        };
        var (status, answer) = await silo.CallAsync("POST", "tasks",
            new JsonObject { ["Name"] = $"x-{_mark}", ["ExtraClaims"] = new JsonArray(claim) }.ToJsonString(), user);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("name them by *", answer!.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>A role that is named often is given once, and a user has no more than it may, however it is written.</summary>
    [Fact]
    public async Task ARoleIsGivenOnce()
    {
        await RoleAsync("read", "machines", "get");
        await UserAsync("often", "read");
        var often = string.Join(',', Enumerable.Repeat($"\"read-{_mark}\"", 5000));
        var user = await silo.OkAsync("PUT", $"users/often-{_mark}", $$"""{"Name":"often-{{_mark}}","Roles":[{{often}}]}""");
        Assert.Equal($"read-{_mark}", Assert.Single(user["Roles"]!.AsArray())!.ToString());
        for (var i = 0; i < Roles.MostOfUser; i++) await RoleAsync($"r{i}", "machines", "get");
        var many = string.Join(',', Enumerable.Range(0, Roles.MostOfUser).Select(i => $"\"r{i}-{_mark}\""));
        await silo.OkAsync("PUT", $"users/often-{_mark}", $$"""{"Name":"often-{{_mark}}","Roles":[{{many}}]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PUT", $"users/often-{_mark}",
            $$"""{"Name":"often-{{_mark}}","Roles":[{{many}},"read-{{_mark}}"]}""")).Status);
    }

    [Fact]
    public async Task NobodyGivesWhatHeHasNot()
    {
        await RoleAsync("desk", "roles,users,tenants", "*");
        await RoleAsync("more", "machines", "*");
        using var desk = await UserAsync("desk", "desk");
        await UserAsync("strong", "more");
        var own = $$"""[{"scope":"users","action":"get","specific":"*"}]""";
        await silo.OkAsync("POST", "roles", $$"""{"Name":"own-{{_mark}}","Claims":{{own}}}""", desk);
        const string All = """[{"scope":"*","action":"*","specific":"*"}]""";
        const string Some = """[{"scope":"users","action":"get","specific":"*"},{"scope":"machines","action":"get","specific":"x"}]""";
        foreach (var claims in new[] { All, Some })
        {
            foreach (var (method, path, body) in new[]
            {
                ("POST", "roles", $$"""{"Name":"new-{{_mark}}","Claims":{{claims}}}"""),
                ("PUT", $"roles/own-{_mark}", $$"""{"Name":"own-{{_mark}}","Claims":{{claims}}}"""),
                ("PATCH", $"roles/own-{_mark}", $$"""[{"op":"replace","path":"/Claims","value":{{claims}}}]"""),
                ("PATCH", $"roles/own-{_mark}", """[{"op":"replace","path":"/Claims/0/scope","value":"machines"}]"""),
                ("PATCH", $"roles/own-{_mark}",
                    $$$"""[{"op":"add","path":"","value":{"Name":"own-{{{_mark}}}","Claims":{{{claims}}}}}]"""),
            })
            {
                var (status, answer) = await silo.CallAsync(method, path, body, desk);
                Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} {body}: {status} {answer}");
            }
        }

        foreach (var (method, path, body) in new[]
        {
            ("PATCH", $"roles/more-{_mark}", """[{"op":"add","path":"/Description","value":"x"}]"""),
            ("DELETE", $"roles/more-{_mark}", null),
            ("POST", "users", $$"""{"Name":"new-{{_mark}}","Roles":["more-{{_mark}}"]}"""),
            ("POST", "users", $$"""{"Name":"new-{{_mark}}","Roles":["superuser"]}"""),
            ("PATCH", $"users/desk-{_mark}", $$"""[{"op":"add","path":"/Roles/-","value":"more-{{_mark}}"}]"""),
            ("PUT", $"users/strong-{_mark}", $$"""{"Name":"strong-{{_mark}}"}"""),
            ("PUT", $"users/strong-{_mark}/password", """{"Password":"mine"}"""), ("GET", $"users/strong-{_mark}/token", null),
            ("POST", "tenants", $$"""{"Name":"new-{{_mark}}","Members":{},"Users":["strong-{{_mark}}"]}"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, desk);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} {body}: {status} {answer}");
        }

        // What it has it gives, and its own password it sets.
        await silo.OkAsync("POST", "users", $$"""{"Name":"given-{{_mark}}","Roles":["own-{{_mark}}"]}""", desk);
        await silo.OkAsync("PATCH", $"roles/own-{_mark}", """[{"op":"replace","path":"/Claims/0/action","value":"get,list"}]""", desk);
        await silo.OkAsync("PUT", $"users/desk-{_mark}/password", """{"Password":"p"}""", desk);
    }

    /// <summary>Whoever set the password, or took a token, when the user was less, is not what the user is now.</summary>
    [Fact]
    public async Task WhatARoleGrowsByIsNobodysWhoKnewThePassword()
    {
        await ProfileAsync();
        await RoleAsync("small", "profiles", "get");
        await RoleAsync("desk", "users,profiles", "password,token,get");
        using var desk = await UserAsync("desk", "desk");
        using var first = await UserAsync("grown", "small");
        await silo.OkAsync("PUT", $"users/grown-{_mark}/password", """{"Password":"known"}""", desk);
        using var known = silo.Client($"grown-{_mark}", "known");
        await silo.OkAsync("GET", Profile, client: known);
        var ofDesk = (await silo.OkAsync("GET", $"users/grown-{_mark}/token", client: desk))["Token"]!.ToString();
        var ofItself = (await silo.OkAsync("GET", $"users/grown-{_mark}/token", client: known))["Token"]!.ToString();
        await silo.OkAsync("PATCH", $"roles/small-{_mark}", """[{"op":"replace","path":"/Claims/0/scope","value":"profiles,users"}]""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", Profile, client: known)).Status);
        foreach (var token in new[] { ofDesk, ofItself })
        {
            using var client = silo.Client(token);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "users/rocketskates", client: client)).Status);
        }
    }

    [Fact]
    public async Task ATokenThatAnotherTookOfAUserDoesNotGrowWithIt()
    {
        await ProfileAsync();
        await RoleAsync("small", "profiles", "get");
        await RoleAsync("desk", "users,profiles", "token,get");
        using var desk = await UserAsync("desk", "desk");
        using var own = await UserAsync("grown", "small");
        using var taken = silo.Client((await silo.OkAsync("GET", $"users/grown-{_mark}/token", client: desk))["Token"]!.ToString());
        await silo.OkAsync("PATCH", $"roles/small-{_mark}", """[{"op":"replace","path":"/Claims/0/scope","value":"profiles,users"}]""");
        await silo.OkAsync("GET", "users/rocketskates", client: own);
        await silo.OkAsync("GET", Profile, client: taken);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "users/rocketskates", client: taken)).Status);
    }

    [Fact]
    public async Task ATasksRolesAreRolesThatThereAre()
    {
        await RoleAsync("task", "profiles", "get");
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await silo.CallAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}","ExtraRoles":["nope-{{_mark}}"]}""")).Status);
        await silo.OkAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}","ExtraRoles":["task-{{_mark}}"]}""");
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("DELETE", $"roles/task-{_mark}")).Status);
        using var narrow = await silo.LimitedAsync("scope=tasks&action=*&specific=*");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"tasks/t-{_mark}",
            """[{"op":"add","path":"/Description","value":"x"}]""", narrow)).Status);
    }

    private string Profile => $"profiles/seen-{_mark}";

    private Task<JsonNode> ProfileAsync() => silo.OkAsync("POST", "profiles", $$"""{"Name":"seen-{{_mark}}"}""");

    private Task<JsonNode> RoleAsync(string name, string scope, string action)
        => silo.OkAsync("POST", "roles",
            $$"""{"Name":"{{name}}-{{_mark}}","Claims":[{"scope":"{{scope}}","action":"{{action}}","specific":"*"}]}""");

    private async Task<HttpClient> UserAsync(string name, params string[] roles)
    {
        var all = string.Join(',', roles.Select(r => $"\"{r}-{_mark}\""));
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{name}}-{{_mark}}","Roles":[{{all}}]}""");
        await silo.OkAsync("PUT", $"users/{name}-{_mark}/password", """{"Password":"p"}""");
        return silo.Client($"{name}-{_mark}", "p");
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleRoleTests(SingleSilo silo) : RoleTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterRoleTests(SiloCluster silo) : RoleTests(silo), IClassFixture<SiloCluster>;
