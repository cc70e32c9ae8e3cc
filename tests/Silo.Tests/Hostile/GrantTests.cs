using System.Net;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Nobody gives rights that he has not, no path means another object, and no other site's page is believed.</summary>
public sealed class GrantTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    [Fact]
    public async Task ATasksRightsAreGivenByWhoHasThem()
    {
        using var narrow = await silo.LimitedAsync("scope=tasks,jobs&action=create,update,actions,get&specific=*");
        var name = $"grant-{Guid.NewGuid():N}";
        foreach (var gives in new[] { "\"ExtraRoles\":[\"superuser\"]",
            "\"ExtraClaims\":[{\"Scope\":\"users\",\"Action\":\"list\",\"Specific\":\"*\"}]" })
            Assert.Equal(HttpStatusCode.Forbidden,
                (await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{name}}",{{gives}}}""", narrow)).Status);
        // What it has itself it may give.
        var own = $$"""{"Name":"{{name}}","ExtraClaims":[{"Scope":"tasks","Action":"get","Specific":"*"}]}""";
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "tasks", own, narrow)).Status);
        foreach (var patch in new[]
        {
            """[{"op":"add","path":"/ExtraRoles","value":["superuser"]}]""",
            """[{"op":"add","path":"/ExtraRoles/-","value":"superuser"}]""",
            """[{"op":"add","path":"/Meta","value":{"a":"b"}},{"op":"copy","from":"/ExtraRoles","path":"/ExtraRoles"}]""",
            """[{"op":"replace","path":"","value":{}}]""",
        })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"tasks/{name}", patch, narrow)).Status);
        const string Description = """[{"op":"replace","path":"/Description","value":"x"}]""";
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", $"tasks/{name}", Description, narrow)).Status);
        // Whoever changes what a privileged task does has its rights.
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", $"tasks/{name}", """[{"op":"add","path":"/ExtraRoles","value":["superuser"]}]""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"tasks/{name}", Description, narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"tasks/{name}", own, narrow)).Status);
    }

    /// <summary>What a privileged task renders is written by who has its rights: by ID, by a call, through another template.</summary>
    [Fact]
    public async Task WhatAPrivilegedTaskRendersIsWrittenByWhoHasItsRights()
    {
        var mark = Guid.NewGuid().ToString("N")[..12];
        async Task MakeAsync(string kind, string body)
            => Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", kind, body)).Status);
        var call = "{{template \\\"deep-" + mark + "\\\" .}}";
        foreach (var (id, text) in new[] { ("free", "x"), ("deep", "x"), ("used", call) })
            await MakeAsync("templates", $$"""{"ID":"{{id}}-{{mark}}","Contents":"{{text}}"}""");
        await MakeAsync("tasks",
            $$"""{"Name":"p-{{mark}}","ExtraRoles":["superuser"],"Templates":[{"Name":"a","ID":"used-{{mark}}"}]}""");
        using var narrow = await silo.LimitedAsync("scope=templates&action=create,update,get&specific=*");
        foreach (var (id, status) in new[]
        {
            ("free", HttpStatusCode.OK), ("deep", HttpStatusCode.Forbidden), ("used", HttpStatusCode.Forbidden),
        })
        {
            var put = $$"""{"ID":"{{id}}-{{mark}}","Contents":"mine"}""";
            Assert.Equal(status, (await silo.CallAsync("PUT", $"templates/{id}-{mark}", put, narrow)).Status);
            Assert.Equal(status, (await silo.CallAsync("PATCH", $"templates/{id}-{mark}",
                """[{"op":"replace","path":"/Contents","value":"mine"}]""", narrow)).Status);
        }
    }

    /// <summary>What stands in a param's value, or among kernel arguments, is rendered with the task's rights, and calls what it
    /// likes.</summary>
    [Theory]
    [InlineData("{{.ParamExpand \\\"site/hook\\\"}}")]
    [InlineData("{{.ParamComposeExpand \\\"site/hook\\\"}}")]
    [InlineData("{{.StringExpand (.Param \\\"site/hook\\\")}}")]
    [InlineData("{{.ObjectExpand (.Param \\\"site/hook\\\")}}")]
    [InlineData("{{.BootParams}}")]
    public async Task WhatAPrivilegedTaskExpandsCallsWhatItLikes(string text)
    {
        var mark = Guid.NewGuid().ToString("N")[..12];
        await silo.CallAsync("POST", "templates", $$"""{"ID":"hook-{{mark}}","Contents":"x"}""");
        await silo.CallAsync("POST", "bootenvs", $$"""{"Name":"env-{{mark}}","BootParams":"x"}""");
        using var narrow = await silo.LimitedAsync("scope=templates,bootenvs&action=create,update,get&specific=*");
        var put = $$"""{"ID":"hook-{{mark}}","Contents":"mine"}""";
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PUT", $"templates/hook-{mark}", put, narrow)).Status);
        var task = $$"""{"Name":"p-{{mark}}","ExtraRoles":["superuser"],"Templates":[{"Name":"a","Contents":"{{text}}"}]}""";
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "tasks", task)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"templates/hook-{mark}", put, narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"bootenvs/env-{mark}",
            """[{"op":"replace","path":"/BootParams","value":"{{.GenerateToken}}"}]""", narrow)).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", $"tasks/p-{mark}")).Status);
    }

    /// <summary>Who chooses what a machine runs and is given has what that gives, or may assign it.</summary>
    [Fact]
    public async Task WhoChoosesHasWhatThatGives()
    {
        var mark = Guid.NewGuid().ToString("N")[..12];
        async Task MakeAsync(string kind, string body)
            => Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", kind, body)).Status);
        await MakeAsync("tasks", $$"""{"Name":"t-{{mark}}"}""");
        await MakeAsync("tasks", $$"""{"Name":"mighty-{{mark}}","ExtraRoles":["superuser"]}""");
        await MakeAsync("params", $$"""{"Name":"key-{{mark}}","Secure":true}""");
        await MakeAsync("profiles", $$"""{"Name":"sealed-{{mark}}","Params":{"key-{{mark}}":"s"} }""");
        await MakeAsync("stages", $$"""{"Name":"s-{{mark}}","Tasks":["t-{{mark}}"]}""");
        await MakeAsync("stages", $$"""{"Name":"mighty-{{mark}}","Tasks":["mighty-{{mark}}"]}""");
        await MakeAsync("workflows", $$"""{"Name":"w-{{mark}}","Stages":["s-{{mark}}"]}""");
        await MakeAsync("workflows", $$"""{"Name":"mighty-{{mark}}","Stages":["mighty-{{mark}}"]}""");
        await MakeAsync("machines", $$"""{"Name":"m-{{mark}}","Stage":"none","BootEnv":"local"}""");
        using var narrow = await silo.LimitedAsync(
            "scope=machines,stages,workflows,reservations&action=create,update,get,delete,list&specific=*");
        using var operators = await silo.LimitedAsync(
            "scope=machines,stages,workflows,reservations,tasks,profiles&action=create,update,get,delete,list,assign&specific=*");
        var machine = $"machines/Name:m-{mark}";
        (string Method, string Path, string Body, string Problem)[] tries =
        [
            ("PATCH", machine, $$"""[{"op":"replace","path":"/Workflow","value":"mighty-{{mark}}"}]""", $"tasks assign mighty-{mark}"),
            ("PATCH", machine + "?force=true", $$"""[{"op":"add","path":"/Tasks/-","value":"mighty-{{mark}}"}]""",
                $"tasks assign mighty-{mark}"),
            ("PATCH", machine, $$"""[{"op":"add","path":"/Profiles/-","value":"sealed-{{mark}}"}]""", $"profiles assign sealed-{mark}"),
            ("POST", "machines", $$"""{"Name":"v-{{mark}}","Workflow":"mighty-{{mark}}"}""", $"tasks assign mighty-{mark}"),
            ("PATCH", $"stages/s-{mark}", $$"""[{"op":"add","path":"/Tasks/-","value":"mighty-{{mark}}"}]""",
                $"tasks assign mighty-{mark}"),
            ("PATCH", $"stages/s-{mark}", $$"""[{"op":"add","path":"/Profiles/-","value":"sealed-{{mark}}"}]""",
                $"profiles assign sealed-{mark}"),
            ("PUT", $"stages/s-{mark}", $$"""{"Name":"s-{{mark}}","Tasks":["mighty-{{mark}}"]}""", $"tasks assign mighty-{mark}"),
            ("POST", "stages", $$"""{"Name":"n-{{mark}}","Profiles":["sealed-{{mark}}"]}""", $"profiles assign sealed-{mark}"),
            ("PATCH", $"workflows/w-{mark}", $$"""[{"op":"add","path":"/Stages/-","value":"mighty-{{mark}}"}]""",
                $"tasks assign mighty-{mark}"),
        ];
        foreach (var (method, path, body, problem) in tries)
        {
            var (status, refused) = await silo.CallAsync(method, path, body, narrow);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} {body}: {status} {refused}");
            Assert.Contains(problem, refused!.ToJsonString(), StringComparison.Ordinal);
        }

        var sheet = $"Name,Workflow,Profiles\nm-{mark},mighty-{mark},sealed-{mark}\n";
        foreach (var query in new[] { "?dryRun=true", "", "?partial=true" })
        {
            var report = await ImportAsync(query, sheet, narrow);
            Assert.Contains($"tasks assign mighty-{mark}", report, StringComparison.Ordinal);
            Assert.Contains($"profiles assign sealed-{mark}", report, StringComparison.Ordinal);
            Assert.Contains("\"Failed\":1", report, StringComparison.Ordinal);
        }

        // What has no more is anybody's choice, and who may assign chooses the rest.
        var plain = $$"""[{"op":"replace","path":"/Workflow","value":"w-{{mark}}"}]""";
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", machine, plain, narrow)).Status);
        Assert.Contains("\"Updated\":1", await ImportAsync("", sheet, operators), StringComparison.Ordinal);
        foreach (var (method, path, body, _) in tries.Skip(3))
        {
            var (status, answer) = await silo.CallAsync(method, path, body, operators);
            Assert.True((int)status is 200 or 201, $"{method} {path} {body}: {status} {answer}");
        }

        // What was chosen stays.
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", machine,
            """[{"op":"replace","path":"/Description","value":"x"}]""", narrow)).Status);
    }

    [Fact]
    public async Task AUsersRolesAreGivenByWhoHasThem()
    {
        using var narrow = await silo.LimitedAsync("scope=users&action=create,update,get&specific=*");
        var name = $"grant-{Guid.NewGuid():N}";
        var wide = $$"""{"Name":"{{name}}","Roles":["superuser"]}""";
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "users", wide, narrow)).Status);
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "users", $$"""{"Name":"{{name}}"}""", narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PUT", $"users/{name}", wide, narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", $"users/{name}", """[{"op":"add","path":"/Roles","value":["superuser"]}]""", narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", "users/rocketskates",
            """[{"op":"replace","path":"/Secret","value":"x"}]""", narrow)).Status);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("%2e%2e")]
    [InlineData(".%2E")]
    [InlineData(".")]
    public async Task APathMeansNoOtherObject(string segment)
    {
        var name = $"dots-{Guid.NewGuid():N}";
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "profiles", $$"""{"Name":"{{name}}"}""")).Status);
        // Uri would take the segment out before it is sent.
        var answer = await RawAsync("DELETE", $"/api/v3/profiles/{name}/params/{segment}", "");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", $"profiles/{name}")).Status);
    }

    [Theory]
    [InlineData("POST /api/v3/machines/import", "text/plain")]
    [InlineData("POST /api/v3/machines/import", "application/x-www-form-urlencoded")]
    [InlineData("POST /api/v3/machines/Name:none/approve", "")]
    [InlineData("GET /api/v3/ws", "websocket")]
    [InlineData("POST /api/v3/machines/import?token=x", "text/plain")]
    [InlineData("GET /api/v3/ws?token=x", "websocket")]
    public async Task AnotherSitesPageIsNotBelieved(string what, string type)
    {
        var parts = what.Split(' ');
        var header = type == "websocket"
            ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            : type.Length > 0 ? $"Content-Type: {type}\r\n" : "";
        Assert.StartsWith("HTTP/1.1 403", await RawAsync(parts[0], parts[1], header + "Origin: http://evil.example\r\n"),
            StringComparison.Ordinal);
        var own = await RawAsync(parts[0], parts[1], header + $"Origin: http://127.0.0.1:{silo.ApiPort}\r\n");
        Assert.False(own.StartsWith("HTTP/1.1 403", StringComparison.Ordinal), own);
    }

    private static async Task<string> ImportAsync(string query, string sheet, HttpClient client)
    {
        using var content = new StringContent(sheet, System.Text.Encoding.UTF8, "text/csv");
        using var response = await client.PostAsync("machines/import" + query, content);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<string> RawAsync(string method, string path, string headers)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, silo.ApiPort);
        var basic = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"rocketskates:{SiloFixture.Password}"));
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{silo.ApiPort}\r\nAuthorization: Basic {basic}\r\n"
            + $"{headers}Content-Length: 0\r\n\r\n"));
        var buffer = new byte[4096];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
