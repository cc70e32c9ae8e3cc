using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Gateway.Sheets;
using Anvil.Grains.Secrets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Storage;
using Dapper;

namespace Anvil.Silo.Tests;

/// <summary>Params marked Secure: sealed at rest, shown sealed, opened for templates and for who may decode.</summary>
public abstract class SecureParamTests(SiloFixture silo)
{
    /// <summary>One of the test's own: what another one stores, or left there, says nothing.</summary>
    private readonly string _secret = $"rosebud-{Guid.NewGuid():N}";
    private readonly string _name = $"secure-{Guid.NewGuid():N}"[..20];

    private string Param => "walk/" + _name;

    [Fact]
    public async Task AValueIsSealedAtRestAndOpenedForItsMachine()
    {
        var machine = await PrepareAsync();
        var path = $"machines/{machine["Uuid"]}";
        Assert.Equal(["Key", "Nonce", "Payload"],
            ((JsonObject)machine["Params"]![Param]!).Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal(0, await RowsWithAsync("machine", "document"));
        Assert.Equal(_secret, (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());
        Assert.Equal(_secret, (await silo.CallAsync("GET", path + "?decode=true")).Body!["Params"]![Param]!.ToString());

        // Another change leaves it as it is.
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", path, """[{"op":"replace","path":"/Description","value":"changed"}]""")).Status);
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{machine["Uuid"]}}"}""")).Body!;
        var actions = (await silo.CallAsync("GET", $"jobs/{job["Uuid"]}/actions?os=linux")).Body!;
        Assert.Equal("the secret is " + _secret, actions[0]!["Content"]!.ToString());
    }

