using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Kinds;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Silo.Tests.Killed;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Trials;

/// <summary>A change that is tried (dry-run) is answered as the one that is made, and leaves nothing.</summary>
public abstract partial class DryRunTests(SiloFixture silo)
{
    private const int Client = 91;
    private readonly string _mark = $"t{Guid.NewGuid():N}"[..12];

    public static TheoryData<string> Kinds { get; } = [.. ObjectKindCase.All.Select(k => k.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task WhatIsTriedIsAnsweredAsWhatIsMadeAndNothingIsMade(string kind)
    {
        var one = ObjectKindCase.All.Single(k => k.Kind == kind);
        var key = one.Key(Client, 1);
        var path = $"{kind}/{key}";
        string Body(int version) => $$"""{"{{one.KeyField}}":"{{key}}","Description":"{{version}}"{{one.Fields(Client, 1, version)}}}""";
        await SameAsync("POST", kind, Body(1), one);
        await SameAsync("PATCH", path, """[{"op":"replace","path":"/Description","value":"2"}]""", one);
        var whole = (await silo.OkAsync("GET", path)).AsObject();
        whole["Description"] = "3";
        whole.Remove("WouldChange");
        await SameAsync("PUT", path, whole.ToJsonString(), one);
        await SameAsync("PATCH", $"meta/{path}", """[{"op":"add","path":"/colour","value":"red"}]""", one);
        await SameAsync("POST", kind, Body(1), one);
        await SameAsync("PATCH", path, """[{"op":"test","path":"/Description","value":"x"}]""", one);
        await SameAsync("PUT", path, """{"NoSuchField":1}""", one);
        await SameAsync("DELETE", path, null, one);
        await SameAsync("DELETE", path, null, one);
    }

    [Theory]
    [InlineData("POST", "profiles", """{"Name":"global"}""", 409)]
    [InlineData("POST", "stages", """{"Name":"dry","BootEnv":"nowhere"}""", 201)]
    [InlineData("POST", "users", """{"Name":"dry","Roles":["nobody"]}""", 422)]
    [InlineData("POST", "users", """{"Name":"dry"}""", 201)]
    [InlineData("POST", "machines", """{"Uuid":"00000000-0000-4000-8000-0000000000fe","Name":"no name"}""", 422)]
    [InlineData("POST", "subnets", """{"Name":"dry","Subnet":"10.1.2.3/99"}""", 422)]
    [InlineData("POST", "profiles", "{", 400)]
    [InlineData("POST", "leases", """{"Addr":"10.1.2.3"}""", 405)]
    [InlineData("POST", "plugins", """{"Name":"dry"}""", 422)]
    [InlineData("POST", "interfaces", """{"Name":"dry"}""", 405)]
    [InlineData("POST", "jobs", """{"Machine":"x"}""", 400)]
    [InlineData("POST", "jobs", """{"Machine":"00000000-0000-4000-8000-0000000000ff"}""", 422)]
    [InlineData("DELETE", "stages/none", null, 400)]
    [InlineData("DELETE", "profiles/nowhere", null, 404)]
    [InlineData("PUT", "profiles/nowhere", """{"Name":"nowhere"}""", 404)]
    [InlineData("POST", "prefs", """{"nonsense":"x"}""", 400)]
    [InlineData("POST", "prefs", """{"logLevel":"info","defaultStage":"nowhere"}""", 400)]
    [InlineData("POST", "contents", """{"meta":{"Name":"dry"},"sections":{"profiles":{"a":{"Name":"b"} } } }""", 422)]
    [InlineData("DELETE", "contents/nowhere", null, 404)]
    [InlineData("POST", "machines/nowhere/approve", null, 404)]
    [InlineData("POST", "profiles/global/params/x", "\"\"", 200)]
    [InlineData("DELETE", "profiles/global/params/nowhere", null, 404)]
    public async Task ItIsRefusedAsTheChangeIs(string method, string path, string? body, int status)
    {
        var tried = await TryAsync(method, path, body);
        Assert.True(tried.Status == status, $"{method} {path}: {tried.Status} {tried.Text}");
        if (status >= 400)
        {
            var made = await AskAsync(method, path, body);
            Assert.Equal((made.Status, made.Text), (tried.Status, tried.Text));
        }
    }

    [Fact]
    public async Task WhatHoldsADeletionBackIsToldAndMachinesAreNamed()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}"}""");
        var machine = await MachineAsync($$""","Profiles":["{{_mark}}"]""");
        var tried = await TryAsync("DELETE", $"profiles/{_mark}", null);
        Assert.Equal(422, tried.Status);
        Assert.Contains($"Machine {await UuidAsync(machine)} is using profile {_mark}", tried.Text, StringComparison.Ordinal);
        Assert.Equal(tried.Text, (await AskAsync("DELETE", $"profiles/{_mark}", null)).Text);
        // What a change of it concerns is said as well.
        var patched = await TryAsync("PATCH", $"profiles/{_mark}", """[{"op":"add","path":"/Params/a","value":1}]""");
        Assert.Equal($$"""[{"Field":"Profiles","Kind":"profiles","Count":1,"Names":["{{_mark}}"]}]""",
            patched.Would["Machines"]!.ToJsonString());
        Assert.Equal([("profiles", _mark, "update")], Objects(patched));
    }

    /// <summary>Who may write and not read finds out nothing by trying whether a guess would change anything.</summary>
    [Fact]
    public async Task ARightGuessIsNotToldFromAWrongOneToWhoMayNotRead()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Params":{"{{_mark}}/x":"right"} }""");
        using var writer = await silo.LimitedAsync($"scope=profiles&action=update:/Params&specific={_mark}");
        async Task<string> GuessAsync(string value)
        {
            var tried = await TryAsync("PATCH", $"profiles/{_mark}",
                $$"""[{"op":"replace","path":"/Params/{{_mark}}~1x","value":"{{value}}"}]""", writer);
            Assert.Equal(200, tried.Status);
            return tried.Text;
        }

        Assert.Equal(await GuessAsync("wrong"), await GuessAsync("right"));
    }

    [Fact]
    public async Task WhatWouldServeOrNoLongerServeIsTold()
    {
        await silo.OkAsync("POST", "stages", $$"""{"Name":"{{_mark}}","Tasks":["{{_mark}}-task"]}""");
        await silo.OkAsync("POST", "workflows", $$"""{"Name":"{{_mark}}","Stages":["{{_mark}}"]}""");
        var made = await TryAsync("POST", "tasks", $$"""{"Name":"{{_mark}}-task"}""");
        Assert.Equal([("stages", _mark, "check"), ("tasks", $"{_mark}-task", "create"), ("workflows", _mark, "check")], Objects(made));
        Assert.All(made.Would["Objects"]!.AsArray(), o => Assert.True(o!["Available"]!.GetValue<bool>(), o.ToJsonString()));
        await silo.OkAsync("POST", "tasks", $$"""{"Name":"{{_mark}}-task"}""");
        await MachineAsync($$""","Workflow":"{{_mark}}" """);

        // Through the stage it reaches the workflow, and the machine that is in it.
        var broken = await TryAsync("PATCH", $"stages/{_mark}", $$"""[{"op":"replace","path":"/Tasks","value":["{{_mark}}-gone"]}]""");
        Assert.Equal([("stages", _mark, "update"), ("workflows", _mark, "check")], Objects(broken));
        Assert.All(broken.Would["Objects"]!.AsArray(), o => Assert.False(o!["Available"]!.GetValue<bool>(), o.ToJsonString()));
        Assert.Contains(broken.Would["Objects"]!.AsArray(),
            o => o!["Errors"]!.ToJsonString().Contains($"{_mark}-gone", StringComparison.Ordinal));
        Assert.Equal(["Stage", "Workflow", "Tasks"], broken.Would["Machines"]!.AsArray().Select(m => m!["Field"]!.ToString()));
        Assert.All(broken.Would["Machines"]!.AsArray(), m => Assert.Equal(_mark, m!["Names"]![0]!.ToString()));
        // It is so no sooner than it is made.
        Assert.True((await silo.OkAsync("GET", $"workflows/{_mark}"))["Available"]!.GetValue<bool>());
        // What is so already would change nothing.
        var same = $$"""[{"op":"replace","path":"/Tasks","value":["{{_mark}}-task"]}]""";
        Assert.Empty(Objects(await TryAsync("PATCH", $"stages/{_mark}", same)));
    }

    [Fact]
    public async Task ConditionsAndRightsHoldForTrialsToo()
    {
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Description":"a"}""");
        var patch = """[{"op":"replace","path":"/Description","value":"b"}]""";
        var (old, now) = ("\"1\"", (await AskAsync("GET", $"profiles/{_mark}", null)).Tag);
        Assert.Equal(412, (await TryAsync("PATCH", $"profiles/{_mark}", patch, ifMatch: old)).Status);
        Assert.Equal(200, (await TryAsync("PATCH", $"profiles/{_mark}", patch, ifMatch: now)).Status);
        Assert.Equal(412, (await TryAsync("POST", "profiles", $$"""{"Name":"{{_mark}}-2"}""", ifMatch: now)).Status);
        using var reader = await silo.LimitedAsync("scope=profiles&action=get&specific=*");
        Assert.Equal(403, (await TryAsync("PATCH", $"profiles/{_mark}", patch, reader)).Status);
        Assert.Equal(403, (await TryAsync("DELETE", $"profiles/{_mark}", null, reader)).Status);
        Assert.Equal(403, (await TryAsync("POST", "profiles", $$"""{"Name":"{{_mark}}-2"}""", reader)).Status);
        // Who may write and not read is told the key, and what it may know of.
        using var writer = await silo.LimitedAsync($"scope=profiles&action=update&specific={_mark}");
        await MachineAsync($$""","Profiles":["{{_mark}}"]""");
        var written = await TryAsync("PATCH", $"profiles/{_mark}", patch, writer);
        Assert.Equal((200, _mark, true), (written.Status, written.Body["Name"]!.ToString(), written.Body["Partial"]!.GetValue<bool>()));
        Assert.Equal("[]", written.Would["Machines"]!.ToJsonString());
        Assert.Equal("a", (await silo.OkAsync("GET", $"profiles/{_mark}"))["Description"]!.ToString());
    }

    [Fact]
    public async Task WhatSomebodyMayNotKnowOfIsANumber()
    {
        await silo.OkAsync("POST", "stages", $$"""{"Name":"{{_mark}}","Tasks":["{{_mark}}"]}""");
        using var maker = await silo.LimitedAsync("scope=tasks&action=*&specific=*");
        var made = await TryAsync("POST", "tasks", $$"""{"Name":"{{_mark}}"}""", maker);
        Assert.Equal([("tasks", _mark, "create")], Objects(made));
        Assert.Equal(1, made.Would["MoreObjects"]!.GetValue<int>());
    }

    [Fact]
    public async Task AMachineTriesNothing()
    {
        var name = await MachineAsync("");
        var uuid = await UuidAsync(name);
        var tokens = await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid });
        using var machine = silo.Client(tokens(uuid, TimeSpan.FromMinutes(5), ""));
        var patch = """[{"op":"replace","path":"/Runnable","value":true}]""";
        var tried = await TryAsync("PATCH", $"machines/{uuid}", patch, machine);
        Assert.True(tried.Status == 400 && tried.Text.Contains("dry-run is for people", StringComparison.Ordinal), tried.Text);
        Assert.Equal(200, (await AskAsync("PATCH", $"machines/{uuid}", patch, machine)).Status);
        var source = await silo.Service<AccessService>().ForRenderingAsync(null);
        using var stranger = silo.Client(source(null, TimeSpan.FromMinutes(5), ""));
        Assert.Equal(400, (await TryAsync("POST", "machines", $$"""{"Name":"{{_mark}}-2"}""", stranger)).Status);
        Assert.Equal("[]", (await silo.OkAsync("GET", $"machines?Name={_mark}-2")).ToJsonString());
    }

    [Fact]
    public async Task AMachinesNameCardAndAddressAreLookedAtAsTheDatabaseDoes()
    {
        await silo.OkAsync("POST", "machines", $$"""
            {"Name":"{{_mark}}","BootEnv":"local","HardwareAddrs":["02:91:00:00:00:01"],"Address":"10.91.0.1"}
            """);
        var other = (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}-2","BootEnv":"local"}"""))["Uuid"]!.ToString();
        foreach (var (path, value) in new[]
        {
            ("/Name", $"\"{_mark.ToUpperInvariant()}\""), ("/HardwareAddrs", """["02:91:00:00:00:01"]"""), ("/Address", "\"10.91.0.1\""),
        })
        {
            var patch = $$"""[{"op":"replace","path":"{{path}}","value":{{value}}}]""";
            var tried = await TryAsync("PATCH", $"machines/{other}", patch);
            var made = await AskAsync("PATCH", $"machines/{other}", patch);
            Assert.Equal((422, made.Text), (tried.Status, tried.Text));
            Assert.Equal(422, made.Status);
        }

        // What a new one is given of its own is nobody's yet.
        var born = await TryAsync("POST", "machines", $$"""{"Name":"{{_mark}}-3","BootEnv":"local"}""");
        Assert.Equal((201, ""), (born.Status, born.Body["Secret"]!.ToString()));
        Assert.Equal(404, (await AskAsync("GET", $"machines/{born.Body["Uuid"]}", null)).Status);
    }

    [Fact]
    public async Task SecureParamsStaySealed()
    {
        await silo.OkAsync("POST", "params", $$"""{"Name":"{{_mark}}","Secure":true}""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}"}""");
        var tried = await TryAsync("POST", $"profiles/{_mark}/params/{_mark}", "\"ozymandias\"");
        Assert.DoesNotContain("ozymandias", tried.Text, StringComparison.Ordinal);
        tried = await TryAsync("PATCH", $"profiles/{_mark}", $$"""[{"op":"add","path":"/Params/{{_mark}}","value":"ozymandias"}]""");
        Assert.Equal(200, tried.Status);
        Assert.DoesNotContain("ozymandias", tried.Text, StringComparison.Ordinal);
        Assert.Equal("{}", (await silo.OkAsync("GET", $"profiles/{_mark}"))["Params"]!.ToJsonString());
    }

    [Fact]
    public async Task JobsAndLeasesAreTried()
    {
        var machine = (await silo.OkAsync("POST", "machines",
            $$"""{"Name":"{{_mark}}","BootEnv":"local","Tasks":["inventory"]}"""))["Uuid"]!.ToString();
        var place = await silo.LogEndAsync();
        var begun = await TryAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}""");
        Assert.Equal((201, "inventory"), (begun.Status, begun.Body["Task"]!.ToString()));
        Assert.Equal("", (await silo.OkAsync("GET", $"machines/{machine}"))["CurrentJob"]!.ToString());
        var job = (await silo.OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))["Uuid"]!.ToString();
        // It is under way.
        Assert.Equal(409, (await TryAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}""")).Status);
        Assert.Equal(422, (await TryAsync("DELETE", $"jobs/{job}", null)).Status);
        var ended = await TryAsync("PATCH", $"jobs/{job}", """[{"op":"replace","path":"/State","value":"failed"}]""");
        Assert.Equal((200, "failed"), (ended.Status, ended.Body["State"]!.ToString()));
        Assert.Equal([("jobs", job, "update"), ("machines", machine, "update")], Objects(ended));
        Assert.Equal("created", (await silo.OkAsync("GET", $"jobs/{job}"))["State"]!.ToString());
        Assert.Equal(400, (await TryAsync("PUT", $"jobs/{job}", $$"""{"Machine":"{{machine}}"}""")).Status);
        await silo.OkAsync("PATCH", $"jobs/{job}", """[{"op":"replace","path":"/State","value":"failed"}]""");
        Assert.Equal(200, (await TryAsync("DELETE", $"jobs/{job}", null)).Status);
        Assert.Equal(200, (await AskAsync("DELETE", $"jobs/{job}", null)).Status);
        Assert.Equal(404, (await TryAsync("DELETE", $"jobs/{job}", null)).Status);
        Assert.Single(await silo.HappenedAsync(place), e => e is { Type: "jobs", Action: "delete" } && e.Key == job);

        await silo.CallAsync("POST", "subnets", """
            {"Name":"tried","Subnet":"10.92.0.0/24","Enabled":true,"ActiveStart":"10.92.0.10","ActiveEnd":"10.92.0.90",
            "ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        var subnet = silo.Service<GrainFinder>().Subnet("tried");
        var link = IPv4.Parse("10.92.0.1");
        var offer = Address(await subnet.Handle(new LeaseCall(LeaseAct.Discover, "02:92:00:00:00:01", 0, link)));
        var lease = IPv4.Format(Address(await subnet.Handle(new LeaseCall(LeaseAct.Request, "02:92:00:00:00:01", offer, link))));
        Assert.Equal(412, (await TryAsync("DELETE", $"leases/{lease}", null, ifMatch: "\"never\"")).Status);
        var tried = await TryAsync("DELETE", $"leases/{lease}", null);
        Assert.Equal((200, lease), (tried.Status, tried.Body["Addr"]!.ToString()));
        Assert.Equal(200, (await AskAsync("GET", $"leases/{lease}", null)).Status);
        Assert.Equal(200, (await AskAsync("DELETE", $"leases/{lease}", null)).Status);
        Assert.Equal(404, (await TryAsync("DELETE", $"leases/{lease}", null)).Status);
    }

    [Fact]
    public async Task ContentPacksPreferencesAndImportsAreTried()
    {
        var pack = $$"""
            {"meta":{"Name":"{{_mark}}","Version":"1.0.0"},"sections":{"profiles":{"{{_mark}}":{"Name":"{{_mark}}"} },
            "workflows":{"{{_mark}}":{"Name":"{{_mark}}","Stages":["nowhere"]} } } }
            """;
        var place = await silo.LogEndAsync();
        var tried = await TryAsync("POST", "contents", pack);
        Assert.Equal(201, tried.Status);
        Assert.Equal([("profiles", _mark, "create"), ("workflows", _mark, "create")], Objects(tried));
        Assert.Equal(404, (await AskAsync("GET", $"contents/{_mark}", null)).Status);
        Assert.DoesNotContain(await silo.HappenedAsync(place), e => e.Key == _mark);
        var made = await AskAsync("POST", "contents", pack);
        Assert.Equal((201, Without(made.Body)), (made.Status, Without(tried.Body)));
        var smaller = $$"""
            {"meta":{"Name":"{{_mark}}","Version":"1.0.1"},"sections":{"profiles":{"{{_mark}}":{"Name":"{{_mark}}"} } } }
            """;
        Assert.Equal([("workflows", _mark, "delete")], Objects(await TryAsync("PUT", $"contents/{_mark}", smaller)).Where(
            o => o.Action == "delete"));
        var gone = await TryAsync("DELETE", $"contents/{_mark}", null);
        Assert.Equal(200, gone.Status);
        Assert.Equal([("profiles", _mark, "delete"), ("workflows", _mark, "delete")], Objects(gone));
        await MachineAsync($$""","Profiles":["{{_mark}}"]""");
        var held = await TryAsync("DELETE", $"contents/{_mark}", null);
        Assert.Equal((409, (await AskAsync("DELETE", $"contents/{_mark}", null)).Text), (held.Status, held.Text));

        var before = (await silo.OkAsync("GET", "prefs"))["knownTokenTimeout"]!.ToString();
        var prefs = await TryAsync("POST", "prefs", """{"knownTokenTimeout":"3601"}""");
        Assert.Equal((201, "3601"), (prefs.Status, prefs.Body["knownTokenTimeout"]!.ToString()));
        Assert.Null(prefs.Body["baseTokenSecret"]);
        Assert.Equal(before, (await silo.OkAsync("GET", "prefs"))["knownTokenTimeout"]!.ToString());

        using var sheet = new StringContent($"Name\n{_mark}-sheet\n");
        using var answer = await silo.Http.PostAsync(new Uri("machines/import?dry-run=true", UriKind.Relative), sheet);
        var report = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((true, "true"), (report["DryRun"]!.GetValue<bool>(), answer.Headers.GetValues("X-Anvil-Dry-Run").Single()));
        Assert.Equal("[]", (await silo.OkAsync("GET", $"machines?Name={_mark}-sheet")).ToJsonString());
    }

    [Theory]
    [InlineData("dry-run=yes")]
    [InlineData("dry-run=True")]
    [InlineData("dry-run=")]
    [InlineData("dry-run")]
    [InlineData("dry-run=true&dry-run=false")]
    [InlineData("dryRun=true")]
    [InlineData("Dry-Run=true")]
    public async Task WhatIsNoDryRunIsNoWriteEither(string query)
    {
        var (status, _) = await silo.CallAsync("POST", $"profiles?{query}", $$"""{"Name":"{{_mark}}"}""");
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound),
            (status, (await silo.CallAsync("GET", $"profiles/{_mark}")).Status));
    }

    [Fact]
    public async Task AFalseDryRunIsAWrite()
    {
        await silo.OkAsync("POST", "profiles?dry-run=false", $$"""{"Name":"{{_mark}}"}""");
        await silo.OkAsync("GET", $"profiles/{_mark}");
    }

    /// <summary>Whatever there is a path for refuses to be tried, or changes nothing.</summary>
    [Fact]
    public async Task NoCallThatIsTriedLeavesAnything()
    {
        var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
        var user = (await silo.OkAsync("POST", "users", $$"""{"Name":"{{_mark}}"}"""))["Name"]!.ToString();
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Params":{"global":1} }""");
        var revision = await RevisionAsync();
        var place = await silo.LogEndAsync();
        var (tried, refused) = (0, 0);
        foreach (var (method, path) in Calls().Where(c => c.Method is "POST" or "PUT" or "PATCH" or "DELETE"))
        {
            foreach (var body in new[] { "{}", "[]", $$"""{"Name":"{{_mark}}-made"}""", """[{"op":"add","path":"/x","value":"y"}]""" })
            {
                var own = path.StartsWith("machines/", StringComparison.Ordinal) ? path.Replace("{}", uuid, StringComparison.Ordinal)
                    : path.Replace("{}", path.StartsWith("users/", StringComparison.Ordinal) ? user : _mark, StringComparison.Ordinal);
                var (status, text, isTrial) = await TryPlainAsync(method, own, body);
                Assert.True(status < 500, $"{method} {own} {body}: {status} {text}");
                // Who is not told that it was tried was refused before anything was looked at.
                Assert.True(isTrial || status is 400 or 403 or 404 or 405 or 415, $"{method} {own} {body}: {status} {text}");
                if (isTrial) tried++;
                else refused++;
            }
        }

        Assert.True(tried > 100 && refused > 20, $"{tried} calls were tried, {refused} were refused");
        Assert.Empty((await silo.HappenedAsync(place)).Where(e => e.Principal == "rocketskates")
            .Select(e => $"{e.Type} {e.Action} {e.Key}"));
        Assert.Equal(revision, await RevisionAsync());
    }

    /// <summary>A silo of the version before would make the change: nothing is asked of any, and who asks is told so.</summary>
    [Fact]
    public async Task WhileASiloMayNotKnowTrialsNothingIsTried()
    {
        var kind = new CatalogObjects("profiles", silo.Service<ICatalog>(), silo.Service<GrainFinder>(), silo.Service<IMachineQueries>(),
            new ChangeTrials(silo.Service<GrainFinder>(), new OlderSilo()), TimeProvider.System);
        var floor = new ObjectFloor([kind], silo.Service<ICatalog>(), silo.Service<ParamKeys>(), silo.Service<ChangeAllowance>());
        var words = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["dry-run"] = ["true"] };
        var request = new ObjectRequest(new Principal("rocketskates", PrincipalKind.User, [Claim.All]), "profiles")
            .Saying(words, VerbWords.Write);
        var body = Encoding.UTF8.GetBytes($$"""{"Name":"{{_mark}}"}""");
        var refused = await Assert.ThrowsAsync<ApiException>(
            () => floor.CreateAsync("profiles", body, request, CancellationToken.None));
        Assert.Equal(503, refused.Error.Code);
        Assert.Equal(404, (await AskAsync("GET", $"profiles/{_mark}", null)).Status);
    }

    private static uint Address(LeaseAnswer answer) => IPv4.Parse(Json.Read<Lease>(answer.LeaseJson!)!.Addr);

    private static IEnumerable<(string Kind, string Key, string Action)> Objects(Answer answer)
        => answer.Would["Objects"]!.AsArray().Select(o => (o!["Kind"]!.ToString(), o["Key"]!.ToString(), o["Action"]!.ToString()));

    private static string Without(JsonNode body, params string[] fields)
    {
        var rest = body.DeepClone().AsObject();
        foreach (var field in fields.Append("WouldChange")) rest.Remove(field);
        return rest.ToJsonString();
    }

    private async Task<string> MachineAsync(string fields)
        => (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}","BootEnv":"local"{{fields}}}"""))["Name"]!.ToString();

    private async Task<long> RevisionAsync()
        => (await silo.Service<ICatalog>().AtLeastAsync(long.MaxValue, CancellationToken.None)).Revision;

    private async Task<string> UuidAsync(string name) => (await silo.OkAsync("GET", $"machines/Name:{name}"))["Uuid"]!.ToString();

    /// <summary>Tries a change, looks that nothing came of it, makes it, and compares the answers.</summary>
    private async Task SameAsync(string method, string path, string? body, ObjectKindCase one)
    {
        var revision = await RevisionAsync();
        var place = await silo.LogEndAsync();
        var key = one.Key(Client, 1);
        var before = await AskAsync("GET", $"{one.Kind}/{key}", null);
        var tried = await TryAsync(method, path, body);
        var after = await AskAsync("GET", $"{one.Kind}/{key}", null);
        Assert.Equal((before.Status, before.Text, before.Tag), (after.Status, after.Text, after.Tag));
        Assert.Equal("", tried.Tag);
        Assert.DoesNotContain(await silo.HappenedAsync(place), e => e.Key == one.EventKey(key));
        if (one.Kind != "reservations") Assert.Equal(revision, await RevisionAsync());
        var made = await AskAsync(method, path, body);
        Assert.True(tried.Status == made.Status, $"{method} {path}: tried {tried.Status} {tried.Text}, made {made.Status} {made.Text}");
        // A secret of its own, the time, and the end of the log at that time, are of the change that is made.
        if (made.Status < 400 && JsonNode.Parse(made.Text) is JsonObject)
        {
            Assert.Equal(Without(made.Body, "Secret", "Boot", "Begins"), Without(tried.Body, "Secret", "Boot", "Begins"));
            if (!path.StartsWith("meta/", StringComparison.Ordinal))
                Assert.Contains((one.Kind, one.EventKey(key)), Objects(tried).Select(o => (o.Kind, o.Key)));
        }
        else
        {
            Assert.Equal(made.Text, tried.Text);
        }
    }

    private async Task<Answer> TryAsync(string method, string path, string? body, HttpClient? client = null, string? ifMatch = null)
    {
        var answer = await AskAsync(method, $"{path}?dry-run=true", body, client, ifMatch);
        Assert.True(answer.IsTrial, $"{method} {path}: {answer.Status} {answer.Text}");
        return answer;
    }

    private async Task<(int Status, string Text, bool IsTrial)> TryPlainAsync(string method, string path, string body)
    {
        var answer = await AskAsync(method, $"{path}?dry-run=true", body);
        return (answer.Status, answer.Text, answer.IsTrial);
    }

    private async Task<Answer> AskAsync(string method, string path, string? body, HttpClient? client = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var answer = await (client ?? silo.Http).SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new Answer((int)answer.StatusCode, text, answer.Headers.ETag?.ToString() ?? "",
            answer.Headers.TryGetValues("X-Anvil-Dry-Run", out var dry) && dry.Single() == "true");
    }

    /// <summary>Every call that the gateway has a path for; `{}` stands for a key.</summary>
    private IEnumerable<(string Method, string Path)> Calls()
        => silo.Silos[0].Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v3/", StringComparison.Ordinal))
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
                .Select(m => (m, Key().Replace(e.RoutePattern.RawText!["/api/v3/".Length..], "{}")))).Distinct();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Key();

    private sealed class OlderSilo : IEverySilo
    {
        public bool Has(string trait) => trait != SiloTraits.Trials;
    }

    private sealed record Answer(int Status, string Text, string Tag, bool IsTrial)
    {
        public JsonNode Body => JsonNode.Parse(Text)!;

        public JsonNode Would => Body["WouldChange"] ?? throw new InvalidOperationException(
            string.Create(CultureInfo.InvariantCulture, $"{Status} {Text} says nothing of what would change"));
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleDryRunTests(SingleSilo silo) : DryRunTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterDryRunTests(SiloCluster silos) : DryRunTests(silos), IClassFixture<SiloCluster>;
