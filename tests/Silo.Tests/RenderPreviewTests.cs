using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Objects.Access;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests;

/// <summary>What any template comes to for a machine, for who looks.</summary>
public abstract class RenderPreviewTests(SiloFixture silo)
{
    private const string Secret = "ozymandias-7";
    private readonly string _mark = $"r{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task ATemplateATextAndTheFilesOfOwnersAreRendered()
    {
        await silo.OkAsync("POST", "templates", Document(("ID", _mark), ("Contents", "hello {{.Machine.Name}}")));
        await silo.OkAsync("POST", "bootenvs", $$$"""
            {"Name":"{{{_mark}}}","OS":{"Name":"linux-1"},"Kernel":"k","BootParams":"a={{.Machine.Name}}","Templates":[
              {"Name":"one","Path":"{{.Machine.Path}}/one","Contents":"{{.Env.Name}} {{.BootParams}}"},
              {"Name":"two","Path":"{{.Machine.Path}}/{{.Machine.MacAddr}}","ID":"{{{_mark}}}"}]}
            """);
        await silo.OkAsync("POST", "stages", $$$"""
            {"Name":"{{{_mark}}}","Templates":[{"Name":"s","Path":"{{.Machine.Path}}/s","Contents":"stage {{.Stage.Name}}"}]}
            """);
        await silo.OkAsync("POST", "tasks", $$$"""
            {"Name":"{{{_mark}}}","Templates":[{"Name":"sh","Contents":"task {{.Task.Name}} on {{.Task.TargetOS}}"},
              {"Name":"file","Path":"/etc/{{.Machine.Name}}","Contents":"x"},{"Name":"ps","Contents":"win","Meta":{"OS":"windows"}}]}
            """);
        var uuid = await MachineAsync(""","HardwareAddrs":["02:aa:00:00:00:01","02:aa:00:00:00:02"],"OS":"" """);
        Assert.Equal([(_mark, "", $"hello {_mark}")], Shown(await RenderAsync(uuid, $$"""{"Template":"{{_mark}}"}""")));
        Assert.Equal([("Contents", "", $"<{_mark}> hello {_mark}")],
            Shown(await RenderAsync(uuid, Document(("Contents", "<{{.Machine.Name}}> {{template \"" + _mark + "\" .}}")))));
        Assert.Equal(
        [
            ("one", $"machines/{uuid}/one", $"{_mark} a={_mark}"), ("two", $"machines/{uuid}/02:aa:00:00:00:01", $"hello {_mark}"),
            ("two", $"machines/{uuid}/02:aa:00:00:00:02", $"hello {_mark}"),
        ], Shown(await RenderAsync(uuid, $$"""{"BootEnv":"{{_mark}}"}""")));
        Assert.Equal([("one", $"machines/{uuid}/one", $"{_mark} a={_mark}")],
            Shown(await RenderAsync(uuid, $$"""{"BootEnv":"{{_mark}}","Template":"one"}""")));
        Assert.Equal([("s", $"machines/{uuid}/s", $"stage {_mark}")], Shown(await RenderAsync(uuid, $$"""{"Stage":"{{_mark}}"}""")));
        Assert.Equal([("sh", "", $"task {_mark} on linux"), ("file", $"/etc/{_mark}", "x")],
            Shown(await RenderAsync(uuid, $$"""{"Task":"{{_mark}}"}""")));
        Assert.Equal([("sh", "", $"task {_mark} on windows"), ("file", $"/etc/{_mark}", "x"), ("ps", "", "win")],
            Shown(await RenderAsync(uuid, $$"""{"Task":"{{_mark}}","OS":"windows"}""")));
        // By whichever key the machine is named, and whatever it is in by itself.
        Assert.Equal([(_mark, "", $"hello {_mark}")], Shown(await RenderAsync($"Name:{_mark}", $$"""{"Template":"{{_mark}}"}""")));
    }