    /// <summary>Who opened which secret of which machine by what is in its timeline, once for a request; no value is.</summary>
    [Fact]
    public async Task WhoOpensASecretIsWrittenDown()
    {
        var uuid = (await PrepareAsync())["Uuid"]!.ToString();
        async Task<List<JsonNode>> LinesAsync()
            => [.. ((JsonArray)await OkAsync("GET", $"machines/{uuid}/timeline")).Select(l => l!)
                .Where(l => l["Source"]!.ToString() == "secret")];

        // Neither reads what is sealed nor refusals open any.
        await OkAsync("GET", $"machines/{uuid}");
        using var reader = await LimitedAsync("machines", "get,list");
        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", $"machines/{uuid}?decode=true", client: reader)).Status);
        Assert.Empty(await LinesAsync());

        for (var i = 0; i < 3; i++) await OkAsync("GET", $"machines/{uuid}?decode=true");
        await OkAsync("GET", $"machines/{uuid}/params/{Param}?decode=true");
        var job = (await OkAsync("POST", "jobs", $$"""{"Machine":"{{uuid}}"}"""))["Uuid"]!.ToString();
        await OkAsync("GET", $"jobs/{job}/actions");
        List<JsonNode> lines = [];
        await Wait.UntilAsync(
            async () => (lines = await LinesAsync()).Exists(l => Detail(l).StartsWith("actions of job", StringComparison.Ordinal)),
            Patience, () => $"no line tells of the job's actions: {string.Join('\n', lines.Select(l => l.ToJsonString()))}");
        string Detail(JsonNode line) => line["Detail"]!.ToString();
        Assert.All(lines,
            l => Assert.Equal(($"opened {Param}", "by user rocketskates"), (l["What"]!.ToString(), l["Outcome"]!.ToString())));
        // Three silos of a cluster count each for themselves.
        var whole = lines.Count(l => Detail(l).StartsWith($"GET /api/v3/machines/{uuid}", StringComparison.Ordinal)
            && !Detail(l).Contains("/params/", StringComparison.Ordinal));
        Assert.InRange(whole, 1, silo.Silos.Count);
        Assert.Contains(lines, l => Detail(l).StartsWith($"GET /api/v3/machines/{uuid}/params/", StringComparison.Ordinal));
        Assert.Contains(lines, l => Detail(l) == $"actions of job {job}, task {_name}");
        Assert.DoesNotContain(_secret, string.Join('\n', lines.Select(l => l.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnlyWhoMayDecodeSeesIt()
    {
        var machine = await PrepareAsync();
        var token = (await silo.CallAsync("GET",
            "users/rocketskates/token?scope=machines&action=get,list&specific=*")).Body!["Token"]!.ToString();
        using var reader = silo.Client(token);
        var (status, body) = await silo.CallAsync("GET", $"machines/{machine["Uuid"]}?decode=true", client: reader);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.DoesNotContain(_secret, body!.ToJsonString(), StringComparison.Ordinal);
        (status, body) = await silo.CallAsync("GET", $"machines/{machine["Uuid"]}", client: reader);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.DoesNotContain(_secret, body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", $"machines?params.{Param}={_secret}")).Status);
    }

    [Fact]
    public async Task AClientSealsByTheObjectsKey()
    {
        var machine = await PrepareAsync();
        var path = $"machines/{machine["Uuid"]}";
        var key = Convert.FromBase64String((await silo.CallAsync("GET", path + "/pubkey")).Body!.ToString());
        var value = SecureParams.Seal(JsonSerializer.SerializeToElement("sealed by a client"), BoxPublicKey.Of(key));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("POST", $"{path}/params/{Param}", value.GetRawText())).Status);
        Assert.Equal("sealed by a client", (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());
    }

    [Fact]
    public async Task AProfilesValueIsSealedAsWell()
    {
        await PrepareAsync();
        var (status, made) = await silo.CallAsync("POST", "profiles",
            $$$"""{"Name":"{{{_name}}}-p","Params":{"{{{Param}}}":"{{{_secret}}}"}}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.DoesNotContain(_secret, made!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await RowsWithAsync("document", "body"));
        Assert.Equal(_secret, (await silo.CallAsync("GET", $"profiles/{_name}-p/params/{Param}?decode=true")).Body!.ToString());
    }

    /// <summary>
    /// A sheet is no way around: it shows what is secure sealed, also what was stored before its param was secure, and a sealed cell is
    /// the value that was sealed, of its own machine alone.
    /// </summary>
    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    public async Task ASheetHoldsItSealedAndBringsItBack(string format)
    {
        var name = $"{_name.TrimEnd('-')}-s";
        await silo.CallAsync("POST", "params", $$$"""{"Name":"{{{Param}}}","Schema":{"type":"string"}}""");
        var (_, machine) = await silo.CallAsync("POST", "machines",
            $$$"""{"Name":"{{{name}}}","Stage":"none","BootEnv":"local","Params":{"{{{Param}}}":"{{{_secret}}}"}}""");
        var path = $"machines/{machine!["Uuid"]}";
        await silo.CallAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]""");

        var sheet = await silo.Http.GetByteArrayAsync($"machines/export?format={format}");
        Assert.DoesNotContain(_secret, string.Join('\n', SheetReader.Read(sheet).Rows.SelectMany(r => r.Cells)), StringComparison.Ordinal);
        var (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name},other\n"));
        Assert.Equal(1, report["Updated"]!.GetValue<int>());
        Assert.DoesNotContain(_secret, report.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("other", (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());

        var own = SheetReader.Read(sheet);
        var row = own.Rows.First(r => r.Cells[0] == name).Cells;
        var cell = row[own.Header.ToList().IndexOf($"param:{Param}")].Replace("\"", "\"\"", StringComparison.Ordinal);
        (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name},\"{cell}\"\n"));
        Assert.Equal((1, 0), (report["Updated"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        Assert.Equal(_secret, (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());
        (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name}-2,\"{cell}\"\n"));
        Assert.Equal(1, report["Failed"]!.GetValue<int>());
        Assert.Contains("sealed for another machine", report["Problems"]![0]!["Message"]!.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Values that are in clear where they are stored (content packs', those from before the mark) are as secret as sealed
    /// ones.</summary>
    [Fact]
    public async Task WhoMayNotOpenItIsShownNoJobsActionsWithIt()
    {
        // Other tests look for theirs in whatever there is.
        const string Late = "citizen-1941";
        var name = _name.TrimEnd('-');
        await OkAsync("POST", "params", $$"""{"Name":"{{Param}}"}""");
        await OkAsync("POST", "stages", $$"""{"Name":"{{name}}","BootEnv":"local","Params":{"{{Param}}":"{{Late}}"} }""");
        foreach (var (task, text) in new[] { ("p", $$$"""{{.Param \"{{{Param}}}\"}}"""), ("s", "{{.Stage.Params | toJson}}"),
            ("m", "{{.Machine.Params | toJson}}") })
        {
            await OkAsync("POST", "tasks", $$"""{"Name":"{{name}}-{{task}}","Templates":[{"Name":"t","Contents":"{{text}}"}]}""");
            var machine = (await OkAsync("POST", "machines",
                $$"""
                {"Name":"{{name}}-{{task}}","Stage":"{{name}}","BootEnv":"local","Tasks":["{{name}}-{{task}}"],
                "Params":{"{{Param}}":"{{Late}}"} }
                """))["Uuid"];
            var job = (await OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))["Uuid"];
            await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]""");
            using var narrow = await LimitedAsync("jobs", "get,actions");
            var (status, shown) = await silo.CallAsync("GET", $"jobs/{job}/actions", client: narrow);
            Assert.Equal(task == "p" ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK, status);
            Assert.DoesNotContain(Late, shown!.ToJsonString(), StringComparison.Ordinal);
            // What renders values as they are stored renders them sealed, as soon as they are.
            if (task == "p")
                Assert.Contains(Late, (await OkAsync("GET", $"jobs/{job}/actions")).ToJsonString(), StringComparison.Ordinal);
            await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":false}]""");
        }
    }

    [Fact]
    public async Task TheMarkIsTakenAwayByWhoMayOpenAll()
    {
        await OkAsync("POST", "params", $$"""{"Name":"{{Param}}","Secure":true}""");
        using var narrow = await LimitedAsync("params", "*");
        foreach (var (method, body) in new[]
        {
            ("PATCH", """[{"op":"replace","path":"/Secure","value":false}]"""), ("PATCH", """[{"op":"remove","path":"/Secure"}]"""),
            ("PATCH", """[{"op":"move","from":"/Secure","path":"/ReadOnly"}]"""),
            ("PATCH", $$"""[{"op":"replace","path":"","value":{"Name":"{{Param}}"} }]"""), ("PUT", $$"""{"Name":"{{Param}}"}"""),
            ("DELETE", ""),
        })
        {
            var (status, refused) = await silo.CallAsync(method, $"params/{Param}", body.Length > 0 ? body : null, narrow);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {body}: {status} {refused}");
            Assert.Contains("profiles getSecure *", refused!.ToJsonString(), StringComparison.Ordinal);
        }

        await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Description","value":"x"}]""", narrow);
        await OkAsync("PUT", $"params/{Param}", $$"""{"Name":"{{Param}}","Secure":true,"Description":"y"}""", narrow);
        using var opener = await LimitedAsync("params,machines,profiles,stages", "update,delete,getSecure,get");
        await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":false}]""", opener);
        await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]""", narrow);
        await OkAsync("DELETE", $"params/{Param}", null, opener);
    }

    /// <summary>Every machine reads definitions: a secret in one is refused, and one that is there already is not shown.</summary>
    [Fact]
    public async Task ADefinitionHoldsNoSecret()
    {
        // Not the one that is looked for in the whole database.
        const string Default = "orchid-0815";
        var schema = $$"""{"type":"string","default":"{{Default}}"}""";
        var secure = $$"""{"Name":"{{Param}}","Secure":true,"Schema":{{schema}} }""";
        await OkAsync("POST", "params", $$"""{"Name":"{{Param}}","Schema":{{schema}} }""");
        foreach (var (method, path, body) in new[]
        {
            ("POST", "params", secure.Replace("\",\"Secure", "-new\",\"Secure", StringComparison.Ordinal)),
            ("PUT", $"params/{Param}", secure),
            ("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]"""),
        })
        {
            var (status, refused) = await silo.CallAsync(method, path, body);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
            Assert.DoesNotContain(Default, refused!.ToJsonString(), StringComparison.Ordinal);
        }

        // One from before it was refused.
        var store = silo.Service<ICatalogStore>();
        var old = new Param { Name = Param + "-old", Secure = true, Schema = JsonElement.Parse(schema) } with
        {
            Validated = true,
            Available = true,
        };
        long? written = null;
        while (written is null)
            written = await store.WriteAsync(await store.RevisionAsync(CancellationToken.None),
                [new CatalogChange("params", old.Name, old) { IsNew = true }], "", CancellationToken.None);
        await silo.Service<ICatalog>().AtLeastAsync(written.Value, CancellationToken.None);
        using var narrow = await LimitedAsync("params", "get,list,update");
        foreach (var path in new[] { $"params/{old.Name}", $"params?Name={old.Name}" })
        {
            var (status, shown) = await silo.CallAsync("GET", path, client: narrow);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.DoesNotContain(Default, shown!.ToJsonString(), StringComparison.Ordinal);
            Assert.Contains("\"Payload\"", shown.ToJsonString(), StringComparison.Ordinal);
            Assert.Contains(Default, (await OkAsync("GET", path)).ToJsonString(), StringComparison.Ordinal);
        }

        foreach (var patch in new[]
        {
            """[{"op":"copy","from":"/Schema/default","path":"/Description"},{"op":"remove","path":"/Schema/default"}]""",
            """[{"op":"test","path":"/Schema/default","value":"x"},{"op":"remove","path":"/Schema/default"}]""",
        })
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("PATCH", $"params/{old.Name}", patch, narrow)).Status);
        await OkAsync("PATCH", $"params/{old.Name}", """[{"op":"remove","path":"/Schema/default"}]""");
    }

    /// <summary>What was in clear before its param was marked is sealed where it is, in every row that has it.</summary>
    [Fact]
    public async Task WhatWasInClearBeforeTheMarkIsSealed()
    {
        var early = $"early-{_name}-4711";
        var name = _name.TrimEnd('-');
        var values = $$"""{"{{Param}}":"{{early}}","walk/plain-{{name}}":"stays"}""";
        await OkAsync("POST", "params", $$"""{"Name":"{{Param}}"}""");
        await OkAsync("POST", "profiles", $$"""{"Name":"{{name}}","Params":{{values}} }""");
        await OkAsync("POST", "stages", $$"""{"Name":"{{name}}","Params":{{values}} }""");
        var uuid = (await OkAsync("POST", "machines",
            $$"""{"Name":"{{name}}-e","Stage":"none","BootEnv":"local","Params":{{values}} }"""))["Uuid"];
        Assert.True(await AllRowsWithAsync(early) >= 3, "the rows in clear are not found: the test says nothing");
        await OkAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]""");
        await SealedAsync(early);
        foreach (var path in new[] { $"profiles/{name}", $"stages/{name}", $"machines/{uuid}" })
        {
            Assert.Equal(early, (await OkAsync("GET", $"{path}/params/{Param}?decode=true")).ToString());
            Assert.Equal("stays", (await OkAsync("GET", $"{path}/params/walk/plain-{name}")).ToString());
        }

        // Once more: there is nothing to do, and nothing is written.
        var before = (await OkAsync("GET", $"machines/{uuid}")).ToJsonString();
        await Wait.UntilAsync(() => silo.Service<SealingService>().SealAsync(CancellationToken.None), Patience, () => "it seals for ever");
        Assert.Equal(before, (await OkAsync("GET", $"machines/{uuid}")).ToJsonString());
    }

    /// <summary>A version that did not seal has written it: it is sealed at the next start.</summary>
    [Fact]
    public async Task WhatAnOlderVersionWroteInClearIsSealedAtTheNextStart()
    {
        var early = $"older-{_name}-4711";
        await OkAsync("POST", "params", $$"""{"Name":"{{Param}}","Secure":true}""");
        var store = silo.Service<ICatalogStore>();
        var profile = new Profile
        {
            Name = _name.TrimEnd('-') + "-o",
            Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [Param] = JsonSerializer.SerializeToElement(early) },
            Validated = true,
            Available = true,
        };
        long? written = null;
        while (written is null)
            written = await store.WriteAsync(await store.RevisionAsync(CancellationToken.None),
                [new CatalogChange(profile.Prefix, profile.Name, profile) { IsNew = true }], "", CancellationToken.None);
        // A round that had begun with the new mark may seal it before; else the next start does.
        await silo.RestartAsync();
        await SealedAsync(early);
        Assert.Equal(early, (await OkAsync("GET", $"profiles/{profile.Name}/params/{Param}?decode=true")).ToString());
    }

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private async Task SealedAsync(string text)
    {
        long rows = 0;
        await Wait.UntilAsync(async () => (rows = await AllRowsWithAsync(text)) == 0, Patience, () => $"{rows} rows hold the text still");
    }

    /// <summary>Rows of any table that hold a text, as it is or as octets.</summary>
    private async Task<long> AllRowsWithAsync(string text)
    {
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        var isSqlite = silo.Service<Database>() is Storage.Sqlite.SqliteDatabase;
        var columns = await connection.QueryAsync<(string Table, string Column)>(isSqlite
            ? "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
            : "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'");
        var rows = 0L;
        foreach (var (table, column) in columns)
        {
            var value = isSqlite ? $"CAST(\"{column}\" AS TEXT)" : $"\"{column}\"::text";
            rows += await connection.ExecuteScalarAsync<long>(
                $"SELECT count(*) FROM \"{table}\" WHERE {value} LIKE @text OR {value} LIKE @octets",
                new { text = $"%{text}%", octets = $"%{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}%" });
        }

        return rows;
    }

    private Task<JsonNode> OkAsync(string method, string path, string? body = null, HttpClient? client = null)
        => silo.OkAsync(method, path, body, client);

    private Task<HttpClient> LimitedAsync(string scope, string action)
        => silo.LimitedAsync($"scope={scope}&action={action}&specific=*");

    private async Task<(HttpStatusCode Status, JsonNode Body)> ImportAsync(byte[] sheet)
    {
        using var content = new ByteArrayContent(sheet);
        using var response = await silo.Http.PostAsync("machines/import", content);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<JsonNode> PrepareAsync()
    {
        await silo.CallAsync("POST", "params", $$$"""{"Name":"{{{Param}}}","Secure":true,"Schema":{"type":"string"}}""");
        await silo.CallAsync("POST", "tasks",
            $$$$"""{"Name":"{{{{_name}}}}","Templates":[{"Name":"t","Contents":"the secret is {{.Param \"{{{{Param}}}}\"}}"}]}""");
        var (status, machine) = await silo.CallAsync("POST", "machines",
            $$$"""
            {"Name":"{{{_name.TrimEnd('-')}}}","Stage":"none","BootEnv":"local","Tasks":["{{{_name}}}"],
            "Params":{"{{{Param}}}":"{{{_secret}}}"}}
            """);
        Assert.Equal(HttpStatusCode.Created, status);
        return machine!;
    }

    private async Task<long> RowsWithAsync(string table, string column)
    {
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE @pattern",
            new { pattern = $"%{_secret}%" });
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleSecureParamTests(SingleSilo silo) : SecureParamTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterSecureParamTests(SiloCluster silo) : SecureParamTests(silo), IClassFixture<SiloCluster>;
