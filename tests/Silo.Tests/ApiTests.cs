using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Anvil.Grains.Machines;
using Anvil.Objects.Access;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests;

/// <summary>
/// The Machines API over HTTP; statuses, types and messages are those of recorded exchanges with the real system where it answers so.
/// </summary>
public abstract class ApiTests(SiloFixture silo)
{
    private static int _names;

    private static string NewName() => $"m{Interlocked.Increment(ref _names)}-{Guid.NewGuid():N}";

    private async Task<JsonNode> CreateAsync(string extra = "")
    {
        var (status, body) = await silo.CallAsync("POST", "machines", $$"""{"Name":"{{NewName()}}","BootEnv":"local"{{extra}}}""");
        Assert.Equal(HttpStatusCode.Created, status);
        return body!;
    }

    private static (int Code, string Type, string Message) Error(JsonNode? body)
        => (body!["Code"]!.GetValue<int>(), body["Type"]!.ToString(), body["Messages"]![0]!.ToString());

    /// <summary>It is the same then; a short one, and that of who does not ask, goes as it is.</summary>
    [Theory]
    [InlineData("bootenvs", "gzip", true)]
    [InlineData("bootenvs", "br, gzip;q=0.5", true)]
    [InlineData("bootenvs", "gzip;q=0", false)]
    [InlineData("bootenvs", "", false)]
    [InlineData("templates/debian.seed", "gzip", true)]
    [InlineData("bootenvs/none", "gzip", false)]
    [InlineData("machines?Name=nobody", "gzip", false)]
    public async Task ALongAnswerIsPackedForWhoAsks(string path, string accepted, bool isPacked)
    {
        var (_, plain) = await silo.CallAsync("GET", path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accepted.Length > 0) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var response = await silo.Http.SendAsync(request);
        var octets = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(isPacked, response.Content.Headers.ContentEncoding.Contains("gzip"));
        if (isPacked)
        {
            Assert.Contains("Accept-Encoding", response.Headers.Vary);
            using var text = new MemoryStream();
            await using (var unpacked = new GZipStream(new MemoryStream(octets), CompressionMode.Decompress))
                await unpacked.CopyToAsync(text);
            Assert.True(octets.Length * 2 < text.Length, $"{text.Length} octets were packed to {octets.Length}");
            octets = text.ToArray();
        }

        Assert.Equal(plain!.ToJsonString(), JsonNode.Parse(octets)!.ToJsonString());
    }

    [Fact]
    public async Task WithoutCredentialsThereIsA401AndNothingElse()
    {
        using var http = new HttpClient { BaseAddress = silo.Http.BaseAddress };
        using var response = await http.GetAsync("info");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("dr-provision", response.Headers.WwwAuthenticate.ToString());
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("rocketskates", "wrong")]
    [InlineData("nobody", "wrong")]
    public async Task AWrongPasswordIs403(string user, string password)
    {
        using var http = silo.Client(user, password);
        Assert.Equal((403, "", "Access Denied"), Error((await silo.CallAsync("GET", "info", client: http)).Body));
    }

