using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Objects.Access;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Who may write is shown no more than he may read, and who is let in for one thing reaches no other.</summary>
public abstract class RightsTests(SiloFixture silo)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public async Task WhoMayOnlyWriteIsToldTheKeyAlone()
    {
        var uuid = await MachineAsync();
        var path = $"machines/{uuid}";
        using var narrow = await LimitedAsync("machines", "update,delete,create,approve");
        var key = new JsonObject { ["Uuid"] = uuid, ["Partial"] = true }.ToJsonString();
        const string Patch = """[{"op":"replace","path":"/Description","value":"x"}]""";
        Assert.Equal(key, (await OkAsync("PATCH", path, Patch, narrow)).ToJsonString());
        var whole = $$"""{"Uuid":"{{uuid}}","Name":"r-{{_mark}}","Stage":"none","BootEnv":"local","Arch":"amd64","CurrentTask":-1}""";
        Assert.Equal(key, (await OkAsync("PUT", path, whole, narrow)).ToJsonString());
        Assert.Equal(key, (await OkAsync("POST", path + "/approve", null, narrow)).ToJsonString());
        await OkAsync("POST", path + "/params", """{"mine":"m","other":"the-other-value"}""");
        Assert.Equal("\"n\"", (await OkAsync("POST", path + "/params/mine", "\"n\"", narrow)).ToJsonString());
        Assert.Equal("{}",
            (await OkAsync("PATCH", path + "/params", """[{"op":"add","path":"/mine","value":1}]""", narrow)).ToJsonString());
        Assert.Null((await silo.CallAsync("DELETE", path + "/params/other", client: narrow)).Body);
        Assert.Equal(key, (await OkAsync("DELETE", path, null, narrow)).ToJsonString());
        var made = await OkAsync("POST", "machines", $$"""{"Name":"made-{{_mark}}"}""", narrow);
        Assert.Equal(["Uuid", "Partial"], made.AsObject().Select(p => p.Key));
        using var kinds = await LimitedAsync("profiles,params,prefs,preferences", "update,create,post");
        var profile = await OkAsync("POST", "profiles", $$"""{"Name":"p-{{_mark}}","Params":{"a":"b"} }""", kinds);
        Assert.Equal(new JsonObject { ["Name"] = $"p-{_mark}", ["Partial"] = true }.ToJsonString(), profile.ToJsonString());
        Assert.Equal("""{"logLevel":"info"}""", (await OkAsync("POST", "prefs", """{"logLevel":"info"}""", kinds)).ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"copy","from":"/Secret","path":"/Description"}]""")]
    [InlineData("""[{"op":"move","from":"/Secret","path":"/Description"}]""")]
    [InlineData("""[{"op":"copy","from":"/Params","path":"/Description"}]""")]
    [InlineData("""[{"op":"copy","from":"","path":"/Description"}]""")]
    [InlineData("""[{"op":"test","path":"/Secret","value":"x"},{"op":"replace","path":"/Description","value":"x"}]""")]
    [InlineData("""[{"op":"replace","path":"/Description","value":"x"},{"op":"test","path":"/Params/a","value":"x"}]""")]
    public async Task WhatAPatchLooksAtNeedsTheRightToRead(string patch)
    {
        var uuid = await MachineAsync();
        using var narrow = await LimitedAsync("machines", "update");
        var (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}", patch, narrow);
        Assert.Equal((HttpStatusCode.Forbidden, $"Requires: machines get {uuid}"), (status, body!["Messages"]![1]!.ToString()));
        Assert.Equal("", (await OkAsync("GET", $"machines/{uuid}"))["Description"]!.ToString());
        (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}/params",
            """[{"op":"copy","from":"/a","path":"/b"}]""", narrow);
        Assert.Equal((HttpStatusCode.Forbidden, $"Requires: machines get {uuid}"), (status, body!["Messages"]![1]!.ToString()));
        // What was not asked to be read may be told to be missing.
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("PATCH", $"machines/{uuid}",
            """[{"op":"test","path":"/Name","value":"x"}]""", narrow)).Status);
    }

    /// <summary>A value that was there before its param became secure is no longer to be had in clear by a patch.</summary>
    [Theory]
    [InlineData("machines")]
    [InlineData("profiles")]
    [InlineData("stages")]
    public async Task WhatBecameSecureIsNeitherCopiedNorTestedInClear(string kind)
    {
        const string Value = "the-late-secret";
        var param = $"late-{_mark}-{kind}";
        await OkAsync("POST", "params", $$"""{"Name":"{{param}}"}""");
        var key = kind == "machines" ? await MachineAsync() : $"late-{_mark}";
        if (kind != "machines") await OkAsync("POST", kind, $$"""{"Name":"{{key}}"}""");
        await OkAsync("POST", $"{kind}/{key}/params/{param}", $"\"{Value}\"");
        await OkAsync("PATCH", $"params/{param}", """[{"op":"replace","path":"/Secure","value":true}]""");
        using var reader = await LimitedAsync(kind, "get,update");
        var (_, tested) = await silo.CallAsync("PATCH", $"{kind}/{key}",
            $$"""[{"op":"test","path":"/Params/{{param}}","value":"{{Value}}"},{"op":"replace","path":"/Description","value":"x"}]""",
            reader);
        Assert.Contains("Test op failed", tested!.ToJsonString(), StringComparison.Ordinal);
        var copied = await OkAsync("PATCH", $"{kind}/{key}",
            $$"""[{"op":"copy","from":"/Params/{{param}}","path":"/Params/plain-{{_mark}}"}]""", reader);
        Assert.DoesNotContain(Value, copied.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoImportsMayReadWhatTheReportTells()
    {
        var uuid = await MachineAsync();
        await OkAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Description","value":"told-to-nobody"}]""");
        using var blind = await LimitedAsync("machines,reservations", "create,update,delete,list");
        using var sheet = new StringContent($"Name,Description\nr-{_mark},guess\n", Encoding.UTF8, "text/csv");
        using var response = await blind.PostAsync("machines/import?dryRun=true", sheet);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("Requires: machines get *", text, StringComparison.Ordinal);
        Assert.DoesNotContain("told-to-nobody", text, StringComparison.Ordinal);
    }

    /// <summary>Param names, escaped once: each is one other param than the next.</summary>
    [Theory]
    [InlineData("a%25b", "a%b")]
    [InlineData("a%2525b", "a%25b")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a/b", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a%25252Fb", "a%252Fb")]
    [InlineData("%C3%A4%20b", "ä b")]
    public async Task APathIsDecodedOnce(string sent, string name)
    {
        var uuid = await MachineAsync();
        foreach (var target in new[] { "", $"http://127.0.0.1:{silo.ApiPort}" })
        {
            var answer = await RawAsync($"POST {target}/api/v3/machines/{uuid}/params/{sent}", "Content-Type: application/json\r\n", "7");
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            Assert.Equal(new JsonObject { [name] = 7 }.ToJsonString(), (await OkAsync("GET", $"machines/{uuid}/params")).ToJsonString());
            Assert.EndsWith("\r\n\r\n7", await RawAsync($"GET {target}/api/v3/machines/{uuid}/params/{sent}", "", ""),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task UsersNamesThatDifferInCaseAreOne()
    {
        await OkAsync("POST", "users", $$"""{"Name":"case{{_mark}}"}""");
        foreach (var name in new[] { $"CASE{_mark}", $"Case{_mark.ToUpperInvariant()}" })
        {
            var (status, body) = await silo.CallAsync("POST", "users", $$"""{"Name":"{{name}}"}""");
            Assert.Equal(HttpStatusCode.Conflict, status);
            Assert.Contains($"already exists as case{_mark}", body!["Messages"]![0]!.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("POST", "users", """{"Name":"RocketSkates"}""")).Status);
        // In capitals of another script it looks like another's in small letters.
        await silo.CallAsync("POST", "users", """{"Name":"copy"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await silo.CallAsync("POST", "users", """{"Name":"\u0421\u041e\u0420\u0423"}""")).Status);
    }

    [Fact]
    public async Task ABootsTokenReadsOfTheCatalogWhatItsMachineUses()
    {
        await OkAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}"}""");
        await OkAsync("POST", "tasks", $$"""{"Name":"other-{{_mark}}"}""");
        await OkAsync("POST", "stages", $$"""{"Name":"s-{{_mark}}","BootEnv":"sledgehammer","Tasks":["t-{{_mark}}"]}""");
        await OkAsync("POST", "stages", $$"""{"Name":"other-{{_mark}}"}""");
        await OkAsync("POST", "workflows", $$"""{"Name":"w-{{_mark}}","Stages":["s-{{_mark}}"]}""");
        await OkAsync("POST", "workflows", $$"""{"Name":"other-{{_mark}}"}""");
        var uuid = await MachineAsync();
        using var machine = silo.Client(await TokenAsync(uuid));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"workflows/w-{_mark}", client: machine)).Status);
        await OkAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"replace","path":"/Workflow","value":"w-{{_mark}}"}]""");
        foreach (var own in new[] { $"workflows/w-{_mark}", $"stages/s-{_mark}", $"tasks/t-{_mark}", "bootenvs/sledgehammer",
            $"tasks/Name:t-{_mark}", $"stages/s-{_mark}/params" })
            await OkAsync("GET", own, null, machine);
        foreach (var other in new[] { $"workflows/other-{_mark}", $"stages/other-{_mark}", $"tasks/other-{_mark}",
            "bootenvs/debian-12-install", $"stages/other-{_mark}/params", "templates/none", "profiles/global" })
            Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", other, client: machine)).Status);
    }

    [Fact]
    public async Task ARunningJobChoosesNoTaskWithMoreRights()
    {
        await OkAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}"}""");
        await OkAsync("POST", "tasks", $$"""{"Name":"mighty-{{_mark}}","ExtraRoles":["superuser"]}""");
        await OkAsync("POST", "stages", $$"""{"Name":"mighty-{{_mark}}","Tasks":["mighty-{{_mark}}"]}""");
        await OkAsync("POST", "workflows", $$"""{"Name":"mighty-{{_mark}}","Stages":["mighty-{{_mark}}"]}""");
        await OkAsync("POST", "stages", $$"""{"Name":"fair-{{_mark}}","Tasks":["t-{{_mark}}"]}""");
        await OkAsync("POST", "workflows", $$"""{"Name":"fair-{{_mark}}","Stages":["fair-{{_mark}}"]}""");
        await OkAsync("POST", "params", $$"""{"Name":"key-{{_mark}}","Secure":true}""");
        await OkAsync("POST", "profiles", $$"""{"Name":"sealed-{{_mark}}","Params":{"key-{{_mark}}":"s"} }""");
        var uuid = await MachineAsync($"\"t-{_mark}\"");
        using var machine = silo.Client(await TokenAsync(uuid));
        var job = await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""", machine);
        using var task = silo.Client(job["Token"]!.ToString());
        foreach (var (patch, problem) in new[]
        {
            ($$"""[{"op":"replace","path":"/Workflow","value":"mighty-{{_mark}}"}]""",
                $"Task mighty-{_mark} has a right that task t-{_mark}"),
            ($$"""[{"op":"add","path":"/Tasks/-","value":"mighty-{{_mark}}"}]""", $"Task mighty-{_mark} has a right that task t-{_mark}"),
            ($$"""[{"op":"add","path":"/Profiles/-","value":"sealed-{{_mark}}"}]""", $"Requires: profiles getSecure sealed-{_mark}"),
        })
        {
            foreach (var query in new[] { "", "?force=true" })
            {
                var (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}{query}", patch, task);
                Assert.True(status == HttpStatusCode.Forbidden, $"{patch}: {status} {body}");
                Assert.Contains(problem, body!["Messages"]![0]!.ToString(), StringComparison.Ordinal);
            }
        }

        // What is kept to itself and fixed of its job.
        foreach (var field in new[] { "Machine", "Task", "Stage", "Workflow", "Previous" })
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", $"jobs/{job["Uuid"]}",
                $$"""[{"op":"replace","path":"/{{field}}","value":"{{Guid.NewGuid()}}"}]""", machine)).Status);
        await OkAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"replace","path":"/Workflow","value":"fair-{{_mark}}"}]""", task);
    }

    /// <summary>What has run runs again when it failed, or when the list is set back: who writes that chooses it, too.</summary>
    [Fact]
    public async Task ARunningJobChoosesNothingInThePlaceOfWhatHasRun()
    {
        await OkAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}"}""");
        await OkAsync("POST", "tasks", $$"""{"Name":"mighty-{{_mark}}","ExtraRoles":["superuser"]}""");
        await OkAsync("POST", "tasks",
            $$"""
            {"Name":"wide-{{_mark}}",
             "ExtraClaims":[{"Scope":"machines","Action":"get,update,updateTaskList","Specific":"*"}]}
            """);
        async Task<(string Uuid, HttpClient Machine)> BegunAsync(string name, params string[] tasks)
        {
            var uuid = await MachineAsync(string.Join(',', tasks.Select(t => $"\"{t}-{_mark}\"")), name);
            return (uuid, silo.Client(await TokenAsync(uuid)));
        }

        async Task<JsonNode> NextAsync(string uuid, HttpClient machine, string task)
        {
            var job = await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""", machine);
            Assert.Equal($"{task}-{_mark}", job["Task"]!.ToString());
            return job;
        }

        async Task RefusedAsync(string path, string patch, HttpClient client)
        {
            var (status, body) = await silo.CallAsync("PATCH", path, patch, client);
            Assert.True(status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity, $"{patch}: {status} {body}");
        }

        // In the place of itself.
        var (own, machine) = await BegunAsync("own", "t");
        using var task = silo.Client((await NextAsync(own, machine, "t"))["Token"]!.ToString());
        foreach (var query in new[] { "", "?force=true" })
            await RefusedAsync($"machines/{own}{query}", $$"""[{"op":"replace","path":"/Tasks/0","value":"mighty-{{_mark}}"}]""", task);

        // Back to what ran before it.
        var (back, second) = await BegunAsync("back", "mighty", "t");
        var first = await NextAsync(back, second, "mighty");
        await OkAsync("PATCH", $"jobs/{first["Uuid"]}", """[{"op":"replace","path":"/State","value":"finished"}]""", second);
        using var plain = silo.Client((await NextAsync(back, second, "t"))["Token"]!.ToString());
        await RefusedAsync($"machines/{back}", """[{"op":"replace","path":"/CurrentTask","value":0}]""", plain);

        // On another machine, which has done all that it had.
        var (idle, third) = await BegunAsync("idle", "t");
        var last = await NextAsync(idle, third, "t");
        await OkAsync("PATCH", $"jobs/{last["Uuid"]}", """[{"op":"replace","path":"/State","value":"finished"}]""", third);
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{idle}}"}""", third)).Status);
        var (from, fourth) = await BegunAsync("from", "wide");
        using var wide = silo.Client((await NextAsync(from, fourth, "wide"))["Token"]!.ToString());
        await RefusedAsync($"machines/{idle}", $$"""[{"op":"add","path":"/Tasks/-","value":"mighty-{{_mark}}"}]""", wide);
        await OkAsync("PATCH", $"machines/{idle}", $$"""[{"op":"add","path":"/Tasks/-","value":"wide-{{_mark}}"}]""", wide);
        foreach (var client in new[] { machine, second, third, fourth }) client.Dispose();
    }

    /// <summary>The right to jobs is no right to what their tasks may do: tokens and secure params are for their machines.</summary>
    [Fact]
    public async Task AJobsTokenIsForItsMachineAlone()
    {
        await OkAsync("POST", "params", $$"""{"Name":"key-{{_mark}}","Secure":true}""");
        await OkAsync("POST", "tasks",
            $$$"""
            {"Name":"told-{{{_mark}}}","Templates":[{"Name":"a","Contents":"token=<{{ .GenerateToken }}>"}]}
            """);
        await OkAsync("POST", "tasks",
            $$"""{"Name":"all-{{_mark}}","ExtraClaims":[{"Scope":"jobs","Action":"*","Specific":"*"}]}""");
        var uuid = await MachineAsync($"\"told-{_mark}\"");
        using var machine = silo.Client(await TokenAsync(uuid));
        var job = await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""", machine);
        async Task<string> ActionsAsync(HttpClient? client)
            => (await OkAsync("GET", $"jobs/{job["Uuid"]}/actions", null, client))[0]!["Content"]!.ToString();
        using var narrow = await LimitedAsync("jobs", "*");
        Assert.Equal("token=<>", await ActionsAsync(narrow));
        Assert.StartsWith("token=<eyJ", await ActionsAsync(machine), StringComparison.Ordinal);
        Assert.StartsWith("token=<eyJ", await ActionsAsync(null), StringComparison.Ordinal);

        // A job that may begin those of other machines begins them, and has no token of theirs.
        var from = await MachineAsync($"\"all-{_mark}\"", "from");
        using var own = silo.Client(await TokenAsync(from));
        using var all = silo.Client((await OkAsync("POST", "jobs", $$"""{"Machine":"{{from}}"}""", own))["Token"]!.ToString());
        var other = await MachineAsync($"\"told-{_mark}\"", "other");
        Assert.Equal("", (await OkAsync("POST", "jobs", $$"""{"Machine":"{{other}}"}""", all))["Token"]!.ToString());
    }

    /// <summary>Who sets a user's password, or has its token, is that user: nobody is more than he was by it.</summary>
    [Fact]
    public async Task NobodyBecomesAUserWithMoreRights()
    {
        await OkAsync("POST", "users", $$"""{"Name":"plain-{{_mark}}"}""");
        await OkAsync("POST", "tasks",
            $$"""{"Name":"desk-{{_mark}}","ExtraClaims":[{"Scope":"users","Action":"token,password","Specific":"*"}]}""");
        var uuid = await MachineAsync($"\"desk-{_mark}\"");
        using var machine = silo.Client(await TokenAsync(uuid));
        using var job = silo.Client((await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""", machine))["Token"]!.ToString());
        using var desk = await LimitedAsync("users", "token,password");
        foreach (var client in new[] { job, desk })
        {
            var (status, body) = await silo.CallAsync("PUT", "users/rocketskates/password", """{"Password":"mine"}""", client);
            Assert.True(status == HttpStatusCode.Forbidden, $"{status} {body}");
            Assert.Contains("every right that the user has", body!.ToJsonString(), StringComparison.Ordinal);
            await OkAsync("PUT", $"users/plain-{_mark}/password", """{"Password":"theirs"}""", client);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "users/rocketskates/token", client: job)).Status);
        // Whatever the user is given later, what a job took is no more than the job.
        var taken = (await OkAsync("GET", $"users/plain-{_mark}/token", null, job))["Token"]!.ToString();
        var limits = (await silo.Service<AccessService>().ByTokenAsync(taken))!.Principal.Limits;
        Assert.Contains(limits, c => c.Scope == "users");
        Assert.DoesNotContain(limits, c => c.Scope == "*");
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("GET", $"users/plain-{_mark}/token?scope=profiles", client: job)).Status);
        // Of oneself there is one, with no more than the one that asks.
        using var own = silo.Client((await OkAsync("GET", "users/rocketskates/token", null, desk))["Token"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("POST", "profiles", $$"""{"Name":"p-{{_mark}}"}""", own)).Status);
    }

    /// <summary>What was opened by a job's token ends when its task loses the rights.</summary>
    [Fact]
    public async Task AJobsRightsEndWithThoseOfItsTask()
    {
        var task = $$"""{"Name":"seen-{{_mark}}","ExtraClaims":[{"Scope":"machines","Action":"get","Specific":"*"}]}""";
        await OkAsync("POST", "tasks", task);
        var uuid = await MachineAsync($"\"seen-{_mark}\"");
        using var machine = silo.Client(await TokenAsync(uuid));
        var token = (await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}""", machine))["Token"]!.ToString();
        var access = silo.Service<AccessService>();
        var admission = await access.ByTokenAsync(token);
        Assert.Null(await access.EndedAsync(admission!));
        await OkAsync("PUT", $"tasks/seen-{_mark}", $$"""{"Name":"seen-{{_mark}}"}""");
        Assert.Equal("the rights that it gives were changed", await access.EndedAsync(admission!));
    }

    /// <summary>However small a patch is, the object that it changes is counted: one that is large waits for room, a small one does
    /// not.</summary>
    [Fact]
    public async Task ASmallPatchOfALargeObjectWaitsForRoom()
    {
        var (large, small) = (await MachineAsync(), await MachineAsync(name: "small"));
        await OkAsync("POST", $"machines/{large}/params/big", $"\"{new string('b', 2 << 20)}\"");
        const string Patch = """[{"op":"replace","path":"/Description","value":"x"}]""";
        Task<JsonNode> waiting;
        using (var all = silo.Service<MemoryBudgets>().Changes.Open("a test"))
        {
            Assert.True(await all.TakeAsync(8L << 30, Soon, CancellationToken.None));
            waiting = OkAsync("PATCH", $"machines/{large}", Patch);
            await OkAsync("PATCH", $"machines/{small}", Patch);
            var after = (await OkAsync("GET", $"machines/{large}"))["Description"]!.ToString();
            Assert.Equal((false, ""), (waiting.IsCompleted, after));
        }

        Assert.Equal("x", (await waiting)["Description"]!.ToString());
    }

    /// <summary>A job's state is its machine's: what is said of the job is small, and the machine is written whole.</summary>
    [Fact]
    public async Task AJobOfALargeMachineWaitsForRoom()
    {
        await OkAsync("POST", "tasks", $$$"""{"Name":"large-{{{_mark}}}","Templates":[{"Name":"t","Contents":"true"}]}""");
        var uuid = (await OkAsync("POST", "machines",
            $$$"""
            {"Name":"l{{{_mark}}}","Stage":"none","BootEnv":"local","Runnable":true,"Tasks":["large-{{{_mark}}}"],
            "Params":{"big":"{{{new string('b', 2 << 20)}}}"}}
            """))["Uuid"]!.ToString();
        var job = (await WaitsAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}"""))["Uuid"]!.ToString();
        await WaitsAsync("GET", $"jobs/{job}/actions", null);
        await WaitsAsync("PATCH", $"jobs/{job}", """[{"op":"replace","path":"/State","value":"running"}]""");
        await WaitsAsync("POST", $"machines/{uuid}/approve", null);

        async Task<JsonNode> WaitsAsync(string method, string path, string? body)
        {
            Task<JsonNode> waiting;
            using (var all = silo.Service<MemoryBudgets>().Changes.Open("a test"))
            {
                Assert.True(await all.TakeAsync(8L << 30, Soon, CancellationToken.None));
                waiting = OkAsync(method, path, body);
                // What is asked after it and needs no room overtakes it.
                for (var i = 0; i < 3; i++) await OkAsync("GET", "machines?slim=Params&limit=1");
                var problem = waiting.IsFaulted ? waiting.Exception.InnerException!.Message : "it was answered";
                Assert.False(waiting.IsCompleted, $"{method} {path} has not waited: {problem}");
            }

            return await waiting;
        }
    }

    [Theory]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("7fffffffffffffff\r\n")]
    [InlineData("100000000\r\n")]
    [InlineData("zz\r\n")]
    public async Task AChunkThatIsNoneIsABadRequest(string chunk)
    {
        foreach (var line in new[] { "POST /api/v3/machines", "POST /api/v3/machines/import", "POST /api/v3/profiles" })
        {
            var answer = await RawAsync(line, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunk);
            Assert.True(answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal)
                || answer.StartsWith("HTTP/1.1 413", StringComparison.Ordinal), $"{line}: {answer}");
        }
    }

    [Theory]
    [InlineData("/~2")]
    [InlineData("/Meta/a~")]
    [InlineData("/~")]
    [InlineData("/Meta/a~3b")]
    public async Task APointerIsWrittenAsTheRfcSays(string pointer)
    {
        var uuid = await MachineAsync();
        var (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}",
            $$"""[{"op":"add","path":"{{pointer}}","value":"x"}]""");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("is not a JSON pointer", body!["Messages"]![0]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATaskListNamesStagesThatThereAre()
    {
        var uuid = await MachineAsync();
        var (status, body) = await silo.CallAsync("PATCH", $"machines/{uuid}",
            """[{"op":"replace","path":"/Tasks","value":["stage:nope","bootenv:never"]}]""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(["Stage nope (at 0) does not exist", "BootEnv never (at 1) does not exist"],
            body!["Messages"]!.AsArray().Select(m => m!.ToString()));
    }

    private async Task<string> MachineAsync(string tasks = "", string name = "r")
        => (await OkAsync("POST", "machines",
            $$"""{"Name":"{{name}}-{{_mark}}","Stage":"none","BootEnv":"local","Tasks":[{{tasks}}]}"""))["Uuid"]!.ToString();

    private Task<JsonNode> OkAsync(string method, string path, string? body = null, HttpClient? client = null)
        => silo.OkAsync(method, path, body, client);

    private Task<HttpClient> LimitedAsync(string scope, string action)
        => silo.LimitedAsync($"scope={scope}&action={action}&specific=*");

    private async Task<string> TokenAsync(string uuid)
        => (await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid }))(uuid, Life, "");

    private async Task<string> RawAsync(string line, string headers, string body)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, silo.ApiPort);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{SiloFixture.Password}"));
        var length = headers.Contains("chunked", StringComparison.Ordinal)
            ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"{line} HTTP/1.1\r\nHost: 127.0.0.1:{silo.ApiPort}\r\nAuthorization: Basic {basic}\r\n{headers}{length}"
            + $"Connection: close\r\n\r\n{body}"));
        using var stream = new System.Net.Sockets.NetworkStream(socket);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();
        // Answers of one chunk.
        var parts = answer.Split("\r\n\r\n", 2);
        return parts.Length == 2 && parts[0].Contains("chunked", StringComparison.OrdinalIgnoreCase)
            ? $"{parts[0]}\r\n\r\n{parts[1].Split("\r\n")[1]}" : answer;
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleRightsTests(SingleSilo silo) : RightsTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterRightsTests(SiloCluster silo) : RightsTests(silo), IClassFixture<SiloCluster>;
