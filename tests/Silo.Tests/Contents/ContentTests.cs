using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Provisioning.Documents;
using Anvil.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Contents;

/// <summary>Content packs by the API: each comes, changes and goes whole, on every silo.</summary>
public abstract class ContentTests(SiloFixture silo)
{
    private readonly string _mark = $"p{Guid.NewGuid():N}"[..12];

    private IEnumerable<ICatalog> Catalogs => silo.Silos.Select(s => s.Services.GetRequiredService<ICatalog>());

    [Fact]
    public async Task AnUploadedPackServesIsListedShownAndStaysUntilItIsDeleted()
    {
        var call = "echo {{.Param \\\"" + _mark + "/word\\\"}}";
        var pack = Pack(_mark, "v1.2.0-beta", $$"""
            "params":{"{{_mark}}/word":{"Name":"{{_mark}}/word","Schema":{"type":"string","default":"hello"} } },
            "templates":{"{{_mark}}.tmpl":{"ID":"{{_mark}}.tmpl","Contents":"{{call}}"} },
            "tasks":{"{{_mark}}":{"Name":"{{_mark}}","Templates":[{"Name":"a","ID":"{{_mark}}.tmpl"}]} },
            "stages":{"{{_mark}}":{"Name":"{{_mark}}","Tasks":["{{_mark}}"]} },
            "workflows":{"{{_mark}}":{"Name":"{{_mark}}","Stages":["{{_mark}}","nowhere"]} },
            "ux_views":{"v":{"Id":"v"} }
            """);
        var summary = await silo.OkAsync("POST", "contents", pack);
        Assert.Equal((_mark, "dynamic", false), (summary["meta"]!["Name"]!.ToString(), summary["meta"]!["Type"]!.ToString(),
            summary["meta"]!["Writable"]!.GetValue<bool>()));
        Assert.Equal("""{"params":1,"stages":1,"tasks":1,"templates":1,"ux_views":1,"workflows":1}""", summary["Counts"]!.ToJsonString());
        var warnings = summary["Warnings"]!.AsArray().Select(w => w!.ToString()).ToList();
        Assert.Contains(warnings, w => w.StartsWith("ux_views: 1 of its objects are left out", StringComparison.Ordinal));
        Assert.Contains($"workflows:{_mark}: Stage nowhere does not exist", warnings);
        foreach (var restarted in new[] { false, true })
        {
            if (restarted) await silo.RestartAsync();
            var stage = await silo.OkAsync("GET", $"stages/{_mark}");
            Assert.Equal((true, _mark, true), (stage["ReadOnly"]!.GetValue<bool>(), stage["Bundle"]!.ToString(),
                stage["Available"]!.GetValue<bool>()));
            Assert.All(Catalogs, c => Assert.Equal(_mark, c.Current.Tasks[_mark].Bundle));
            var shown = await silo.OkAsync("GET", $"contents/{_mark}");
            Assert.Equal("v1.2.0-beta", shown["meta"]!["Version"]!.ToString());
            Assert.Equal(["params", "stages", "tasks", "templates", "ux_views", "workflows"],
                shown["sections"]!.AsObject().Select(s => s.Key));
            Assert.Equal("v", shown["sections"]!["ux_views"]!["v"]!["Id"]!.ToString());
        }

        var listed = (await silo.OkAsync("GET", "contents")).AsArray().Select(l => l!["meta"]!["Name"]!.ToString()).ToList();
        Assert.Equal(["BackingStore", "LocalStore"], listed[..2]);
        Assert.Equal(["DefaultStore", "anvil", "BasicStore"], listed[^3..]);
        Assert.Contains(_mark, listed);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("HEAD", $"contents/{_mark}")).Status);

        // What a pack holds is changed by the pack alone.
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{_mark}}"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("PUT", $"tasks/{_mark}", $$"""{"Name":"{{_mark}}"}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("DELETE", $"tasks/{_mark}")).Status);
        await ErrorAsync(405, "Method not allowed", "PATCH", $"contents/{_mark}", "[]");

        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/{_mark}")).Status);
        Assert.All(Catalogs, c => Assert.False(c.Current.Tasks.ContainsKey(_mark)));
        await ErrorAsync(404, "No such content store", "GET", $"contents/{_mark}");
        await ErrorAsync(404, "No such content store", "DELETE", $"contents/{_mark}");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("HEAD", $"contents/{_mark}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"stages/{_mark}")).Status);
    }

    /// <summary>Whoever reads the catalog, at whichever moment, reads one version of all objects.</summary>
    [Fact]
    public async Task APackIsReplacedInOneStep()
    {
        static string Sections(string name, int turn)
            => $$"""
            "profiles":{ {{string.Join(',', Enumerable.Range(0, 20).Select(i =>
                $$"""
                "{{name}}-{{i}}":{"Name":"{{name}}-{{i}}","Description":"turn {{turn}}"}
                """))}} }
            """;
        await silo.OkAsync("POST", "contents", Pack(_mark, "0.0.1", Sections(_mark, 0)));
        using var ended = new CancellationTokenSource();
        var catalogs = Catalogs.ToList();
        var watching = Task.Run(() =>
        {
            var torn = new List<string>();
            while (!ended.IsCancellationRequested)
            {
                foreach (var current in catalogs.Select(c => c.Current))
                {
                    var seen = Enumerable.Range(0, 20).Select(i => current.Profiles[$"{_mark}-{i}"].Description).Distinct().ToList();
                    if (seen.Count != 1) torn.Add(string.Join(" and ", seen));
                }
            }

            return torn;
        }, CancellationToken.None);
        for (var turn = 1; turn <= 10; turn++)
        {
            var summary = await silo.OkAsync("PUT", $"contents/{_mark}", Pack(_mark, $"0.0.{turn}", Sections(_mark, turn)));
            Assert.Equal($"0.0.{turn}", summary["meta"]!["Version"]!.ToString());
            Assert.Equal($"turn {turn}", (await silo.OkAsync("GET", $"profiles/{_mark}-7"))["Description"]!.ToString());
        }

        await ended.CancelAsync();
        Assert.Empty(await watching);
        // What the next version does not have is gone.
        await silo.OkAsync("PUT", $"contents/{_mark}", Pack(_mark, "1.0.0", ""));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/{_mark}-7")).Status);
        await DeleteAsync(_mark);
    }

    [Theory]
    [InlineData(""" "profiles":{"X-a":{"Name":"X-a","Params":12} } """, "/sections/profiles/X-a: /Params must be an object")]
    [InlineData(""" "profiles":{"X-a":{"Name":"X-b"} } """, "/sections/profiles/X-a/Name: must be X-a")]
    [InlineData(""" "profiles":{"X-a":{"Name":"X-a","Meta":{"order":5} } } """, "/sections/profiles/X-a/Meta/order: must be a text")]
    [InlineData(""" "profils":{"X-a":{"Name":"X-a"} } """, "/sections/profils/X-a: there is no kind profils")]
    [InlineData(""" "users":{"X-a":{"Name":"X-a"} } """, "users are no content of an uploaded pack")]
    [InlineData(""" "reservations":{"X-a":{"Addr":"10.0.0.9"} } """, "reservations are no content of an uploaded pack")]
    [InlineData(""" "templates":{"X/t":{"ID":"X/t","Contents":"{{"} } """, "/sections/templates/X~1t: ")]
    [InlineData(""" "params":{"X-a":{"Name":"X-a","Schema":{"type":7} } } """, "/sections/params/X-a: ")]
    [InlineData(""" "tasks":{"X-a":{"Name":"X-a","ExtraRoles":["nobody-has"]} } """, "ExtraRoles: there is no role nobody-has")]
    [InlineData(""" "tasks":{"X-a":{"Name":"X-a","Prerequisites":["X-b"]},"X-b":{"Name":"X-b","Prerequisites":["X-a"]} } """,
        "is its own prerequisite")]
    [InlineData(
        """ "params":{"X-p":{"Name":"X-p","Schema":{"type":"integer"} } },"profiles":{"X-a":{"Name":"X-a","Params":{"X-p":"no"} } } """,
        "/sections/profiles/X-a: ")]
    public async Task APackThatBreaksARuleIsRefusedWholeAndWhatIsStoredServes(string sections, string message)
    {
        sections = sections.Replace("X", _mark, StringComparison.Ordinal);
        message = message.Replace("X", _mark, StringComparison.Ordinal);
        var good = $$""" "profiles":{"{{_mark}}-good":{"Name":"{{_mark}}-good","Description":"first"} } """;
        await ErrorAsync(422, message, "POST", "contents", Pack(_mark, "1", sections));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"contents/{_mark}")).Status);
        await silo.OkAsync("POST", "contents", Pack(_mark, "1", good));
        await ErrorAsync(422, message, "PUT", $"contents/{_mark}", Pack(_mark, "2", sections));
        Assert.Equal("first", (await silo.OkAsync("GET", $"profiles/{_mark}-good"))["Description"]!.ToString());
        Assert.Equal("1", (await silo.OkAsync("GET", $"contents/{_mark}"))["meta"]!["Version"]!.ToString());
        await DeleteAsync(_mark);
    }

    [Fact]
    public async Task WhatIsNoPackIsRefused()
    {
        await ErrorAsync(422, "Store at content- has no Name metadata", "POST", "contents", """{"meta":{},"sections":{} }""");
        await ErrorAsync(422, "Invalid Name", "POST", "contents", Pack("1", "1", ""));
        await ErrorAsync(400, "/meta/Colour is no field", "POST", "contents", """{"meta":{"Name":"ab","Colour":"red"},"sections":{} }""");
        await ErrorAsync(400, "/section is no field", "POST", "contents", """{"meta":{"Name":"ab"},"section":{}}""");
        await ErrorAsync(400, "/sections/tasks must be an object", "POST", "contents",
            """{"meta":{"Name":"ab"},"sections":{"tasks":[]} }""");
        await ErrorAsync(400, "", "POST", "contents", "[]");
        await ErrorAsync(400, "a content pack is needed", "POST", "contents");
        await ErrorAsync(400, "replaceWriteable", "POST", "contents?replaceWriteable=true", Pack(_mark, "1", ""));
        await ErrorAsync(409, "Content BackingStore already exists", "POST", "contents", Pack("BackingStore", "1", ""));
        await ErrorAsync(409, "Content anvil already exists", "POST", "contents", Pack("anvil", "1", ""));
        await ErrorAsync(422, "A store named anvil exists in the datastack twice!", "PUT", "contents/anvil", Pack("anvil", "1", ""));
        await ErrorAsync(422, "anvil is no uploaded content pack", "DELETE", "contents/anvil");
        await ErrorAsync(404, $"Cannot find {_mark}", "PUT", $"contents/{_mark}", Pack(_mark, "1", ""));
        await ErrorAsync(400, $"Cannot change name from {_mark} to other", "PUT", $"contents/{_mark}", Pack("other", "1", ""));
        await silo.OkAsync("POST", "contents", Pack(_mark, "1", ""));
        await ErrorAsync(409, $"Content {_mark} already exists", "POST", "contents", Pack(_mark, "1", ""));
        await DeleteAsync(_mark);
    }

    /// <summary>An object is in one layer of those that people fill; over what comes with the server others may stand.</summary>
    [Fact]
    public async Task TheSameObjectTwiceIsRefused()
    {
        var (one, two) = ($"{_mark}-1", $"{_mark}-2");
        var sections = $$""" "profiles":{"{{_mark}}":{"Name":"{{_mark}}","Description":"pack's"} } """;
        await silo.OkAsync("POST", "contents", Pack(one, "1", sections));
        await ErrorAsync(422, $"profiles:{_mark} in layer dynamic-{two} would override layer dynamic-{one}", "POST", "contents",
            Pack(two, "1", sections));
        await DeleteAsync(one);

        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}","Description":"the API's"}""");
        await ErrorAsync(422, $"profiles:{_mark} in layer dynamic-{two} would override layer writable-BackingStore", "POST", "contents",
            Pack(two, "1", sections));
        await silo.OkAsync("POST", "contents?replaceWritable=true", Pack(two, "1", sections));
        Assert.Equal("pack's", (await silo.OkAsync("GET", $"profiles/{_mark}"))["Description"]!.ToString());
        await DeleteAsync(two);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/{_mark}")).Status);

        foreach (var word in new[] { "", "?replaceWritable=true" })
        {
            await ErrorAsync(422, "would override layer writable-BackingStore", "POST", "contents" + word,
                Pack(two, "1", """ "profiles":{"global":{"Name":"global"} } """));
            await ErrorAsync(422, "would override layer basic-BasicStore", "POST", "contents" + word,
                Pack(two, "1", """ "bootenvs":{"local":{"Name":"local"} } """));
        }

        var before = (await silo.OkAsync("GET", "params/timezone")).ToJsonString();
        await silo.OkAsync("POST", "contents", Pack(two, "1", """ "params":{"timezone":{"Name":"timezone","Description":"mine"} } """));
        Assert.Equal(two, (await silo.OkAsync("GET", "params/timezone"))["Bundle"]!.ToString());
        await DeleteAsync(two);
        Assert.Equal(before, (await silo.OkAsync("GET", "params/timezone")).ToJsonString());
    }

    [Fact]
    public async Task WhatAPackBuildsUponMustBeThereAndStays()
    {
        string Needing(string needs, string features = "")
            => $$"""
            {"meta":{"Name":"{{_mark}}","Version":"1","Prerequisites":"{{needs}}","RequiredFeatures":"{{features}}"},"sections":{} }
            """;
        var below = $"{_mark}-below";
        await ErrorAsync(422, $"Layer {_mark} has {below} as a prerequisite, but {below} does not exist!", "POST", "contents",
            Needing(below));
        await ErrorAsync(422, $"Layer {_mark} prerequisite test on BasicStore failed", "POST", "contents",
            Needing("BasicStore: >=9.99.0"));
        await ErrorAsync(422, "Invalid version requirement for BasicStore", "POST", "contents", Needing("BasicStore: >=3.12.foo"));
        await ErrorAsync(422, $"Content layer {_mark} requires feature telepathy, but dr-provision does not provide it", "POST",
            "contents", Needing("", "sprig, telepathy"));
        await ErrorAsync(422, $"Layer {below}: invalid version 1.2.foo", "POST", "contents", Pack(below, "1.2.foo", ""));
        await silo.OkAsync("POST", "contents", Pack(below, "v2.1.0-alpha+x", ""));
        await ErrorAsync(422, $"Layer {_mark} prerequisite test on {below} failed", "POST", "contents", Needing($"{below}: >=2.2"));
        await silo.OkAsync("POST", "contents", Needing($"BasicStore: >=3.12.x, anvil, {below}: >=2.0.0 <3.0.0", "Sprig"));
        await ErrorAsync(422, $"Layer {_mark} has {below} as a prerequisite, but {below} does not exist!", "DELETE", $"contents/{below}");
        await ErrorAsync(422, $"Layer {_mark} prerequisite test on {below} failed", "PUT", $"contents/{below}", Pack(below, "3.0.0", ""));
        await silo.OkAsync("PUT", $"contents/{below}", Pack(below, "2.9.9", ""));
        await DeleteAsync(_mark);
        await DeleteAsync(below);
    }

    [Fact]
    public async Task APackWhoseObjectsAreUsedStays()
    {
        await silo.OkAsync("POST", "contents", Pack(_mark, "1", $$"""
            "stages":{"{{_mark}}":{"Name":"{{_mark}}"} },"profiles":{"{{_mark}}":{"Name":"{{_mark}}"} },
            "tasks":{"{{_mark}}":{"Name":"{{_mark}}"} }
            """));
        await silo.OkAsync("POST", "stages", $$"""{"Name":"{{_mark}}-mine","Tasks":["{{_mark}}"]}""");
        var error = await ErrorAsync(409, $"stages:{_mark}-mine still uses {_mark}", "DELETE", $"contents/{_mark}");
        Assert.Equal("StillInUseError", error["Type"]!.ToString());
        await silo.OkAsync("DELETE", $"stages/{_mark}-mine");
        var machine = (await silo.OkAsync("POST", "machines",
            $$"""{"Name":"{{_mark}}","Stage":"{{_mark}}","BootEnv":"local","Profiles":["{{_mark}}"]}"""))["Uuid"]!.ToString();
        await ErrorAsync(409, $"Machine {machine} is using profile {_mark}", "DELETE", $"contents/{_mark}");
        await silo.OkAsync("DELETE", $"machines/{machine}");
        await DeleteAsync(_mark);
    }

    [Fact]
    public async Task OfTwoUploadsAtOnceOneIsLate()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => silo.CallAsync("POST", "contents",
                Pack(_mark, $"{i}", $$""" "profiles":{"{{_mark}}":{"Name":"{{_mark}}","Description":"{{i}}"} } """))));
            var won = Assert.Single(answers, a => a.Status == HttpStatusCode.Created).Body!["meta"]!["Version"]!.ToString();
            Assert.Equal(3, answers.Count(a => a.Status == HttpStatusCode.Conflict));
            Assert.Equal(won, (await silo.OkAsync("GET", $"profiles/{_mark}"))["Description"]!.ToString());
            await DeleteAsync(_mark);

            // Of several packs with the same object one comes.
            answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => silo.CallAsync("POST", "contents",
                Pack($"{_mark}-{i}", "1", $$""" "profiles":{"{{_mark}}":{"Name":"{{_mark}}"} } """))));
            var name = Assert.Single(answers, a => a.Status == HttpStatusCode.Created).Body!["meta"]!["Name"]!.ToString();
            Assert.Equal(3, answers.Count(a => a.Status == HttpStatusCode.UnprocessableEntity));
            await DeleteAsync(name);
        }
    }

    [Fact]
    public async Task AChangeOnAConditionIsMadeOfThatVersionAlone()
    {
        await silo.OkAsync("POST", "contents", Pack(_mark, "1", ""));
        var first = await TagAsync();
        Assert.Equal(HttpStatusCode.OK, await PutAsync(first));
        Assert.NotEqual(first, await TagAsync());
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(first));
        await DeleteAsync(_mark);

        async Task<string> TagAsync()
        {
            using var answer = await silo.Http.GetAsync(new Uri($"contents/{_mark}", UriKind.Relative));
            return answer.Headers.ETag!.Tag;
        }

        async Task<HttpStatusCode> PutAsync(string tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"contents/{_mark}")
            {
                Content = new StringContent(Pack(_mark, "2", ""), System.Text.Encoding.UTF8, "application/json"),
            };
            request.Headers.TryAddWithoutValidation("If-Match", tag);
            using var answer = await silo.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task EventsTellOfThePackAndOfWhatGaveWayToIt()
    {
        var place = await silo.LogEndAsync();
        var sections = $$""" "profiles":{"{{_mark}}":{"Name":"{{_mark}}"} } """;
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"{{_mark}}"}""");
        await silo.OkAsync("POST", "contents?replaceWritable=true", Pack(_mark, "1", sections));
        await silo.OkAsync("PUT", $"contents/{_mark}", Pack(_mark, "2", sections));
        await DeleteAsync(_mark);
        var seen = (await silo.HappenedAsync(place)).Where(e => e.Key == _mark).Select(e => $"{e.Type}.{e.Action} {e.Principal}");
        Assert.Equal(["profiles.create rocketskates", "profiles.delete rocketskates", "contents.create rocketskates",
            "contents.update rocketskates", "contents.delete rocketskates"], seen);
    }

    /// <summary>The pack takes as much as a document may, and one octet more is refused.</summary>
    [Fact]
    public async Task APackAsLargeAsAllowedIsTakenAndShown()
    {
        string Large(int octets)
        {
            var templates = string.Join(',', Enumerable.Range(0, 64).Select(i =>
                $$"""
                "{{_mark}}-{{i}}":{"ID":"{{_mark}}-{{i}}","Contents":"{{new string('x', octets / 64)}}"}
                """.Trim()));
            return Pack(_mark, "1", $$""" "templates":{ {{templates}} } """);
        }

        await ErrorAsync(413, "at most 16777216 octets", "POST", "contents", Large(JsonLimits.Octets + 64));
        await silo.OkAsync("POST", "contents", Large(JsonLimits.Octets - (32 << 10)));
        // One that stalled knows that its view is old.
        foreach (var catalog in Catalogs)
            Assert.Equal(64, (await catalog.ConfirmedAsync(CancellationToken.None)).Packs[_mark].Entries.Count);
        Assert.Equal(64, (await silo.OkAsync("GET", $"contents/{_mark}"))["sections"]!["templates"]!.AsObject().Count);
        await DeleteAsync(_mark);
        var many = string.Join(',', Enumerable.Range(0, 20_001).Select(i => $$""" "a{{i}}":{"Name":"a{{i}}"} """));
        await ErrorAsync(422, "a content pack has at most 20000 objects", "POST", "contents",
            Pack(_mark, "1", $$""" "profiles":{ {{many}} } """));
    }

    [Fact]
    public async Task ABrokenRowIsShownUnavailableAndIsReplacedOrDeleted()
    {
        var (torn, wrong, unruly) = ($"{_mark}-torn", $"{_mark}-wrong", $"{_mark}-unruly");
        await silo.OkAsync("POST", "contents", Pack($"{_mark}-beside", "1", ""));
        foreach (var (name, body) in new[]
        {
            (torn, "no json"), (wrong, $$"""{"meta":{"Name":"{{wrong}}"},"sections":5}"""),
            (unruly, Pack(unruly, "x", $$"""
                "profiles":{"{{_mark}}":{"Name":"{{_mark}}","Params":12},"{{_mark}}-ok":{"Name":"{{_mark}}-ok"} },"racks":{"r":{} }
                """)),
        })
        {
            await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO document (prefix, key, body) VALUES ('contents', '{name}', '{body}')";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await silo.RestartAsync();
        using var answer = await silo.Http.GetAsync(new Uri("contents", UriKind.Relative));
        Assert.Equal($"{torn}, {wrong}", Assert.Single(answer.Headers.GetValues("X-Anvil-Unavailable")));
        var all = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray();
        List<string> WarningsOf(string name) => [.. all.Single(l => l!["meta"]!["Name"]!.ToString() == name)!["Warnings"]!.AsArray()
            .Select(w => w!.ToString())];
        Assert.Contains("cannot be read", Assert.Single(WarningsOf(torn)), StringComparison.Ordinal);
        Assert.Contains("/sections must be an object", Assert.Single(WarningsOf(wrong)), StringComparison.Ordinal);
        Assert.Contains(WarningsOf(unruly),
            w => w.Contains($"/sections/profiles/{_mark}: /Params must be an object", StringComparison.Ordinal));
        Assert.Contains(WarningsOf(unruly), w => w.Contains("there is no kind racks", StringComparison.Ordinal));
        Assert.Contains(WarningsOf(unruly), w => w.Contains("invalid version x", StringComparison.Ordinal));
        await silo.OkAsync("GET", $"contents/{torn}");
        Assert.False((await silo.OkAsync("GET", $"profiles/{_mark}"))["Available"]!.GetValue<bool>());
        Assert.Equal(unruly, (await silo.OkAsync("GET", $"profiles/{_mark}-ok"))["Bundle"]!.ToString());
        await silo.OkAsync("GET", $"contents/{_mark}-beside");

        await silo.OkAsync("PUT", $"contents/{torn}", Pack(torn, "1", ""));
        Assert.Equal("1", (await silo.OkAsync("GET", $"contents/{torn}"))["meta"]!["Version"]!.ToString());
        foreach (var name in new[] { torn, wrong, unruly, $"{_mark}-beside" }) await DeleteAsync(name);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/{_mark}")).Status);
    }

    private static string Pack(string name, string version, string sections)
        => $$"""{"meta":{"Name":"{{name}}","Version":"{{version}}"},"sections":{ {{sections}} } }""";

    private async Task DeleteAsync(string name)
    {
        var (status, body) = await silo.CallAsync("DELETE", $"contents/{name}");
        Assert.True(status == HttpStatusCode.NoContent, $"DELETE contents/{name}: {status} {body}");
    }

    private async Task<JsonNode> ErrorAsync(int status, string message, string method, string path, string? body = null)
    {
        var (answer, error) = await silo.CallAsync(method, path, body);
        Assert.True((int)answer == status, $"{method} {path}: {answer} {error}");
        Assert.Contains(error!["Messages"]!.AsArray(), m => m!.ToString().Contains(message, StringComparison.Ordinal));
        return error;
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleContentTests(SingleSilo silo) : ContentTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterContentTests(SiloCluster silo) : ContentTests(silo), IClassFixture<SiloCluster>;
