using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What a tenant's user reaches: its members and what follows them, by every path there is to an object.</summary>
public abstract class TenantTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public async Task OfMachinesATenantsUserSeesAndChangesItsOwnAlone()
    {
        var (mine, theirs) = (await MachineAsync("mine", "01"), await MachineAsync("theirs", "02"));
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        var lists = new[] { "machines", $"machines?Name=Re(-{_mark}$)", "machines?sort=Name&limit=5", "machines?slim=Params",
            "machines?params=x", "machines?Name=Ne(x)", "machines?Boot.Phase=Unknown", $"machines?Description=Ne(x)&offset=0" };
        foreach (var list in lists)
        {
            using var answer = await user.GetAsync(list);
            var rows = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();
            Assert.Equal(mine, Assert.Single(rows)!["Uuid"]!.ToString());
            Assert.Equal(("1", "1"), (Header(answer, "X-DRP-LIST-TOTAL-COUNT"), Header(answer, "X-DRP-LIST-FILTER-COUNT")));
            using var head = await user.SendAsync(new HttpRequestMessage(HttpMethod.Head, list));
            Assert.Equal(("1", "1"), (Header(head, "X-DRP-LIST-TOTAL-COUNT"), Header(head, "X-DRP-LIST-FILTER-COUNT")));
        }

        foreach (var list in new[] { $"machines?Name=theirs-{_mark}", $"machines?Uuid={theirs}", $"machines?Uuid=In({theirs})" })
            Assert.Equal("[]", (await silo.OkAsync("GET", list, client: user)).ToJsonString());
        Assert.Contains("""{"name":"machines.count","count":1}""",
            (await silo.OkAsync("GET", "info", client: user))["stats"]!.ToJsonString(), StringComparison.Ordinal);

        // What is not its own is answered as what is not there.
        foreach (var (method, path, body) in new[]
        {
            ("GET", "machines/{0}", null), ("GET", "machines/Name:theirs-" + _mark, null), ("GET", "machines/" + Mac("02"), null),
            ("GET", "machines/{0}/params", null), ("GET", "machines/{0}/params?aggregate=true", null),
            ("GET", "machines/{0}/params/x", null), ("GET", "machines/{0}/pubkey", null),
            ("GET", "machines/{0}/boot", null), ("GET", "machines/{0}/timeline", null),
            ("PATCH", "machines/{0}", """[{"op":"add","path":"/Description","value":"x"}]"""), ("PATCH", "machines/{0}", "[]"),
            ("PUT", "machines/{0}", $$"""{"Uuid":"{{theirs}}","Name":"theirs-{{_mark}}"}"""), ("DELETE", "machines/{0}", null),
            ("POST", "machines/{0}/approve", null), ("POST", "machines/{0}/params/x", "1"), ("DELETE", "machines/{0}/params/x", null),
            ("PATCH", "machines/{0}/params", """[{"op":"add","path":"/x","value":1}]"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, string.Format(null, path, theirs), body, user);
            Assert.True(status == HttpStatusCode.NotFound, $"{method} {path}: {status} {answer}");
            var absent = Guid.NewGuid().ToString();
            if (!path.Contains("{0}", StringComparison.Ordinal)) continue;
            var (none, said) = await silo.CallAsync(method, string.Format(null, path, absent), body, user);
            Assert.Equal((status, answer?.ToJsonString()),
                (none, said?.ToJsonString().Replace(absent, theirs, StringComparison.Ordinal)));
        }

        await silo.OkAsync("GET", $"machines/{mine}", client: user);
        await silo.OkAsync("GET", $"machines/Name:mine-{_mark}", client: user);
        await silo.OkAsync("GET", $"machines/{Mac("01")}", client: user);
        await silo.OkAsync("GET", $"machines/{mine}/timeline", client: user);
        await silo.OkAsync("PATCH", $"machines/{mine}", """[{"op":"add","path":"/Description","value":"x"}]""", user);
        Assert.Equal("", (await silo.OkAsync("GET", $"machines/{theirs}"))["Description"]!.ToString());
        // What tells of all of them tells nothing.
        foreach (var path in new[] { $"timeline/{Mac("01")}", "leases/10.1.2.3/history" })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", path, client: user)).Status);
    }

    [Fact]
    public async Task JobsLeasesAndReservationsFollowTheirMachine()
    {
        await silo.OkAsync("POST", "tasks", $$"""{"Name":"t-{{_mark}}"}""");
        var (mine, theirs) = (await MachineAsync("mine", "03", $"t-{_mark}"), await MachineAsync("theirs", "04", $"t-{_mark}"));
        var (job, other) = (await JobAsync(mine), await JobAsync(theirs));
        var third = Convert.ToInt32(_mark[..2], 16);
        var (own, foreign) = ($"198.19.{third}.3", $"198.19.{third}.4");
        await silo.OkAsync("POST", "reservations", $$"""{"Addr":"{{own}}","Token":"{{Mac("03")}}"}""");
        await silo.OkAsync("POST", "reservations", $$"""{"Addr":"{{foreign}}","Token":"{{Mac("04")}}"}""");
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        foreach (var (kind, key) in new[] { ("jobs", "Uuid"), ("reservations", "Addr"), ("leases", "Addr") })
        {
            var rows = (await silo.OkAsync("GET", kind, client: user)).AsArray();
            var seen = rows.Select(r => r![key]!.ToString()).ToList();
            string[] expected = kind == "jobs" ? [job] : kind == "leases" ? [] : [own];
            Assert.Equal(expected, seen);
            using var head = await user.SendAsync(new HttpRequestMessage(HttpMethod.Head, kind));
            Assert.Equal(seen.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), Header(head, "X-DRP-LIST-TOTAL-COUNT"));
        }

        foreach (var (method, path, body) in new[]
        {
            ("GET", $"jobs/{other}", null), ("GET", $"jobs/{other}/log", null), ("GET", $"jobs/{other}/actions", null),
            ("PUT", $"jobs/{other}/log", null), ("PATCH", $"jobs/{other}", """[{"op":"replace","path":"/State","value":"failed"}]"""),
            ("DELETE", $"jobs/{other}", null), ("GET", $"reservations/{foreign}", null),
            ("PATCH", $"reservations/{foreign}", """[{"op":"add","path":"/Description","value":"x"}]"""),
            ("DELETE", $"reservations/{foreign}", null),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, user);
            Assert.True(status == HttpStatusCode.NotFound, $"{method} {path}: {status} {answer}");
        }

        foreach (var (path, body) in new[]
        {
            ("jobs", $$"""{"Machine":"{{theirs}}"}"""), ("jobs", $$"""{"Machine":"{{Guid.NewGuid()}}"}"""),
            ("reservations", $$"""{"Addr":"198.19.{{third}}.5","Token":"{{Mac("04")}}"}"""),
            ("reservations", $$"""{"Addr":"198.19.{{third}}.5","Token":"02:00:00:00:00:99"}"""),
        })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", path, body, user)).Status);
        await silo.OkAsync("GET", $"jobs/{job}", client: user);
        await silo.OkAsync("GET", $"jobs/{job}/actions", client: user);
        await silo.OkAsync("PATCH", $"reservations/{own}", """[{"op":"add","path":"/Description","value":"x"}]""", user);
    }

    [Fact]
    public async Task WhatATenantsUserMakesIsItsTenants()
    {
        using var user = await TenantUserAsync("""{"machines":[],"profiles":[]}""");
        using var second = await UserAsync("second");
        await silo.OkAsync("PATCH", $"tenants/t-{_mark}", $$"""[{"op":"add","path":"/Users/-","value":"second-{{_mark}}"}]""");
        var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"made-{{_mark}}","BootEnv":"local"}""", user))["Uuid"]!.ToString();
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"made-{{_mark}}"}""", user);
        await silo.OkAsync("POST", "stages", $$"""{"Name":"made-{{_mark}}"}""", user);
        foreach (var client in new[] { user, second })
        {
            await silo.OkAsync("GET", $"machines/{uuid}", client: client);
            await silo.OkAsync("GET", $"profiles/made-{_mark}", client: client);
            Assert.Equal(uuid, Assert.Single((await silo.OkAsync("GET", "machines", client: client)).AsArray())!["Uuid"]!.ToString());
        }

        var members = (await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!;
        Assert.Equal($$"""{"machines":["{{uuid}}"],"profiles":["made-{{_mark}}"]}""", members.ToJsonString());
        // One that is there already, of others, is not reached by naming it.
        var theirs = await MachineAsync("theirs", "05");
        Assert.NotEqual(HttpStatusCode.Created,
            (await silo.CallAsync("POST", "machines", $$"""{"Name":"x-{{_mark}}","Uuid":"{{theirs}}"}""", user)).Status);
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"there-{{_mark}}"}""");
        Assert.Equal(HttpStatusCode.Conflict,
            (await silo.CallAsync("POST", "profiles", $$"""{"Name":"there-{{_mark}}"}""", user)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{theirs}", client: user)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/there-{_mark}", client: user)).Status);
        // What is gone is nobody's.
        await silo.OkAsync("DELETE", $"machines/{uuid}", client: user);
        await silo.OkAsync("DELETE", $"profiles/made-{_mark}", client: user);
        Assert.Equal("""{"machines":[],"profiles":[]}""",
            (await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!.ToJsonString());
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"made-{{_mark}}"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/made-{_mark}", client: user)).Status);
    }

    /// <summary>A key that was left from a machine that is gone is none of the next one's; one of a machine that is there stays.</summary>
    [Fact]
    public async Task AMachineIsNoTenantsByTheUuidOfOneThatIsGone()
    {
        var (uuid, there) = (Guid.NewGuid().ToString(), await MachineAsync("there", "0f"));
        using var user = await TenantUserAsync($$"""{"machines":["{{uuid}}","{{there}}"]}""");
        await silo.OkAsync("POST", "machines", $$"""{"Name":"again-{{_mark}}","Uuid":"{{uuid}}","BootEnv":"local"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{uuid}", client: user)).Status);
        Assert.NotEqual(HttpStatusCode.Created,
            (await silo.CallAsync("POST", "machines", $$"""{"Name":"twice-{{_mark}}","Uuid":"{{there}}"}""")).Status);
        await silo.OkAsync("GET", $"machines/{there}", client: user);
        Assert.Equal($$"""{"machines":["{{there}}"]}""", (await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!.ToJsonString());
        // Whoever deletes it, it is nobody's then.
        await silo.OkAsync("DELETE", $"machines/{there}");
        Assert.Equal("""{"machines":[]}""", (await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!.ToJsonString());
        // What is kept of one that is gone is under its uuid: a tenant's user gives it to none of its own.
        var others = await MachineAsync("others", "10");
        await silo.OkAsync("DELETE", $"machines/{others}");
        foreach (var named in new[] { others, await MachineAsync("living", "11"), Guid.NewGuid().ToString() })
        {
            var (status, answer) = await silo.CallAsync("POST", "machines",
                $$"""{"Name":"taken-{{_mark}}","Uuid":"{{named}}","BootEnv":"local"}""", user);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
            Assert.Contains("whom a tenant limits is given one", answer!.ToJsonString(), StringComparison.Ordinal);
        }

        // A tenant's user that makes it anew has it.
        var own = Guid.NewGuid().ToString();
        await silo.OkAsync("PATCH", $"tenants/t-{_mark}", $$"""[{"op":"add","path":"/Members/machines/-","value":"{{own}}"}]""");
        await silo.OkAsync("POST", "machines", $$"""{"Name":"own-{{_mark}}","Uuid":"{{own}}","BootEnv":"local"}""", user);
        await silo.OkAsync("GET", $"machines/{own}", client: user);
    }

    /// <summary>What is rendered for a machine has its params in it, of whichever layer: none is told in another way.</summary>
    [Fact]
    public async Task AJobsActionsAreShownToWhoHasAllThatIsRendered()
    {
        await silo.OkAsync("POST", "params", $$"""{"Name":"pw-{{_mark}}","Secure":true,"Schema":{"type":"string"} }""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"hidden-{{_mark}}","Params":{"pw-{{_mark}}":"the-hidden-word"} }""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"empty-{{_mark}}"}""");
        await silo.OkAsync("POST", "tasks",
            $$$"""{"Name":"t-{{{_mark}}}","Templates":[{"Name":"a","Contents":"{{.Param \"pw-{{{_mark}}}\"}}"}]}""");
        var mine = await MachineAsync("mine", "10", $"t-{_mark}");
        await silo.OkAsync("PATCH", $"machines/{mine}",
            $$"""[{"op":"add","path":"/Profiles","value":["empty-{{_mark}}","hidden-{{_mark}}"]}]""");
        var job = await JobAsync(mine);
        // Other tests may have made it, and it is a layer of every machine.
        var global = (await silo.CallAsync("GET", "profiles/global")).Status == HttpStatusCode.OK ? ",\"global\"" : "";
        using var user = await TenantUserAsync($$"""{"profiles":["empty-{{_mark}}"{{global}}]}""");
        var (status, answer) = await silo.CallAsync("GET", $"jobs/{job}/actions", client: user);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.DoesNotContain("the-hidden-word", answer!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-", answer.ToJsonString(), StringComparison.Ordinal);
        // With all of them it is rendered as for everybody.
        await silo.OkAsync("PATCH", $"tenants/t-{_mark}", $$"""[{"op":"add","path":"/Members/profiles/-","value":"hidden-{{_mark}}"}]""");
        Assert.Contains("the-hidden-word", (await silo.OkAsync("GET", $"jobs/{job}/actions", client: user)).ToJsonString(),
            StringComparison.Ordinal);
        // A stage is a layer, too.
        await silo.OkAsync("PATCH", $"tenants/t-{_mark}", """[{"op":"add","path":"/Members/stages","value":[]}]""");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", $"jobs/{job}/actions", client: user)).Status);
    }

    /// <summary>Neither by its machine's params, nor by giving it to a machine, is a profile read that is beyond one's reach.</summary>
    [Fact]
    public async Task AProfileBeyondOnesReachIsNotReadThroughAMachine()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"hidden-{{_mark}}","Params":{"word-{{_mark}}":"the-hidden-word"} }""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"open-{{_mark}}","Params":{"open-{{_mark}}":"seen"} }""");
        var uuid = await MachineAsync("mine", "06");
        using var user = await TenantUserAsync($$"""{"machines":["{{uuid}}"],"profiles":["open-{{_mark}}"]}""");
        foreach (var (method, path, body) in new[]
        {
            ("PATCH", $"machines/{uuid}", $$"""[{"op":"add","path":"/Profiles/-","value":"hidden-{{_mark}}"}]"""),
            ("POST", "machines", $$"""{"Name":"new-{{_mark}}","BootEnv":"local","Profiles":["hidden-{{_mark}}"]}"""),
            ("POST", "stages", $$"""{"Name":"new-{{_mark}}","Profiles":["hidden-{{_mark}}"]}"""),
            ("PATCH", $"profiles/open-{_mark}", $$"""[{"op":"add","path":"/Profiles","value":["hidden-{{_mark}}"]}]"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, user);
            Assert.True(status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.Forbidden, $"{method} {path}: {status} {answer}");
        }

        var (_, told) = await silo.CallAsync("PATCH", $"machines/{uuid}",
            $$"""[{"op":"add","path":"/Profiles/-","value":"hidden-{{_mark}}"}]""", user);
        var (_, absent) = await silo.CallAsync("PATCH", $"machines/{uuid}",
            $$"""[{"op":"add","path":"/Profiles/-","value":"absent-{{_mark}}"}]""", user);
        Assert.Equal(absent!["Messages"]!.ToJsonString().Replace("absent", "hidden", StringComparison.Ordinal),
            told!["Messages"]!.ToJsonString());
        await silo.OkAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"add","path":"/Profiles/-","value":"open-{{_mark}}"}]""", user);
        await silo.OkAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"add","path":"/Profiles/-","value":"hidden-{{_mark}}"}]""");
        var all = (await silo.OkAsync("GET", $"machines/{uuid}/params?aggregate=true", client: user)).ToJsonString();
        Assert.Contains("seen", all, StringComparison.Ordinal);
        Assert.DoesNotContain("the-hidden-word", all, StringComparison.Ordinal);
        Assert.Null((await silo.CallAsync("GET", $"machines/{uuid}/params/word-{_mark}?aggregate=true", client: user)).Body);
        Assert.Contains("the-hidden-word", (await silo.OkAsync("GET", $"machines/{uuid}/params?aggregate=true")).ToJsonString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASheetHasTheTenantsMachinesAndNoneIsImported()
    {
        var (mine, theirs) = (await MachineAsync("mine", "07"), await MachineAsync("theirs", "08"));
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        var sheet = await user.GetStringAsync("machines/export");
        Assert.Contains($"mine-{_mark}", sheet, StringComparison.Ordinal);
        Assert.Equal(2, sheet.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains($"theirs-{_mark}", await silo.Http.GetStringAsync("machines/export"), StringComparison.Ordinal);
        using var import = new StringContent($"Name,Description\ntheirs-{_mark},mine\n", Encoding.UTF8, "text/csv");
        using var answer = await user.PostAsync("machines/import?dryRun=true", import);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.DoesNotContain(theirs, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventsAreThoseOfTheTenantsObjects()
    {
        var (mine, theirs) = (await MachineAsync("mine", "09"), await MachineAsync("theirs", "0a"));
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"],"profiles":[]}""");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", user.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{silo.ApiPort}/api/v3/ws"), CancellationToken.None);
        foreach (var kind in new[] { "machines", "reservations", "profiles", "stages" })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"register {kind}.*.*"), WebSocketMessageType.Text, true,
                CancellationToken.None);
            Assert.Equal("websocket", (await HearAsync(socket))["Type"]!.ToString());
        }

        await silo.OkAsync("PATCH", $"machines/{theirs}", """[{"op":"add","path":"/Description","value":"x"}]""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"theirs-{{_mark}}"}""");
        var third = Convert.ToInt32(_mark[..2], 16);
        await silo.OkAsync("POST", "reservations", $$"""{"Addr":"198.19.{{third}}.10","Token":"{{Mac("0a")}}"}""");
        await silo.OkAsync("POST", "reservations", $$"""{"Addr":"198.19.{{third}}.9","Token":"{{Mac("09")}}"}""");
        await silo.OkAsync("PATCH", $"machines/{mine}", """[{"op":"add","path":"/Description","value":"x"}]""");
        // What it makes now it hears of now.
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"made-{{_mark}}"}""", user);
        await silo.OkAsync("POST", "stages", $$"""{"Name":"last-{{_mark}}"}""");
        var heard = new List<string>();
        while (heard.Count == 0 || heard[^1] != $"last-{_mark}") heard.Add((await HearAsync(socket))["Key"]!.ToString());
        Assert.DoesNotContain(theirs, heard);
        Assert.DoesNotContain($"C613{third:X2}0A", heard);
        Assert.DoesNotContain($"theirs-{_mark}", heard);
        Assert.Contains($"C613{third:X2}09", heard);
        Assert.Contains(mine, heard);
        Assert.Contains($"made-{_mark}", heard);
    }

    /// <summary>A superuser in a tenant is limited as everybody is, and comes out of it by nothing that it can do.</summary>
    [Fact]
    public async Task NobodyLeavesItsTenant()
    {
        var mine = await MachineAsync("mine", "0b");
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        await silo.OkAsync("POST", "roles",
            $$"""{"Name":"all-{{_mark}}","Claims":[{"scope":"machines","action":"*","specific":"*"}]}""");
        await silo.OkAsync("POST", "tasks", $$"""{"Name":"root-{{_mark}}","ExtraRoles":["superuser"]}""");
        foreach (var (method, path, body) in new[]
        {
            ("PATCH", $"tenants/t-{_mark}", """[{"op":"remove","path":"/Members/machines"}]"""),
            ("PATCH", $"tenants/t-{_mark}", """[{"op":"replace","path":"/Users","value":[]}]"""),
            ("PUT", $"tenants/t-{_mark}", $$"""{"Name":"t-{{_mark}}"}"""), ("DELETE", $"tenants/t-{_mark}", null),
            ("POST", "tenants", $$"""{"Name":"u-{{_mark}}"}"""),
            ("POST", "users", $$"""{"Name":"free-{{_mark}}","Roles":["superuser"]}"""),
            ("POST", "users", $$"""{"Name":"free-{{_mark}}","Roles":["all-{{_mark}}"]}"""),
            ("POST", "roles", $$"""{"Name":"more-{{_mark}}","Claims":[{"scope":"jobs","action":"get","specific":"*"}]}"""),
            ("PUT", "users/rocketskates/password", """{"Password":"mine"}"""), ("GET", "users/rocketskates/token", null),
            ("POST", "tasks", $$"""{"Name":"mine-{{_mark}}","ExtraRoles":["superuser"]}"""),
            ("POST", "tasks",
                $$"""{"Name":"mine-{{_mark}}","ExtraClaims":[{"scope":"machines","action":"get","specific":"*"}]}"""),
            ("PATCH", $"machines/{mine}", $$"""[{"op":"add","path":"/Tasks/-","value":"root-{{_mark}}"}]"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, user);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} {body}: {status} {answer}");
        }

        // Its own token and password are its own, and no way out either.
        using var token = silo.Client((await silo.OkAsync("GET", $"users/u-{_mark}/token", client: user))["Token"]!.ToString());
        Assert.Single((await silo.OkAsync("GET", "machines", client: token)).AsArray());
        await silo.OkAsync("PUT", $"users/u-{_mark}/password", """{"Password":"p"}""", user);
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("DELETE", $"users/u-{_mark}")).Status);
        // Those who are out of all tenants let it out.
        await silo.OkAsync("DELETE", $"tenants/t-{_mark}");
        Assert.NotEmpty((await silo.OkAsync("GET", "machines?limit=2", client: user)).AsArray());
        await silo.OkAsync("POST", "roles",
            $$"""{"Name":"more-{{_mark}}","Claims":[{"scope":"jobs","action":"get","specific":"*"}]}""", user);
    }

    /// <summary>A user whom it makes is in its tenant, and others' passwords and tokens are none of its own.</summary>
    [Fact]
    public async Task NobodyLeavesItsTenantByAnotherUser()
    {
        var (mine, theirs) = (await MachineAsync("mine", "0d"), await MachineAsync("theirs", "0e"));
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        await silo.OkAsync("POST", "users", $$"""{"Name":"free-{{_mark}}"}""");
        foreach (var (method, path, body) in new[]
        {
            ("PUT", $"users/free-{_mark}/password", """{"Password":"p"}"""), ("GET", $"users/free-{_mark}/token", null),
            ("DELETE", $"users/free-{_mark}/token?id=0123456789abcdef", null),
            ("PUT", $"users/free-{_mark}", $$"""{"Name":"free-{{_mark}}"}"""),
            ("PATCH", $"users/free-{_mark}", """[{"op":"replace","path":"/Secret","value":"known"}]"""),
            ("DELETE", $"users/free-{_mark}", null), ("POST", "prefs", """{"baseTokenSecret":"0123456789abcdef0123456789abcdef"}"""),
            ("POST", "roles", $$"""{"Name":"as-{{_mark}}","Claims":[{"scope":"tasks","action":"assign","specific":"x"}]}"""),
            // Its jobs are in no tenant.
            ("POST", "tasks", $$"""{"Name":"as-{{_mark}}","ExtraClaims":[{"scope":"users","action":"create","specific":"*"}]}"""),
            ("POST", "tasks", $$"""{"Name":"as-{{_mark}}","ExtraClaims":[{"scope":"preferences","action":"post","specific":"*"}]}"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, user);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} {body}: {status} {answer}");
        }

        await silo.OkAsync("POST", "users", $$"""{"Name":"made-{{_mark}}"}""", user);
        await silo.OkAsync("PUT", $"users/made-{_mark}/password", """{"Password":"p"}""", user);
        Assert.Equal($$"""["u-{{_mark}}","made-{{_mark}}"]""", (await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Users"]!.ToJsonString());
        // Whatever it is given later, it is limited as who made it.
        await silo.OkAsync("PATCH", $"users/made-{_mark}", """[{"op":"replace","path":"/Roles","value":["superuser"]}]""");
        await silo.OkAsync("PUT", $"users/made-{_mark}/password", """{"Password":"q"}""");
        using var made = silo.Client($"made-{_mark}", "q");
        await silo.OkAsync("GET", $"machines/{mine}", client: made);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{theirs}", client: made)).Status);
    }

    [Fact]
    public async Task TheLastAdministratorIsPutInNoTenant()
    {
        var users = (await silo.OkAsync("GET", "users")).AsArray().Select(u => u!["Name"]!.ToString()).ToList();
        var (status, body) = await silo.CallAsync("POST", "tenants", new JsonObject
        {
            ["Name"] = $"all-{_mark}",
            ["Members"] = new JsonObject { ["machines"] = new JsonArray() },
            ["Users"] = new JsonArray([.. users.Select(u => JsonValue.Create(u))]),
        }.ToJsonString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("administrator", body!.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>A read that waits ends with the reach, and what left it while somebody waited is not shown.</summary>
    [Fact]
    public async Task WhatLeavesTheReachIsNotWaitedFor()
    {
        var mine = await MachineAsync("mine", "0c");
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        using var read = await user.GetAsync($"machines/{mine}");
        using var waiting = new HttpRequestMessage(HttpMethod.Get, $"machines/{mine}");
        waiting.Headers.TryAddWithoutValidation("Prefer", "wait=60");
        waiting.Headers.TryAddWithoutValidation("If-None-Match", read.Headers.ETag!.Tag);
        var answer = user.SendAsync(waiting);
        await silo.OkAsync("PATCH", $"tenants/t-{_mark}", """[{"op":"replace","path":"/Members/machines","value":[]}]""");
        await silo.OkAsync("PATCH", $"machines/{mine}", """[{"op":"add","path":"/Description","value":"later"}]""");
        using var response = await answer.WaitAsync(Soon + Soon);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.DoesNotContain("later", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>What lets its jobs read what it may not read is given by a tenant's user to none.</summary>
    [Theory]
    [InlineData("logs", "get")]
    [InlineData("contents", "get")]
    [InlineData("contents,profiles", "list")]
    [InlineData("users", "update")]
    public async Task AJobLeadsOutOfNoTenant(string scope, string action)
    {
        var mine = await MachineAsync("mine", "12");
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        var task = $$"""
            {"Name":"out-{{_mark}}","ExtraClaims":[{"scope":"{{scope}}","action":"{{action}}","specific":"*"}]}
            """;
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "tasks", task, user)).Status);
        await silo.OkAsync("POST", "tasks", task);
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"machines/{mine}",
            $$"""[{"op":"add","path":"/Tasks/-","value":"out-{{_mark}}"}]""", user)).Status);
    }

    /// <summary>That something is used is told; by whom, to who may know of it.</summary>
    [Fact]
    public async Task WhoUsesSomethingIsNamedToWhoMayKnowIt()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"used-{{_mark}}"}""");
        var (mine, theirs) = (await MachineAsync("mine", "13"), await MachineAsync("theirs", "14"));
        foreach (var machine in new[] { mine, theirs })
            await silo.OkAsync("PATCH", $"machines/{machine}", $$"""[{"op":"add","path":"/Profiles/-","value":"used-{{_mark}}"}]""");
        using var tenant = await TenantUserAsync($$"""{"machines":["{{mine}}"]}""");
        using var narrow = await silo.LimitedAsync("scope=profiles&action=get,delete&specific=*");
        foreach (var (client, named) in new[] { (tenant, new[] { mine }), (narrow, []), (silo.Http, [mine, theirs]) })
        {
            var (status, answer) = await silo.CallAsync("DELETE", $"profiles/used-{_mark}", client: client);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
            var text = answer!.ToJsonString();
            Assert.Contains($"used-{_mark}", text, StringComparison.Ordinal);
            foreach (var machine in new[] { mine, theirs })
                Assert.Equal(named.Contains(machine), text.Contains(machine, StringComparison.Ordinal));
        }
    }

    /// <summary>What is beyond the reach is told as what is not there, whatever else is wrong.</summary>
    [Fact]
    public async Task WhatIsBeyondIsToldAsWhatIsNotThere()
    {
        var mine = await MachineAsync("mine", "15");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"hidden-{{_mark}}"}""");
        using var user = await TenantUserAsync($$"""{"machines":["{{mine}}"],"profiles":[]}""");
        foreach (var more in new[] { "", ""","Name":"no name" """, ""","Stage":"none-such" """ })
        {
            async Task<string> ToldAsync(string method, string path, string profile)
            {
                var body = method == "POST" ? $$"""{"Name":"x-{{_mark}}","BootEnv":"local","Profiles":["{{profile}}"]{{more}}}"""
                    : $$"""{"Uuid":"{{mine}}","Name":"mine-{{_mark}}","BootEnv":"local","Profiles":["{{profile}}"]{{more}}}""";
                // The last of two fields of one name counts.
                if (more.Contains("Name", StringComparison.Ordinal))
                    body = body.Replace($"\"Name\":\"{(method == "POST" ? "x" : "mine")}-{_mark}\",", "", StringComparison.Ordinal);
                var (status, answer) = await silo.CallAsync(method, path, body, user);
                Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
                if (answer!["Key"] is not null) answer["Key"] = "";
                return answer.ToJsonString().Replace(profile, "P", StringComparison.Ordinal);
            }

            foreach (var (method, path) in new[] { ("POST", "machines"), ("PUT", $"machines/{mine}") })
                Assert.Equal(await ToldAsync(method, path, $"absent-{_mark}"), await ToldAsync(method, path, $"hidden-{_mark}"));
        }
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private string Mac(string last) => $"02:{_mark[..2]}:{_mark[2..4]}:{_mark[4..6]}:{_mark[6..8]}:{last}";

    private async Task<string> MachineAsync(string name, string mac, string task = "")
        => (await silo.OkAsync("POST", "machines",
            $$"""
            {"Name":"{{name}}-{{_mark}}","Stage":"none","BootEnv":"local","HardwareAddrs":["{{Mac(mac)}}"],
             "Tasks":[{{(task.Length > 0 ? $"\"{task}\"" : "")}}]}
            """))["Uuid"]!.ToString();

    private async Task<string> JobAsync(string machine)
        => (await silo.OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))["Uuid"]!.ToString();

    /// <summary>A superuser in a tenant.</summary>
    private async Task<HttpClient> TenantUserAsync(string members)
    {
        var user = await UserAsync("u");
        await silo.OkAsync("POST", "tenants", $$"""{"Name":"t-{{_mark}}","Members":{{members}},"Users":["u-{{_mark}}"]}""");
        return user;
    }

    private async Task<HttpClient> UserAsync(string name)
    {
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{name}}-{{_mark}}","Roles":["superuser"]}""");
        await silo.OkAsync("PUT", $"users/{name}-{_mark}/password", """{"Password":"p"}""");
        return silo.Client($"{name}-{_mark}", "p");
    }

    private static async Task<JsonNode> HearAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[1 << 20];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            Assert.NotEqual(WebSocketMessageType.Close, received.MessageType);
            length += received.Count;
            if (received.EndOfMessage) return JsonNode.Parse(buffer.AsSpan(0, length))!;
        }
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleTenantTests(SingleSilo silo) : TenantTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterTenantTests(SiloCluster silo) : TenantTests(silo), IClassFixture<SiloCluster>;
