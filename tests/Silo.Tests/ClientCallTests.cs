using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests;

/// <summary>What DRP's clients ask beside the verbs of kinds: indexes, labels, actions, plugins, interfaces, upgrades.</summary>
public abstract class ClientCallTests(SiloFixture silo)
{
    private static (HttpStatusCode, string, string) Said((HttpStatusCode Status, JsonNode? Body) answer)
        => (answer.Status, answer.Body!["Type"]!.ToString(), answer.Body["Messages"]![0]!.ToString());

    private async Task<string> MachineAsync(string name, string more = "")
        => (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{name}}","Stage":"none","BootEnv":"local"{{more}}}"""))["Uuid"]!
            .ToString();

    [Fact]
    public async Task IndexesAreTheFieldsThatListsGoBy()
    {
        var all = (JsonObject)await silo.OkAsync("GET", "indexes");
        Assert.Equal(((JsonArray)await silo.OkAsync("GET", "objects")).Select(k => k!.ToString()).Where(k => k != "preferences")
            .Append("interfaces").Append("webhooks").Order(StringComparer.Ordinal), all.Select(k => k.Key));
        foreach (var (kind, fields) in all)
        {
            Assert.True(JsonNode.DeepEquals(fields, await silo.OkAsync("GET", $"indexes/{kind}")), kind);
            foreach (var (field, index) in fields!.AsObject())
            {
                // What is said to have an order can be sorted by.
                if (index!["Unordered"]!.GetValue<bool>()) continue;
                Assert.Equal((kind, field, HttpStatusCode.OK), (kind, field,
                    (await silo.CallAsync("GET", $"{kind}?sort={Uri.EscapeDataString(field)}&limit=1")).Status));
            }
        }

        Assert.Equal("""{"Unique":true,"Unordered":false,"Regex":true,"Type":"string"}""",
            (await silo.OkAsync("GET", "indexes/machines/Name")).ToJsonString());
        await silo.OkAsync("POST", "params", """{"Name":"index/of"}""");
        Assert.Equal("parameter", (await silo.OkAsync("GET", "indexes/profiles/index/of"))["Type"]!.ToString());
        foreach (var path in new[] { "indexes/nope", "indexes/machines/nope", "indexes/users/PasswordHash" })
            Assert.Equal((HttpStatusCode.NotFound, "GET", $"index get: not found: {path["indexes/".Length..]}"),
                Said(await silo.CallAsync("GET", path)));
        using var narrow = await silo.LimitedAsync("scope=machines&action=list&specific=*");
        Assert.Equal(["machines"], ((JsonObject)await silo.OkAsync("GET", "indexes", client: narrow)).Select(k => k.Key));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "indexes/users", client: narrow)).Status);
        using var none = await silo.LimitedAsync("scope=machines&action=get&specific=x");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "indexes", client: none)).Status);
    }

    /// <summary>DRP's client takes an answer without a type for a failure, though what it asked for was done.</summary>
    [Fact]
    public async Task WhatIsAnsweredWithNothingHasATypeAllTheSame()
    {
        var uuid = await MachineAsync("nothing");
        await silo.OkAsync("POST", "contents", """{"meta":{"Name":"nothing"},"sections":{}}""");
        foreach (var (method, path, body) in new[]
        {
            ("POST", "events", """{"Type":"nothing","Action":"happened","Key":"x"}"""), ("DELETE", "contents/nothing", null),
            ("POST", "jobs", $$"""{"Machine":"{{uuid}}"}"""),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await silo.Http.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.NoContent, "application/json"),
                (path, answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        }
    }

    /// <summary>DRP's client reads it as an IP address, and has no session where it is a name.</summary>
    [Theory]
    [InlineData("anvil.example.com", "127.0.0.1")]
    [InlineData("10.1.2.3:8092", "10.1.2.3")]
    [InlineData("[2001:db8::1]:8092", "2001:db8::1")]
    public async Task TheServersAddressIsAnAddress(string asked, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "info") { Headers = { Host = asked } };
        using var answer = await silo.Http.SendAsync(request);
        Assert.Equal(address, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["address"]!.ToString());
    }

    [Fact]
    public async Task ParamsOfAllLayersAreComposed()
    {
        await silo.OkAsync("POST", "params", """{"Name":"composed/hidden","Secure":true}""");
        await silo.OkAsync("POST", "profiles", """
            {"Name":"composed","Params":{"composed/map":{"a":1,"in":{"x":1,"y":1}},"composed/list":["c"],"composed/text":"low"} }
            """);
        var uuid = await MachineAsync("composed", ""","Profiles":["composed"],"Params":"""
            + """{"composed/map":{"b":2,"in":{"x":2} },"composed/list":["a","b"],"composed/text":"high"}""");
        string Of(string name) => $"machines/{uuid}/params/{name}?aggregate=true&compose=true&decode=true";
        Assert.Equal("""{"b":2,"in":{"x":2,"y":1},"a":1}""", (await silo.OkAsync("GET", Of("composed/map"))).ToJsonString());
        Assert.Equal("""["a","b","c"]""", (await silo.OkAsync("GET", Of("composed/list"))).ToJsonString());
        Assert.Equal("high", (await silo.OkAsync("GET", Of("composed/text"))).ToString());
        Assert.Equal("null", (await silo.CallAsync("GET", Of("composed/none"))).Body?.ToJsonString() ?? "null");
        Assert.Equal("""["a","b"]""", (await silo.OkAsync("GET", $"machines/{uuid}/params/composed/list?aggregate=true")).ToJsonString());
        Assert.Equal("""["a","b","c"]""",
            (await silo.OkAsync("GET", $"machines/{uuid}/params?aggregate=true&compose=true"))["composed/list"]!.ToJsonString());
        var whole = await silo.OkAsync("GET", $"machines/{uuid}?aggregate=true&compose=true&params=composed/list");
        Assert.Equal("""{"composed/list":["a","b","c"]}""", whole["Params"]!.ToJsonString());
        Assert.Equal("""["c"]""",
            (await silo.OkAsync("GET", "profiles/composed/params/composed/list?aggregate=true&compose=true")).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", Of("x").Replace($"machines/{uuid}", "plugins/none",
            StringComparison.Ordinal))).Status);

        // What is secure is of one layer, and is opened by its key.
        await silo.OkAsync("POST", "profiles/composed/params/composed/hidden", """["low"]""");
        await silo.OkAsync("POST", $"machines/{uuid}/params/composed/hidden", """["high"]""");
        Assert.Equal("""["high"]""", (await silo.OkAsync("GET", Of("composed/hidden"))).ToJsonString());
    }

    [Fact]
    public async Task LabelsAreReadAndPatchedAlone()
    {
        var uuid = await MachineAsync("labels");
        Assert.Equal("""{"feature-flags":"change-stage-v2"}""", (await silo.OkAsync("GET", $"meta/machines/{uuid}")).ToJsonString());
        var patched = await silo.OkAsync("PATCH", "meta/machines/Name:labels", """[{"op":"add","path":"/k","value":"v"}]""");
        Assert.Equal("v", patched["k"]!.ToString());
        Assert.True(JsonNode.DeepEquals(patched, (await silo.OkAsync("GET", $"machines/{uuid}"))["Meta"]));
        Assert.Equal((HttpStatusCode.Conflict, "PATCH", "Patch error at line 0: Test op failed."), Said(await silo.CallAsync("PATCH",
            $"meta/machines/{uuid}", """[{"op":"test","path":"/k","value":"w"},{"op":"remove","path":"/k"}]""")));
        Assert.Equal(HttpStatusCode.Conflict,
            (await silo.CallAsync("PATCH", $"meta/machines/{uuid}", """[{"op":"add","path":"/k","value":{"a":1}}]""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("PATCH", $"meta/machines/{uuid}", """{"k":"v"}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "meta/nope/x")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "meta/machines/nope")).Status);
        // Nothing but labels is reached, and nobody without a right to them gets there.
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("PATCH", $"meta/machines/{uuid}",
            """[{"op":"move","from":"/../Name","path":"/n"}]""")).Status);
        using var reader = await silo.LimitedAsync($"scope=machines&action=get&specific={uuid}");
        Assert.Equal("v", (await silo.OkAsync("GET", $"meta/machines/{uuid}", client: reader))["k"]!.ToString());
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("PATCH", $"meta/machines/{uuid}", """[{"op":"add","path":"/k","value":"w"}]""", reader)).Status);
        using var writer = await silo.LimitedAsync($"scope=machines&action=update:/Meta&specific={uuid}");
        Assert.Equal("{}", (await silo.OkAsync("PATCH", $"meta/machines/{uuid}", """[{"op":"add","path":"/k","value":"w"}]""", writer))
            .ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"meta/machines/{uuid}", client: writer)).Status);
    }

    [Fact]
    public async Task ThereAreNoActionsAndNoPlugins()
    {
        var uuid = await MachineAsync("actions");
        foreach (var path in new[] { $"machines/{uuid}/actions", "bootenvs/local/actions", "stages/none/actions?plugin=ipmi",
            "profiles/global/actions", "users/rocketskates/actions", "system/actions", "plugins", "plugin_providers" })
            Assert.Equal("[]", (await silo.OkAsync("GET", path)).ToJsonString());
        Assert.Equal((HttpStatusCode.NotFound, "GET", "poweron: Not Found"),
            Said(await silo.CallAsync("GET", $"machines/{uuid}/actions/poweron")));
        Assert.Equal((HttpStatusCode.BadRequest, "INVOKE", "Action poweron on machines: Not Found"),
            Said(await silo.CallAsync("POST", $"machines/{uuid}/actions/poweron", "{}")));
        Assert.Equal((HttpStatusCode.BadRequest, "INVOKE", "Action poweron on machines for plugin ipmi not found"),
            Said(await silo.CallAsync("POST", $"machines/{uuid}/actions/poweron?plugin=ipmi", "{}")));
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("POST", $"machines/{uuid}/actions/poweron", "[]")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"machines/{Guid.NewGuid()}/actions")).Status);
        using var narrow = await silo.LimitedAsync($"scope=machines&action=get&specific={uuid}");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", $"machines/{uuid}/actions", client: narrow)).Status);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await silo.CallAsync("POST", $"machines/{uuid}/actions/poweron", "{}", narrow)).Status);

        const string Why = "Anvil runs no plugins";
        var made = Said(await silo.CallAsync("POST", "plugins", """{"Name":"power","Provider":"ipmi"}"""));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "ValidationError"), (made.Item1, made.Item2));
        Assert.StartsWith(Why, made.Item3, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "plugins/power/params")).Status);
        var sent = Said(await silo.CallAsync("POST", "plugin_providers/ipmi"));
        Assert.Equal((HttpStatusCode.BadRequest, "POST"), (sent.Item1, sent.Item2));
        Assert.StartsWith(Why, sent.Item3, StringComparison.Ordinal);
        foreach (var method in new[] { "GET", "DELETE" })
            Assert.Equal((HttpStatusCode.NotFound, method, "Not Found"), Said(await silo.CallAsync(method, "plugin_providers/ipmi")));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "plugin_providers/ipmi", client: narrow)).Status);

        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("POST", "system/upgrade")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "GET", "No route"), Said(await silo.CallAsync("GET", "system/upgrade")));
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("POST", "system/upgrade", client: narrow)).Status);
    }

    [Fact]
    public async Task InterfacesAreThoseOfTheEdges()
    {
        var here = new Edge.HostInterfaces().Current();
        var all = (JsonArray)await silo.OkAsync("GET", "interfaces");
        Assert.Equal(here.Select(i => (i.Name, string.Join(' ', i.Addresses))),
            all.Select(i => (i!["Name"]!.ToString(), string.Join(' ', i["Addresses"]!.AsArray().Select(a => a!.ToString())))));
        Assert.All(all, i => Assert.True(i!["ReadOnly"]!.GetValue<bool>() && i["Meta"]!["edge"]!.ToString().Length > 0));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "interfaces/nope")).Status);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await silo.CallAsync("POST", "interfaces", """{"Name":"x"}""")).Status);
        if (here.Count == 0) return;
        Assert.Equal(here[0].Addresses[0], (await silo.OkAsync("GET", $"interfaces/{here[0].Name}"))["ActiveAddress"]!.ToString());
        using var narrow = await silo.LimitedAsync("scope=machines&action=*&specific=*");
        Assert.Equal("[]", (await silo.OkAsync("GET", "interfaces", client: narrow)).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"interfaces/{here[0].Name}", client: narrow)).Status);
    }

    /// <summary>drpcli's `count` reads what the filters leave, and ends in a panic where that is not told.</summary>
    [Theory]
    [InlineData("profiles?Name=global", "1")]
    [InlineData("profiles?Name=global&limit=0", "1")]
    [InlineData("plugins?Name=x", "0")]
    [InlineData("interfaces?Name=x", "0")]
    [InlineData("plugin_providers", "0")]
    public async Task EveryListTellsWhatItsFiltersLeave(string path, string count)
    {
        using var head = await silo.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal((HttpStatusCode.OK, count), (head.StatusCode, Assert.Single(head.Headers.GetValues("X-Drp-List-Filter-Count"))));
    }

    [Fact]
    public async Task WhoComesInByTheFrontDoorIsLedOn()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var root = await http.GetAsync(new Uri(silo.Http.BaseAddress!, "/"));
        Assert.Equal((HttpStatusCode.MovedPermanently, "/ui/"), (root.StatusCode, root.Headers.Location!.ToString()));
        using var ui = await http.GetAsync(new Uri(silo.Http.BaseAddress!, "/ui/"));
        Assert.Equal((HttpStatusCode.Redirect, "/dashboard/"), (ui.StatusCode, ui.Headers.Location!.ToString()));
    }

    [Fact]
    public async Task EveryMachineIsShownWithTheProfileThatNobodyUses()
    {
        var uuid = await MachineAsync("deprecated");
        var one = await silo.OkAsync("GET", $"machines/{uuid}");
        Assert.Equal(12, one["Profile"]!.AsObject().Count);
        foreach (var list in new[] { "machines?Name=deprecated", "machines?Name=deprecated&slim=Params" })
            Assert.True(JsonNode.DeepEquals(one["Profile"], (await silo.OkAsync("GET", list))[0]!["Profile"]), list);
        // It comes back with what clients change.
        one["Description"] = "changed";
        Assert.Equal("changed", (await silo.OkAsync("PUT", $"machines/{uuid}", one.ToJsonString()))["Description"]!.ToString());
    }

    [Fact]
    public async Task ABootEnvironmentIsNotWrittenWithATemplateThatIsNotThere()
    {
        const string Env = """{"Name":"be-lacks","OnlyUnknown":true,"Templates":[{"Name":"ipxe","Path":"a.ipxe","ID":"be-gone"}]}""";
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "ValidationError", "Templates[0]: No common template for be-gone"),
            Said(await silo.CallAsync("POST", "bootenvs", Env)));
        await silo.OkAsync("POST", "templates", """{"ID":"be-gone","Contents":"x"}""");
        Assert.True((await silo.OkAsync("POST", "bootenvs", Env))["Available"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("PATCH", "bootenvs/be-lacks",
            """[{"op":"replace","path":"/Templates/0/ID","value":"be-never"}]""")).Status);
    }

    [Fact]
    public async Task WhoUsesWhatIsToBeDeletedIsNamedWithItsMachines()
    {
        await silo.OkAsync("POST", "tasks", """{"Name":"used-task"}""");
        await silo.OkAsync("POST", "stages", """{"Name":"used-stage","Tasks":["used-task"]}""");
        await silo.OkAsync("POST", "workflows", """{"Name":"used-workflow","Stages":["used-stage"]}""");
        await silo.OkAsync("POST", "profiles", """{"Name":"used-profile"}""");
        var uuid = (await silo.OkAsync("POST", "machines",
            """{"Name":"user-of-all","Workflow":"used-workflow","Profiles":["used-profile"]}"""))["Uuid"]!.ToString();
        async Task<(HttpStatusCode, string)> DeletedAsync(string path)
        {
            var (status, body) = await silo.CallAsync("DELETE", path);
            return (status, string.Join('|', body!["Messages"]!.AsArray().Select(m => m!.ToString())));
        }

        Assert.Equal((HttpStatusCode.Conflict, $"machines:{uuid} still uses used-task|stages:used-stage still uses used-task"),
            await DeletedAsync("tasks/used-task"));
        Assert.Equal((HttpStatusCode.Conflict,
            "Stage used-stage in use by Machine user-of-all|Stage used-stage in use by Workflow used-workflow"),
            await DeletedAsync("stages/used-stage"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, $"Machine {uuid} is using profile used-profile"),
            await DeletedAsync("profiles/used-profile"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Profile global is the global profile, you cannot delete it"),
            await DeletedAsync("profiles/global"));
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleClientCallTests(SingleSilo silo) : ClientCallTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterClientCallTests(SiloCluster silo) : ClientCallTests(silo), IClassFixture<SiloCluster>;