    [Fact]
    public async Task ATokenWorksUntilThePasswordChanges()
    {
        await silo.CallAsync("POST", "users", """{"Name":"ann","Roles":["superuser"]}""");
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PUT", "users/ann/password", """{"Password":"one"}""")).Status);
        using var ann = silo.Client("ann", "one");
        var token = (await silo.CallAsync("GET", "users/ann/token?ttl=600", client: ann)).Body!["Token"]!.ToString();
        using var bearer = silo.Client(token);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "machines", client: bearer)).Status);
        await silo.CallAsync("PUT", "users/ann/password", """{"Password":"two"}""");
        Assert.Equal((403, "", "Invalid Token"), Error((await silo.CallAsync("GET", "machines", client: bearer)).Body));
        Assert.Equal("", (await silo.CallAsync("GET", "users/ann")).Body!["PasswordHash"]!.ToString());
    }

    [Fact]
    public async Task AMachineIsMadeReadPatchedAndDeleted()
    {
        var made = await CreateAsync(""","HardwareAddrs":["52:54:AA:00:00:01"],"Params":{"p/x":{"a":[1,2]}}""");
        var path = $"machines/{made["Uuid"]}";
        Assert.Equal(("local", "none", "amd64", -1),
            (made["BootEnv"]!.ToString(), made["Stage"]!.ToString(), made["Arch"]!.ToString(), made["CurrentTask"]!.GetValue<int>()));
        Assert.Equal("change-stage-v2", made["Meta"]!["feature-flags"]!.ToString());
        foreach (var other in new[] { $"machines/Name:{made["Name"]}", "machines/52-54-aa-00-00-01", $"machines/Uuid:{made["Uuid"]}" })
            Assert.Equal(made["Uuid"]!.ToString(), (await silo.CallAsync("GET", other)).Body!["Uuid"]!.ToString());
        Assert.Equal("two",
            (await silo.CallAsync("PATCH", path,
                """
                [{"op":"test","path":"/Description","value":""},{"op":"replace","path":"/Description","value":"two"}]
                """)).Body!["Description"]!.ToString());
        Assert.Equal("[1,2]", (await silo.CallAsync("GET", $"{path}/params/p/x")).Body!["a"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", path)).Status);
        var (status, _) = await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{made["Name"]}}","Uuid":"{{made["Uuid"]}}","BootEnv":"local","HardwareAddrs":["52:54:aa:00:00:01"]}""");
        Assert.Equal(HttpStatusCode.Created, status);
    }

    [Theory]
    [InlineData("""{"Name":"bad name/.."}""", 422, "ValidationError", "Invalid Name `bad name/..`")]
    [InlineData("""{"Name":"ok1","BootEnv":"nope"}""", 422, "ValidationError", "Bootenv nope does not exist")]
    [InlineData("""{"Name":"ok1","Address":"1.2.3"}""", 400, "POST", "invalid IP address: 1.2.3")]
    [InlineData("""{"Name":"ok1","Address":"127.0.0.1"}""", 422, "ValidationError",
        "Invalid Address: 127.0.0.1 is not a unicast IPv4 address")]
    [InlineData("""{"Name":"ok1","Uuid":"x"}""", 422, "ValidationError", "Invalid Uuid `x`")]
    [InlineData("""{"Name":5}""", 400, "POST", null)]
    [InlineData("""[1]""", 400, "POST", null)]
    [InlineData("""{"Name":""", 400, "POST", null)]
    [InlineData("", 400, "POST", "an object is needed")]
    public async Task AWrongMachineIsRefusedWithItsReason(string body, int code, string type, string? message)
    {
        var error = Error((await silo.CallAsync("POST", "machines", body)).Body);
        Assert.Equal((code, type), (error.Code, error.Type));
        if (message is not null) Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task NamesAndMacsAreUnique()
    {
        var made = await CreateAsync(""","HardwareAddrs":["52:54:aa:00:00:02"]""");
        Assert.Equal((409, "CREATE", "already exists"),
            Error((await silo.CallAsync("POST", "machines", $$"""{"Name":"{{NewName()}}","Uuid":"{{made["Uuid"]}}"}""")).Body));
        var twin = Guid.NewGuid();
        Assert.Equal((422, "ValidationError", $"machines:{twin} violates unique index Name"),
            Error((await silo.CallAsync("POST", "machines", $$"""{"Name":"{{made["Name"]}}","Uuid":"{{twin}}"}""")).Body));
        Assert.Equal((422, "ValidationError", "another machine has one of these HardwareAddrs"),
            Error((await silo.CallAsync("POST", "machines",
                $$"""{"Name":"{{NewName()}}","HardwareAddrs":["52:54:aa:00:00:02"]}""")).Body));
        var other = await CreateAsync();
        Assert.Equal(422,
            Error((await silo.CallAsync("PATCH", $"machines/{other["Uuid"]}",
                $$"""[{"op":"replace","path":"/Name","value":"{{made["Name"]}}"}]""")).Body).Code);
        Assert.Equal(other["Name"]!.ToString(), (await silo.CallAsync("GET", $"machines/{other["Uuid"]}")).Body!["Name"]!.ToString());
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/Description","value":"wrong"}]""", 409, "PATCH", "Patch error at line 0: Test op failed.")]
    [InlineData("""[{"op":"replace","path":"/CurrentTask","value":"x"}]""", 406, "PATCH", null)]
    [InlineData("""{"op":"add"}""", 400, "PATCH", "a JSON patch is an array of operations (RFC 6902)")]
    [InlineData("""[{"op":"replace","path":"/Uuid","value":"0b3c6a8e-0000-4000-8000-00000000ffff"}]""", 400, "PUT", null)]
    public async Task AWrongPatchChangesNothing(string patch, int code, string type, string? message)
    {
        var made = await CreateAsync();
        var error = Error((await silo.CallAsync("PATCH", $"machines/{made["Uuid"]}", patch)).Body);
        Assert.Equal((code, type), (error.Code, error.Type));
        if (message is not null) Assert.Equal(message, error.Message);
        Assert.Equal(made["Boot"]!.ToJsonString(),
            (await silo.CallAsync("GET", $"machines/{made["Uuid"]}")).Body!["Boot"]!.ToJsonString());
    }

    [Theory]
    [InlineData("machines?Bogus=1", "Filter not found: Bogus")]
    [InlineData("machines?limit=-1", "Limit cannot be negative")]
    [InlineData("machines?Runnable=maybe", "Runnable must be true or false")]
    public async Task AListSaysWhatItCannotFilter(string path, string message)
    {
        await CreateAsync();
        Assert.Equal((406, "GET", message), Error((await silo.CallAsync("GET", path)).Body));
    }

    [Fact]
    public async Task ListsFilterSortAndPage()
    {
        var mark = Guid.NewGuid().ToString("N");
        foreach (var i in new[] { 2, 0, 1 })
            await CreateAsync($$""","Description":"{{mark}}","HardwareAddrs":[],"Meta":{"n":"{{i}}"},"Params":{"i":{{i}}}""");
        using var response = await silo.Http.GetAsync($"machines?Description={mark}&sort=Name&limit=2");
        var page = (JsonArray)JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(2, page.Count);
        Assert.Equal("2", Assert.Single(response.Headers.GetValues("X-DRP-LIST-COUNT")));
        Assert.Equal(page.Select(m => m!["Name"]!.ToString()).Order(StringComparer.Ordinal), page.Select(m => m!["Name"]!.ToString()));
        Assert.Equal(3, ((JsonArray)(await silo.CallAsync("GET", $"machines?Description=Re(^{mark[..8]})")).Body!).Count);
        Assert.Empty((JsonArray)(await silo.CallAsync("GET", $"machines?Description={mark}&Runnable=false")).Body!);
    }

    /// <summary>HEAD says of a list what GET says of it, whatever the words; where it can, it counts rows without reading them.</summary>
    [Theory]
    [InlineData("machines?Description=_mark", "5")]
    [InlineData("machines?Description=_mark&offset=2", "3")]
    [InlineData("machines?Description=_mark&offset=9", "0")]
    [InlineData("machines?Description=_mark&limit=2", "2")]
    [InlineData("machines?Description=_mark&limit=2&offset=4", "1")]
    [InlineData("machines?Description=Re(^_mark)", "5")]
    [InlineData("machines?Description=Re(^_mark)&offset=1&sort=Name&reverse=true", "4")]
    [InlineData("machines?Description=_mark&limit=0", "0")]
    [InlineData("machines?Description=_mark&decode=true", "5")]
    [InlineData("machines?Description=_mark&Bogus=1", null)]
    [InlineData("bootenvs?Name=local", "1")]
    [InlineData("bootenvs?Name=local&offset=1", "0")]
    [InlineData("jobs?Machine=_none", "0")]
    public async Task HeadSaysOfAListWhatGetSays(string path, string? count)
    {
        var mark = Guid.NewGuid().ToString("N");
        for (var i = 0; i < 5; i++) await CreateAsync($$""","Description":"{{mark}}","HardwareAddrs":[]""");
        path = path.Replace("_mark", mark, StringComparison.Ordinal).Replace("_none", Guid.NewGuid().ToString(), StringComparison.Ordinal);
        using var get = await silo.Http.GetAsync(path);
        using var head = await silo.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal(get.StatusCode, head.StatusCode);
        foreach (var name in new[] { "X-DRP-LIST-COUNT", "X-DRP-LIST-FILTER-COUNT", "X-Anvil-List-Next" })
            Assert.Equal(get.Headers.TryGetValues(name, out var told) ? told : [],
                head.Headers.TryGetValues(name, out var also) ? also : []);
        Assert.Equal(count, get.Headers.TryGetValues("X-DRP-LIST-COUNT", out var counts) ? Assert.Single(counts) : null);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task ContentPacksAreReadOnlyAndWhatIsUsedStays()
    {
        Assert.Equal(400,
            Error((await silo.CallAsync("PATCH", "bootenvs/local",
                """[{"op":"replace","path":"/Description","value":"x"}]""")).Body).Code);
        await silo.CallAsync("POST", "tasks", """{"Name":"t-used"}""");
        await silo.CallAsync("POST", "stages", """{"Name":"s-using","Tasks":["t-used"]}""");
        Assert.Equal((409, "StillInUseError", "stages:s-using still uses t-used"),
            Error((await silo.CallAsync("DELETE", "tasks/t-used")).Body));
        // A machine's task list names stages and boot environments as well: it will be moved into them.
        await silo.CallAsync("POST", "bootenvs", """{"Name":"e-ahead"}""");
        var (_, machine) = await silo.CallAsync("POST", "machines",
            """{"Name":"ahead","Stage":"none","BootEnv":"local","Tasks":["stage:s-using","bootenv:e-ahead"]}""");
        var uuid = machine!["Uuid"]!.ToString();
        foreach (var (kind, key, noun) in new[] { ("stages", "s-using", "Stage"), ("bootenvs", "e-ahead", "Bootenv") })
            Assert.Equal((409, "StillInUseError", $"{noun} {key} in use by Machine ahead"),
                Error((await silo.CallAsync("DELETE", $"{kind}/{key}")).Body));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", $"machines/{uuid}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "bootenvs/e-ahead")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "stages/s-using")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "tasks/t-used")).Status);
    }

    [Theory]
    [InlineData("templates", """{"ID":"tb","Contents":"hi {{"}""", 422, "Parse error for template tb: template: tb:1: unclosed action")]
    [InlineData("subnets", """{"Name":"sub0","Subnet":"10.98.0.0/24"}""", 422, "IP Address is nil")]
    [InlineData("subnets", """{"Name":"sub0","Subnet":"10.98.0/24"}""", 422,
        "Invalid subnet 10.98.0/24: invalid CIDR address: 10.98.0/24")]
    [InlineData("params", """{"Name":"p/bad","Schema":{"type":"integer","default":"x"}}""", 422, null)]
    [InlineData("reservations", """{"Addr":"10.1.1.1"}""", 422, "Reservation Token cannot be empty!")]
    [InlineData("prefs", """{"bogus":"1"}""", 400, "Unknown Preference bogus")]
    [InlineData("prefs", """{"defaultBootEnv":"nope"}""", 400, "defaultBootEnv: Bootenv nope does not exist")]
    [InlineData("prefs", """{"unknownBootEnv":"local"}""", 400, "BootEnv local cannot be used for the unknownBootEnv")]
    [InlineData("prefs", """{"defaultStage":""}""", 400, "defaultStage: Stage  does not exist")]
    public async Task WrongConfigurationIsRefusedWithItsReason(string kind, string body, int code, string? message)
    {
        var error = Error((await silo.CallAsync("POST", kind, body)).Body);
        Assert.Equal(code, error.Code);
        if (message is not null) Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task OverlapMakesBothSubnetsUnavailable()
    {
        const string Range = ""","ActiveStart":"10.99.0.10","ActiveEnd":"10.99.0.100"}""";
        await silo.CallAsync("POST", "subnets", """{"Name":"wide","Subnet":"10.99.0.0/24" """ + Range);
        var second = (await silo.CallAsync("POST", "subnets", """{"Name":"narrow","Subnet":"10.99.0.0/25" """ + Range)).Body!;
        Assert.Equal("Overlaps subnet wide", second["Errors"]![0]!.ToString());
        Assert.Equal("Overlaps subnet narrow", (await silo.CallAsync("GET", "subnets/wide")).Body!["Errors"]![0]!.ToString());
        Assert.Contains("255.255.255.128", second["Options"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ParamsAreCheckedAgainstTheirSchemaAndLayered()
    {
        await silo.CallAsync("POST", "params", """{"Name":"p/int","Schema":{"type":"integer","default":7}}""");
        var path = $"machines/{(await CreateAsync())["Uuid"]}/params";
        Assert.Equal("7", (await silo.CallAsync("GET", $"{path}/p/int?aggregate=true")).Body!.ToJsonString());
        Assert.Null((await silo.CallAsync("GET", $"{path}/p/int")).Body);
        var error = Error((await silo.CallAsync("POST", $"{path}/p/int", "\"s\"")).Body);
        Assert.Equal(409, error.Code);
        Assert.StartsWith("Key 'p/int': invalid val 's'", error.Message, StringComparison.Ordinal);
        Assert.Equal("9", (await silo.CallAsync("POST", $"{path}/p/int", "9")).Body!.ToJsonString());
        Assert.Equal("""{"p/int":9}""", (await silo.CallAsync("GET", path)).Body!.ToJsonString());
        Assert.Equal("9", (await silo.CallAsync("DELETE", $"{path}/p/int")).Body!.ToJsonString());
    }

    [Fact]
    public async Task JobsRunThroughAWorkflowOverTheApi()
    {
        await silo.CallAsync("POST", "tasks",
            """{"Name":"job-task","Templates":[{"Name":"a.sh","Contents":"#!/bin/sh\necho {{ .Machine.Name }}\n"}]}""");
        await silo.CallAsync("POST", "stages", """{"Name":"job-stage","Tasks":["job-task"]}""");
        await silo.CallAsync("POST", "workflows", """{"Name":"job-flow","Stages":["job-stage"]}""");
        var machine = await CreateAsync(""","Workflow":"job-flow" """);
        var body = $$"""{"Machine":"{{machine["Uuid"]}}"}""";
        var (status, job) = await silo.CallAsync("POST", "jobs", body);
        Assert.Equal((HttpStatusCode.Created, "job-task"), (status, job!["Task"]!.ToString()));
        Assert.Equal((409, "Conflict", $"Machine {machine["Uuid"]} already has running or created job"),
            Error((await silo.CallAsync("POST", "jobs", body)).Body));
        var path = $"jobs/{job["Uuid"]}";
        Assert.Equal($"#!/bin/sh\necho {machine["Name"]}\n",
            (await silo.CallAsync("GET", $"{path}/actions")).Body![0]!["Content"]!.ToString());
        await silo.CallAsync("PATCH", path, """[{"op":"replace","path":"/State","value":"running"}]""");
        foreach (var part in new[] { "one\n", "two\n" })
        {
            using var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(part));
            content.Headers.ContentType = new("application/octet-stream");
            Assert.Equal(HttpStatusCode.NoContent, (await silo.Http.PutAsync($"{path}/log", content)).StatusCode);
        }

        Assert.Equal("one\ntwo\n", await silo.Http.GetStringAsync($"{path}/log"));
        Assert.Equal(422,
            Error((await silo.CallAsync("PATCH", path, """[{"op":"replace","path":"/State","value":"bogus"}]""")).Body).Code);
        await silo.CallAsync("PATCH", path,
            """[{"op":"replace","path":"/State","value":"finished"},{"op":"replace","path":"/ExitState","value":"complete"}]""");
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("POST", "jobs", body)).Status);
        Assert.Equal(400, Error((await silo.CallAsync("POST", "jobs", "{}")).Body).Code);
        Assert.Equal(422, Error((await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{Guid.NewGuid()}}"}""")).Body).Code);
    }

    [Fact]
    public async Task AMachinesTokenReachesItsOwnThingsAlone()
    {
        var mine = await CreateAsync();
        var other = await CreateAsync();
        var token = (await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = mine["Uuid"]!.ToString() }))(
            mine["Uuid"]!.ToString(), TimeSpan.FromMinutes(1));
        using var machine = silo.Client(token);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", $"machines/{mine["Uuid"]}", client: machine)).Status);
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", $"machines/{mine["Uuid"]}", """[{"op":"replace","path":"/OS","value":"x"}]""",
                machine)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{other["Uuid"]}", client: machine)).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", $"machines/{other["Uuid"]}", """[{"op":"replace","path":"/OS","value":"x"}]""",
                machine)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", $"machines/{mine["Uuid"]}", client: machine)).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{other["Uuid"]}}"}""", machine)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "prefs", """{"logLevel":"warn"}""", machine)).Status);
        Assert.Equal("[]", (await silo.CallAsync("GET", "users", client: machine)).Body!.ToJsonString());
        await silo.CallAsync("PATCH", $"machines/{mine["Uuid"]}", """[{"op":"replace","path":"/Secret","value":"another secret"}]""");
        Assert.Equal((403, "", "Invalid Token"), Error((await silo.CallAsync("GET", $"machines/{mine["Uuid"]}", client: machine)).Body));
    }

    [Fact]
    public async Task ARegistrationTokenMakesOneMachineAndReadsNothing()
    {
        await silo.CallAsync("POST", "profiles", """{"Name":"secrets","Params":{"password":"x"}}""");
        var token = (await silo.Service<AccessService>().ForRenderingAsync(null))(null, TimeSpan.FromMinutes(1));
        using var stranger = silo.Client(token);
        var (status, made) = await silo.CallAsync("POST", "machines",
            $$"""
            {"Name":"{{NewName()}}","Profiles":["secrets"],"Workflow":"wipe","Locked":true,
            "Params":{"hardware/cpu":{"Threads":1},"access-keys":{"me":"k"} } }
            """, stranger);
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(("discover", "[]", false),
            (made!["Workflow"]!.ToString(), made["Profiles"]!.ToJsonString(), made["Locked"]!.GetValue<bool>()));
        Assert.Equal("""{"hardware/cpu":{"Threads":1}}""", made["Params"]!.ToJsonString());
        Assert.Equal((409, "CREATE", "already exists"),
            Error((await silo.CallAsync("POST", "machines", $$"""{"Name":"{{NewName()}}"}""", stranger)).Body));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{made["Uuid"]}", client: stranger)).Status);
        Assert.Equal("[]", (await silo.CallAsync("GET", "profiles", client: stranger)).Body!.ToJsonString());
    }

    [Fact]
    public async Task ALongPollEndsWithTheChange()
    {
        var made = await CreateAsync();
        var path = $"machines/{made["Uuid"]}";
        using var first = await silo.Http.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("If-None-Match", first.Headers.ETag!.Tag);
        request.Headers.TryAddWithoutValidation("Prefer", "wait=30");
        var waiting = silo.Http.SendAsync(request);
        await silo.CallAsync("PATCH", path, """[{"op":"replace","path":"/Description","value":"now"}]""");
        using var changed = await waiting;
        Assert.Equal("now", JsonNode.Parse(await changed.Content.ReadAsStringAsync())!["Description"]!.ToString());
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.TryAddWithoutValidation("If-None-Match", changed.Headers.ETag!.Tag);
        again.Headers.TryAddWithoutValidation("Prefer", "wait=0.1");
        Assert.Equal(HttpStatusCode.NotModified, (await silo.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task ThePreviewGivesTheBootAnswerWithItsReasons()
    {
        var made = await CreateAsync(""","HardwareAddrs":["52:54:aa:00:00:03"]""");
        var answer = (await silo.CallAsync("GET", $"machines/{made["Uuid"]}/boot?arch=uefi")).Body!;
        Assert.False(answer["Boots"]!.GetValue<bool>());
        Assert.Contains("local disk", answer["Reasons"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(400, Error((await silo.CallAsync("GET", $"machines/{made["Uuid"]}/boot?arch=toaster")).Body).Code);
    }

    [Theory]
    [InlineData("GET", "nosuch", 404, "No route")]
    [InlineData("PUT", "info", 405, "Method not allowed")]
    public async Task WhatIsNotThereIsSaidInTheErrorShape(string method, string path, int code, string message)
    {
        var error = Error((await silo.CallAsync(method, path)).Body);
        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public async Task TheDashboardIsForSuperusers()
    {
        using var anonymous = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{silo.ApiPort}/") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync("dashboard/DashboardCounters")).StatusCode);
        using var admin = silo.Client("rocketskates", SiloFixture.Password);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await admin.GetAsync(new Uri(anonymous.BaseAddress, "dashboard/GrainState?grainId=x&grainType=y"))).StatusCode);
        await CreateAsync();
        // Silos report once a second, and while the dashboard's own grain is on its way the answer is 503.
        await Wait.UntilAsync(
            async () =>
            {
                using var counters = await admin.GetAsync(new Uri(anonymous.BaseAddress, "dashboard/DashboardCounters"));
                return counters.IsSuccessStatusCode
                    && (await counters.Content.ReadAsStringAsync()).Contains("MachineGrain", StringComparison.Ordinal);
            }, TimeSpan.FromMinutes(2), () => "the dashboard does not show the machines' grains");
    }
}

/// <summary>The API of one silo on SQLite.</summary>
public sealed class SingleApiTests(SingleSilo silo) : ApiTests(silo), IClassFixture<SingleSilo>;

/// <summary>The API of a cluster on PostgreSQL.</summary>
public sealed class ClusterApiTests(SiloCluster silos) : ApiTests(silos), IClassFixture<SiloCluster>;