    [Fact]
    public async Task WhereAParamComesFromIsTold()
    {
        await silo.OkAsync("POST", "params", Document(("Name", $"{_mark}/d"), ("Schema", new JsonObject { ["default"] = "low" })));
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Params":{"a":"profile","b":"profile"} }""");
        var uuid = await MachineAsync($$""","Profiles":["{{_mark}}"],"Params":{"a":"own"} """);
        var text = "{{.Param \"a\"}} {{.Param \"b\"}} {{.Param \"" + _mark + "/d\"}} {{.ParamExists \"none\"}}";
        var answer = await RenderAsync(uuid, Document(("Contents", text)));
        Assert.Equal([("Contents", "", "own profile low false")], Shown(answer));
        Assert.Equal([("a", $"machines:{uuid}"), ("b", $"profiles:{_mark}"), ("none", ""), ($"{_mark}/d", $"params:{_mark}/d")],
            answer["Params"]!.AsArray().Select(p => (p!["Name"]!.ToString(), p["From"]!.ToString())).OrderBy(p => p.Item1.Length));
    }

    [Fact]
    public async Task WhatIsWrongIsToldWithItsLineAndTheRestIsRendered()
    {
        await silo.OkAsync("POST", "templates", Document(("ID", _mark), ("Contents", "a\nb\n{{.Param \"no-such\"}}")));
        await silo.OkAsync("POST", "tasks", $$$"""
            {"Name":"{{{_mark}}}","Templates":[{"Name":"good","Contents":"fine"},
              {"Name":"calls","Contents":"{{template \"{{{_mark}}}\" .}}"},
              {"Name":"path","Path":"/{{.Nothing}}","Contents":"x"},{"Name":"more","Contents":"fine, too"}]}
            """);
        var uuid = await MachineAsync("");
        var files = (await RenderAsync(uuid, $$"""{"Task":"{{_mark}}"}"""))["Files"]!.AsArray();
        Assert.Equal(["fine", "", "", "fine, too"], files.Select(f => f!["Content"]!.ToString()));
        Assert.Equal((_mark, 3), (files[1]!["Error"]!["Template"]!.ToString(), files[1]!["Error"]!["Line"]!.GetValue<int>()));
        Assert.Contains("no such machine parameter no-such", files[1]!["Error"]!["Message"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(("path", 1), (files[2]!["Error"]!["Template"]!.ToString(), files[2]!["Error"]!["Line"]!.GetValue<int>()));
        Assert.Null(files[3]!["Error"]);
        var broken = (await RenderAsync(uuid, Document(("Contents", "one\n{{if}}"))))["Files"]![0]!["Error"]!;
        Assert.Equal(("Contents", 2), (broken["Template"]!.ToString(), broken["Line"]!.GetValue<int>()));

        await silo.OkAsync("POST", "tasks", $$"""{"Name":"{{_mark}}-2","RequiredParams":["{{_mark}}"],"Templates":[]}""");
        var lacks = (await RenderAsync(uuid, $$"""{"Task":"{{_mark}}-2"}"""))["Files"]![0]!["Error"]!["Message"]!.ToString();
        Assert.Equal($"task {_mark}-2 needs param {_mark}", lacks);
    }

    [Theory]
    [InlineData("{{range 100000}}{{range 100000}}{{end}}{{end}}", "more than 2000000 steps")]
    [InlineData("{{$s := `x`}}{{range 64}}{{$s = print $s $s}}{{end}}", "more than 134217728 octets of memory")]
    public async Task ItSpendsNoMoreThanOneRequestMay(string text, string cause)
    {
        var uuid = await MachineAsync("");
        var answer = await RenderAsync(uuid, Document(("Contents", text)));
        Assert.Matches($"({cause}|longer than 2000 ms)", answer["Files"]![0]!["Error"]!["Message"]!.ToString());
        Assert.True(answer["MoreFiles"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge,
            (await silo.CallAsync("POST", $"machines/{uuid}/render", Document(("Contents", new string('x', (256 << 10) + 1))))).Status);
    }

    [Fact]
    public async Task SecretsAndTokensAreNotShown()
    {
        await silo.OkAsync("POST", "params", $$"""{"Name":"{{_mark}}/s","Secure":true}""");
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}"}""");
        await silo.OkAsync("POST", $"profiles/{_mark}/params/{_mark}%2Fs", $"\"{Secret}\"");
        var uuid = await MachineAsync($$""","Profiles":["{{_mark}}"]""");
        await silo.OkAsync("POST", $"machines/{uuid}/params/own", "1");
        var text = Document(("Contents", "{{.Param \"" + _mark + "/s\"}} {{.GenerateToken}} {{.GenerateInfiniteToken}} "
            + "{{.GenerateProfileToken \"" + _mark + "\" 60}} {{toJson .Machine.Params}}"));
        var masked = await RenderAsync(uuid, text);
        Assert.Equal("******** (a token) (a token) (a token) {\"own\":1}", masked["Files"]![0]!["Content"]!.ToString());
        Assert.Equal($$"""[{"Name":"{{_mark}}/s","From":"profiles:{{_mark}}","Masked":true}]""", masked["Params"]!.ToJsonString());
        var opened = await RenderAsync(uuid, text, query: "?decode=true");
        Assert.StartsWith($"{Secret} (a token)", opened["Files"]![0]!["Content"]!.ToString(), StringComparison.Ordinal);

        // Who may open the machine's own, and not the profile's, is shown no more than that.
        await silo.OkAsync("POST", "params", $$"""{"Name":"{{_mark}}/m","Secure":true}""");
        await silo.OkAsync("POST", $"machines/{uuid}/params/{_mark}%2Fm", $"\"{Secret}-m\"");
        using var some = await RoleAsync("machines get,render,getSecure *", "stages,bootenvs,templates get *");
        var both = Document(("Contents", "{{.Param \"" + _mark + "/s\"}} {{.Param \"" + _mark + "/m\"}}"));
        Assert.Equal($"******** {Secret}-m",
            (await RenderAsync(uuid, both, some, "?decode=true"))["Files"]![0]!["Content"]!.ToString());
        using var less = await RoleAsync("machines get,render *", "stages,bootenvs,templates get *");
        Assert.Equal("******** ********", (await RenderAsync(uuid, both, less))["Files"]![0]!["Content"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("POST", $"machines/{uuid}/render?decode=true", both, less)).Status);
        // Who opened it is written down where the machine's readers see it.
        var lines = (await silo.OkAsync("GET", $"machines/{uuid}/timeline")).AsArray();
        Assert.Contains(lines, l => l!["Source"]!.ToString() == "secret"
            && l.ToJsonString().Contains("/render", StringComparison.Ordinal));
        // The machine itself, and its jobs, look at nothing.
        var tokens = await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid });
        using var machine = silo.Client(tokens(uuid, TimeSpan.FromMinutes(5), ""));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", $"machines/{uuid}/render", text, machine)).Status);
    }

    [Fact]
    public async Task WithoutTheRightThereIsNothingToSee()
    {
        await silo.OkAsync("POST", "templates", Document(("ID", _mark), ("Contents", "words of " + _mark)));
        await silo.OkAsync("POST", "templates", Document(("ID", $"{_mark}-2"), ("Contents", "{{template \"" + _mark + "\" .}}")));
        var uuid = await MachineAsync("");
        var body = $$"""{"Template":"{{_mark}}"}""";
        foreach (var (claims, status) in new[]
        {
            (new[] { "machines render *", "stages,bootenvs,templates get *" }, HttpStatusCode.NotFound),
            (["machines get *", "stages,bootenvs,templates get *"], HttpStatusCode.Forbidden),
            (["machines get,render *", "templates get *"], HttpStatusCode.Forbidden),
            (["machines get,render *", "stages,bootenvs get *"], HttpStatusCode.NotFound),
            ([$"machines get,render {uuid}", "stages,bootenvs get *", $"templates get {_mark}"], HttpStatusCode.OK),
        })
        {
            using var client = await RoleAsync(claims);
            var (got, answer) = await silo.CallAsync("POST", $"machines/{uuid}/render", body, client);
            Assert.True(got == status, $"{string.Join("; ", claims)}: {got} {answer}");
        }

        // What is called is read as well: by a template that one may get, and by a text of one's own.
        using var half = await RoleAsync("machines get,render *", "stages,bootenvs get *", $"templates get {_mark}-2");
        foreach (var asked in new[]
        {
            $$"""{"Template":"{{_mark}}-2"}""", Document(("Contents", "{{template \"" + _mark + "\" .}}")),
            Document(("Contents", "{{.CallTemplate \"" + _mark + "\" .}}")),
        })
        {
            var answer = await RenderAsync(uuid, asked, half);
            Assert.DoesNotContain("words of", answer.ToJsonString(), StringComparison.Ordinal);
            Assert.NotNull(answer["Files"]![0]!["Error"]);
        }
    }

    [Fact]
    public async Task WhatATenantDoesNotHaveIsNotThere()
    {
        await silo.OkAsync("POST", "templates", Document(("ID", _mark), ("Contents", "words of " + _mark)));
        await silo.OkAsync("POST", "templates", Document(("ID", $"{_mark}-own"), ("Contents", "own")));
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Params":{"a":1} }""");
        var (own, foreign, shared) = (await MachineAsync(""), await MachineAsync("", "-2"), await MachineAsync(
            $$""","Profiles":["{{_mark}}"]""", "-3"));
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{_mark}}","Roles":["superuser"]}""");
        await silo.OkAsync("POST", "tenants", $$"""
            {"Name":"{{_mark}}","Users":["{{_mark}}"],
            "Members":{"machines":["{{own}}","{{shared}}"],"templates":["{{_mark}}-own"],"profiles":["global"]} }
            """);
        using var member = silo.Client((await silo.OkAsync("GET", $"users/{_mark}/token"))["Token"]!.ToString());
        async Task<HttpStatusCode> StatusAsync(string machine, string body)
            => (await silo.CallAsync("POST", $"machines/{machine}/render", body, member)).Status;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(own, $$"""{"Template":"{{_mark}}-own"}"""));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(own, $$"""{"Template":"{{_mark}}"}"""));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(foreign, $$"""{"Template":"{{_mark}}-own"}"""));
        // Its params are a profile's that the tenant does not have.
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(shared, $$"""{"Template":"{{_mark}}-own"}"""));
        var called = await RenderAsync(own, Document(("Contents", "{{template \"" + _mark + "\" .}}")), member);
        Assert.DoesNotContain("words of", called.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"Template":""}""")]
    [InlineData("""{"Template":"a","Contents":"b"}""")]
    [InlineData("""{"Contents":"a","Task":"b"}""")]
    [InlineData("""{"Stage":"none","BootEnv":"local"}""")]
    [InlineData("""{"Template":"a","OS":"linux"}""")]
    [InlineData("""{"Template":"a","Colour":"red"}""")]
    [InlineData("""{"Template":7}""")]
    [InlineData("[]")]
    public async Task WhatSaysNothingOrTwoThingsIsRefused(string body)
    {
        var uuid = await MachineAsync("");
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("POST", $"machines/{uuid}/render", body)).Status);
    }

    [Fact]
    public async Task WhatIsNotThereIsNotFound()
    {
        var uuid = await MachineAsync("");
        foreach (var body in new[]
        {
            """{"Template":"nowhere"}""", """{"BootEnv":"nowhere"}""", """{"Stage":"nowhere"}""", """{"Task":"nowhere"}""",
            """{"BootEnv":"local","Template":"nowhere"}""",
        })
            Assert.Equal((body, HttpStatusCode.NotFound), (body, (await silo.CallAsync("POST", $"machines/{uuid}/render", body)).Status));
        Assert.Equal(HttpStatusCode.NotFound,
            (await silo.CallAsync("POST", "machines/nowhere/render", """{"Contents":"x"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest,
            (await silo.CallAsync("POST", $"machines/{uuid}/render?dry-run=true", """{"Contents":"x"}""")).Status);
    }

    private static IEnumerable<(string Name, string Path, string Content)> Shown(JsonNode answer)
        => answer["Files"]!.AsArray().Select(f =>
        {
            Assert.True(f!["Error"] is null, f.ToJsonString());
            return (f["Name"]!.ToString(), f["Path"]!.ToString(), f["Content"]!.ToString());
        });

    private static string Document(params (string Name, JsonNode Value)[] fields)
        => new JsonObject(fields.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.Value))).ToJsonString();

    private Task<JsonNode> RenderAsync(string machine, string body, HttpClient? client = null, string query = "")
        => silo.OkAsync("POST", $"machines/{machine}/render{query}", body, client);

    private async Task<string> MachineAsync(string fields, string more = "")
        => (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{_mark}}{{more}}","BootEnv":"local"{{fields}}}"""))["Uuid"]!.ToString();

    /// <summary>A user with some rights, each `scopes actions keys`.</summary>
    private async Task<HttpClient> RoleAsync(params string[] rights)
    {
        var name = $"{_mark}-{Guid.NewGuid():N}"[..30];
        var claims = rights.Select(r => r.Split(' ')).Select(r => new { scope = r[0], action = r[1], specific = r[2] });
        await silo.OkAsync("POST", "roles", $$"""{"Name":"{{name}}","Claims":{{JsonSerializer.Serialize(claims)}}}""");
        await silo.OkAsync("POST", "users", $$"""{"Name":"{{name}}","Roles":["{{name}}"]}""");
        return silo.Client((await silo.OkAsync("GET", $"users/{name}/token"))["Token"]!.ToString());
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleRenderPreviewTests(SingleSilo silo) : RenderPreviewTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterRenderPreviewTests(SiloCluster silos) : RenderPreviewTests(silos), IClassFixture<SiloCluster>;
