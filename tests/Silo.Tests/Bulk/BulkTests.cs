using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Bulk;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Bulk;

/// <summary>One call for many machines.</summary>
public abstract class BulkTests(SiloFixture silo)
{
    private readonly string _mark = $"b{Guid.NewGuid():N}"[..12];

    private string Filter => $"Name=Re(^{_mark})&sort=Name";

    [Fact]
    public async Task EachMachineIsChangedALineTellsOfItAndTheTotalsComeLast()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}"}""");
        await silo.OkAsync("POST", "workflows", $$"""{"Name":"{{_mark}}","Stages":[]}""");
        var uuids = await MachinesAsync(7);
        var other = (await silo.OkAsync("POST", "machines", $$"""{"Name":"other-{{_mark}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
        var place = await silo.LogEndAsync();
        var lines = await RunAsync($$"""
            {"Filter":"{{Filter}}","AddProfiles":["{{_mark}}"],"Params":{"a/b":[1,"x"]},"Workflow":"{{_mark}}",
            "Patch":[{"op":"replace","path":"/Description","value":"many"}],"Parallel":3}
            """);
        Assert.Equal(7, lines.Machines);
        Assert.Equal(uuids.Order(), lines.Each.Select(l => l["Uuid"]!.ToString()).Order());
        Assert.All(lines.Each, l => Assert.Equal((200, null), (l["Status"]!.GetValue<int>(), l["Error"])));
        Assert.All(lines.Each, l => Assert.StartsWith(_mark, l["Name"]!.ToString(), StringComparison.Ordinal));
        Assert.Equal("""{"Machines":7,"Done":7,"Failed":0,"NotBegun":0,"Stopped":"","DryRun":false}""", lines.Totals.ToJsonString());
        foreach (var uuid in uuids)
        {
            var machine = await silo.OkAsync("GET", $"machines/{uuid}");
            Assert.Equal(($$"""["{{_mark}}"]""", """{"a/b":[1,"x"]}""", _mark, "many"), (machine["Profiles"]!.ToJsonString(),
                machine["Params"]!.ToJsonString(), machine["Workflow"]!.ToString(), machine["Description"]!.ToString()));
        }

        // Each is one change, and one event of who asked.
        Assert.Equal(7, (await silo.HappenedAsync(place)).Count(e => e is { Type: "machines", Action: "update", Principal: "rocketskates" }
            && uuids.Contains(e.Key)));
        Assert.Equal("", (await silo.OkAsync("GET", $"machines/{other}"))["Description"]!.ToString());
        // What is so already is done, and is no change.
        place = await silo.LogEndAsync();
        var again = await RunAsync($$"""{"Filter":"{{Filter}}","AddProfiles":["{{_mark}}"]}""");
        Assert.Equal(7, again.Totals["Done"]!.GetValue<int>());
        Assert.DoesNotContain(await silo.HappenedAsync(place), e => uuids.Contains(e.Key));
        await RunAsync($$"""{"Filter":"{{Filter}}","RemoveProfiles":["{{_mark}}"],"RemoveParams":["a/b","none"]}""");
        Assert.Equal("""[[],{}]""", (await silo.OkAsync("GET", $"machines/{uuids[3]}")) is var bare
            ? new JsonArray(bare["Profiles"]!.DeepClone(), bare["Params"]!.DeepClone()).ToJsonString() : "");
    }

    [Fact]
    public async Task ATrialTellsWhichMachinesAndWhatAndChangesNothing()
    {
        var uuids = await MachinesAsync(3);
        await silo.OkAsync("PATCH", $"machines/{uuids[1]}", """[{"op":"replace","path":"/Locked","value":true}]""");
        var place = await silo.LogEndAsync();
        var body = $$"""{"Filter":"{{Filter}}","Patch":[{"op":"replace","path":"/Description","value":"tried"}],"Parallel":1}""";
        var tried = await RunAsync(body, query: "?dry-run=true");
        Assert.Equal((3, true), (tried.Machines, tried.IsTrial));
        Assert.Equal([200, 403, 200], tried.Each.Select(l => l["Status"]!.GetValue<int>()));
        Assert.Equal(["""["Description"]""", "[]", """["Description"]"""], tried.Each.Select(l => l["Fields"]!.ToJsonString()));
        Assert.Equal("""{"Machines":3,"Done":2,"Failed":1,"NotBegun":0,"Stopped":"","DryRun":true}""", tried.Totals.ToJsonString());
        var gone = await RunAsync($$"""{"Filter":"{{Filter}}","Delete":true}""", query: "?dry-run=true");
        Assert.Equal(2, gone.Totals["Done"]!.GetValue<int>());
        Assert.DoesNotContain(await silo.HappenedAsync(place), e => uuids.Contains(e.Key));
        // What was tried is what happens.
        var made = await RunAsync(body);
        Assert.Equal(tried.Each.Select(l => $"{l["Uuid"]} {l["Status"]} {l["Error"]?.ToJsonString()}"),
            made.Each.Select(l => $"{l["Uuid"]} {l["Status"]} {l["Error"]?.ToJsonString()}"));
    }

    [Fact]
    public async Task WhatOneMachineRefusesIsToldAndTheOthersAreDone()
    {
        var uuids = await MachinesAsync(4);
        await silo.OkAsync("PATCH", $"machines/{uuids[1]}", """[{"op":"replace","path":"/Locked","value":true}]""");
        var missing = "00000000-0000-4000-8000-0000000000aa";
        var body = new JsonObject
        {
            ["Uuids"] = new JsonArray([.. uuids.Append(missing).Append(uuids[0]).Select(u => JsonValue.Create(u))]),
            ["Stage"] = "nowhere",
            ["Parallel"] = 1,
        };
        var refused = await RunAsync(body.ToJsonString());
        Assert.Equal([422, 403, 422, 422, 404], refused.Each.Select(l => l["Status"]!.GetValue<int>()));
        Assert.Equal("Stage nowhere does not exist", refused.Each[0]["Error"]!["Messages"]![0]!.ToString());
        Assert.Equal(("machines", uuids[0], 422), (refused.Each[0]["Error"]!["Model"]!.ToString(),
            refused.Each[0]["Error"]!["Key"]!.ToString(), refused.Each[0]["Error"]!["Code"]!.GetValue<int>()));
        body["Stage"] = "none";
        var some = await RunAsync(body.ToJsonString());
        Assert.Equal([200, 403, 200, 200, 404], some.Each.Select(l => l["Status"]!.GetValue<int>()));
        body["StopAfter"] = 1;
        var stopped = await RunAsync(body.ToJsonString());
        Assert.Equal("""{"Machines":5,"Done":1,"Failed":1,"NotBegun":3,"Stopped":"1 failed (StopAfter)","DryRun":false}""",
            stopped.Totals.ToJsonString());
    }

    [Fact]
    public async Task MachinesAreDeletedApprovedOfAndActedUpon()
    {
        var uuids = await MachinesAsync(3);
        var acted = await RunAsync($$"""{"Filter":"{{Filter}}","Action":"powercycle"}""");
        Assert.All(acted.Each, l => Assert.Equal((400, "Action powercycle on machines: Not Found"),
            (l["Status"]!.GetValue<int>(), l["Error"]!["Messages"]![0]!.ToString())));
        Assert.Equal(3, (await RunAsync($$"""{"Filter":"{{Filter}}","Approve":true}""")).Totals["Done"]!.GetValue<int>());
        var place = await silo.LogEndAsync();
        var deleted = await RunAsync($$"""{"Filter":"{{Filter}}","Delete":true}""");
        Assert.Equal(3, deleted.Totals["Done"]!.GetValue<int>());
        Assert.Equal("[]", (await silo.OkAsync("GET", $"machines?Name=Re(^{_mark})")).ToJsonString());
        Assert.Equal(3, (await silo.HappenedAsync(place)).Count(e => e is { Type: "machines", Action: "delete" }
            && uuids.Contains(e.Key)));
        Assert.Equal("""{"Machines":0,"Done":0,"Failed":0,"NotBegun":0,"Stopped":"","DryRun":false}""",
            (await RunAsync($$"""{"Filter":"{{Filter}}","Delete":true}""")).Totals.ToJsonString());
    }

    [Fact]
    public async Task AFilterIsThatOfAList()
    {
        var uuids = await MachinesAsync(4);
        var first = await RunAsync($$"""
            {"Filter":"Name=Re(^{{_mark}})&sort=Name&reverse=true&limit=2&offset=1","Approve":true,"Parallel":1}
            """);
        Assert.Equal([uuids[2], uuids[1]], first.Each.Select(l => l["Uuid"]!.ToString()));
        var encoded = await RunAsync($$"""{"Filter":"Name=In%28{{_mark}}-0%2C{{_mark}}-3%29&Description=","Approve":true}""");
        Assert.Equal(2, encoded.Machines);
        var both = await RunAsync($$"""{"Filter":"Name={{_mark}}-0&Name={{_mark}}-1","Approve":true}""");
        Assert.Equal(2, both.Machines);
    }

    [Theory]
    [InlineData("""{"Filter":"","Delete":true}""", 400)]
    [InlineData("""{"Filter":"&","Delete":true}""", 400)]
    [InlineData("""{"Filter":"limit=5","Delete":true}""", 400)]
    [InlineData("""{"Filter":"Name=x&slim=Meta","Delete":true}""", 400)]
    [InlineData("""{"Filter":"Name=x&force=true","Delete":true}""", 400)]
    [InlineData("""{"Filter":"Name=x&dry-run=true","Delete":true}""", 400)]
    [InlineData("""{"Filter":"Colour=red","Delete":true}""", 406)]
    [InlineData("""{"Filter":"Name=Re((a)","Delete":true}""", 406)]
    [InlineData("""{"Filter":"Name=x"}""", 400)]
    [InlineData("""{"Filter":"Name=x","Delete":true,"Approve":true}""", 400)]
    [InlineData("""{"Filter":"Name=x","Patch":"x"}""", 400)]
    [InlineData("""{"Filter":"Name=x","Delete":true,"Colour":"red"}""", 400)]
    [InlineData("""{"Uuids":["x"],"Delete":true}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("", 400)]
    public async Task WhatIsNotUnderstoodDoesNothing(string body, int status)
    {
        var uuid = (await MachinesAsync(1))[0];
        var (got, answer) = await silo.CallAsync("POST", "machines/bulk", body);
        Assert.True((int)got == status, $"{body}: {got} {answer}");
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", $"machines/{uuid}")).Status);
    }

    [Fact]
    public async Task MoreThanIsMeantIsNone()
    {
        var uuids = await MachinesAsync(3);
        var (status, answer) = await silo.CallAsync("POST", "machines/bulk", $$"""{"Filter":"{{Filter}}","Delete":true,"Most":2}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "3 machines are meant, more than Most (2)"),
            (status, answer!["Messages"]![0]!.ToString()));
        var many = string.Join("\",\"", Enumerable.Range(0, 10_001).Select(i => $"00000000-0000-4000-8000-{i:x12}"));
        Assert.Equal(HttpStatusCode.BadRequest,
            (await silo.CallAsync("POST", "machines/bulk", $$"""{"Uuids":["{{many}}"],"Delete":true}""")).Status);
        var large = new string('x', 1 << 20);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge,
            (await silo.CallAsync("POST", "machines/bulk", $$"""{"Filter":"{{Filter}}","Params":{"a":"{{large}}"} }""")).Status);
        foreach (var uuid in uuids) await silo.OkAsync("GET", $"machines/{uuid}");
    }

    [Fact]
    public async Task RightsAreThoseOnEachMachine()
    {
        var uuids = await MachinesAsync(3);
        var body = $$"""{"Filter":"{{Filter}}","Patch":[{"op":"replace","path":"/Description","value":"d"}],"Parallel":1}""";
        using var one = await RoleAsync("machines list *", $"machines update:/Description,get {uuids[1]}");
        var lines = await RunAsync(body, one);
        Assert.Equal([403, 200, 403], lines.Each.Select(l => l["Status"]!.GetValue<int>()));
        Assert.Equal(["", $"{_mark}-1", ""], lines.Each.Select(l => l["Name"]!.ToString()));
        using var writer = await RoleAsync("machines list *", "machines update:/Description *");
        Assert.All((await RunAsync(body, writer)).Each,
            l => Assert.Equal((200, ""), (l["Status"]!.GetValue<int>(), l["Name"]!.ToString())));
        // To another pointer there is no right; what looks at a machine needs the right to read it.
        Assert.All((await RunAsync($$"""{"Filter":"{{Filter}}","Workflow":""}""", writer)).Each,
            l => Assert.Equal(403, l["Status"]!.GetValue<int>()));
        Assert.All((await RunAsync($$"""{"Filter":"{{Filter}}","RemoveProfiles":["x"]}""", writer)).Each,
            l => Assert.Equal(404, l["Status"]!.GetValue<int>()));
        Assert.All((await RunAsync($$"""{"Filter":"{{Filter}}","Delete":true}""", writer)).Each,
            l => Assert.Equal(403, l["Status"]!.GetValue<int>()));
        using var unlisted = await RoleAsync("machines update *");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "machines/bulk", body, unlisted)).Status);
        var tokens = await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuids[0] });
        using var machine = silo.Client(tokens(uuids[0], TimeSpan.FromMinutes(5), ""));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "machines/bulk", body, machine)).Status);
    }

    [Fact]
    public async Task ATenantsUserReachesItsOwnAlone()
    {
        var uuids = await MachinesAsync(3);
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{_mark}}","Roles":["superuser"]}""");
        await silo.OkAsync("POST", "tenants", $$"""
            {"Name":"{{_mark}}","Users":["{{_mark}}"],"Members":{"machines":["{{uuids[1]}}"]} }
            """);
        using var member = silo.Client((await silo.OkAsync("GET", $"users/{_mark}/token"))["Token"]!.ToString());
        var change = """ "Patch":[{"op":"replace","path":"/Description","value":"d"}],"Parallel":1""";
        var listed = await RunAsync($$"""{"Filter":"{{Filter}}",{{change}}}""", member);
        Assert.Equal([uuids[1]], listed.Each.Select(l => l["Uuid"]!.ToString()));
        var named = await RunAsync($$"""{"Uuids":["{{string.Join("\",\"", uuids)}}"],{{change}}}""", member);
        Assert.Equal([404, 200, 404], named.Each.Select(l => l["Status"]!.GetValue<int>()));
    }

    [Fact]
    public async Task AMachineThatHasChangedSinceItWasListedIsLeftAloneWhereThatIsAsked()
    {
        var uuids = await MachinesAsync(3);
        var verbs = silo.Service<BulkVerbs>();
        foreach (var isAsked in new[] { true, false })
        {
            var body = $$"""
                {"Filter":"{{Filter}}","Patch":[{"op":"replace","path":"/Meta/a","value":"{{isAsked}}"}],"Parallel":1,
                "IfUnchanged":{{(isAsked ? "true" : "false")}}}
                """;
            foreach (var uuid in uuids)
                await silo.OkAsync("PATCH", $"machines/{uuid}", """[{"op":"add","path":"/Meta/a","value":"x"}]""");
            var listed = await verbs.PlanAsync(Encoding.UTF8.GetBytes(body), Asks(), CancellationToken.None);
            var plan = await verbs.HeldAsync(listed, Asks(), CancellationToken.None);
            await silo.OkAsync("PATCH", $"machines/{uuids[1]}", """[{"op":"add","path":"/Meta/b","value":"{{isAsked}}"}]""");
            var lines = new List<object>();
            await verbs.RunAsync(plan, Asks(), () => Task.FromResult<string?>(null), line =>
            {
                lines.Add(line);
                return Task.CompletedTask;
            }, CancellationToken.None);
            Assert.Equal(isAsked ? [200, 412, 200] : [200, 200, 200], lines.OfType<BulkLine>().Select(l => l.Status));
        }
    }

    [Fact]
    public async Task WhenWhoAskedHasGoneNoFurtherMachineIsBegun()
    {
        var uuids = await MachinesAsync(20);
        var verbs = silo.Service<BulkVerbs>();
        var body = $$"""{"Filter":"{{Filter}}","Patch":[{"op":"replace","path":"/Description","value":"begun"}],"Parallel":2}""";
        var plan = await verbs.PlanAsync(Encoding.UTF8.GetBytes(body), Asks(), CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var told = new ConcurrentQueue<object>();
        await verbs.RunAsync(plan, Asks(), () => Task.FromResult<string?>(null), async line =>
        {
            await gone.CancelAsync();
            told.Enqueue(line);
            throw new OperationCanceledException(gone.Token);
        }, gone.Token);
        Assert.Single(told);
        // Those that were begun have come to their end, and no more than were under way or waited to be told.
        var changed = (await silo.OkAsync("GET", $"machines?Name=Re(^{_mark})&Description=begun")).AsArray().Count;
        Assert.InRange(changed, 1, 8);
        var now = (await silo.OkAsync("GET", $"machines?Name=Re(^{_mark})&Description=begun")).AsArray().Count;
        Assert.Equal(changed, now);
        Assert.Equal(20, uuids.Count);
    }

    private static ObjectRequest Asks()
        => new(new Principal("rocketskates", PrincipalKind.User, [Claim.All]), "/machines/bulk");

    private async Task<IReadOnlyList<string>> MachinesAsync(int count)
    {
        var uuids = new List<string>();
        for (var i = 0; i < count; i++)
            uuids.Add((await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}-{{i}}","BootEnv":"local"}"""))["Uuid"]!.ToString());
        return uuids;
    }

    private async Task<Answer> RunAsync(string body, HttpClient? client = null, string query = "")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await (client ?? silo.Http).PostAsync(new Uri($"machines/bulk{query}", UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {text}");
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToList();
        return new Answer(lines[0]["Plan"]!["Machines"]!.GetValue<int>(), lines[1..^1], lines[^1]["Totals"]!,
            answer.Headers.Contains("X-Anvil-Dry-Run"));
    }

    private async Task<HttpClient> RoleAsync(params string[] rights)
    {
        var name = $"{_mark}-{Guid.NewGuid():N}"[..30];
        var claims = rights.Select(r => r.Split(' ')).Select(r => new { scope = r[0], action = r[1], specific = r[2] });
        await silo.OkAsync("POST", "roles", $$"""{"Name":"{{name}}","Claims":{{JsonSerializer.Serialize(claims)}}}""");
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{name}}","Roles":["{{name}}"]}""");
        return silo.Client((await silo.OkAsync("GET", $"users/{name}/token"))["Token"]!.ToString());
    }

    private sealed record Answer(int Machines, IReadOnlyList<JsonNode> Each, JsonNode Totals, bool IsTrial);
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleBulkTests(SingleSilo silo) : BulkTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterBulkTests(SiloCluster silos) : BulkTests(silos), IClassFixture<SiloCluster>;
