using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Gateway.Sheets;
using Anvil.Provisioning.Access;
using Anvil.Storage;
using Dapper;

namespace Anvil.Silo.Tests;

/// <summary>Params marked Secure: sealed at rest, shown sealed, opened for templates and for who may decode.</summary>
public abstract class SecureParamTests(SiloFixture silo)
{
    private const string Secret = "rosebud-4711";
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
        Assert.Equal(Secret, (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());
        Assert.Equal(Secret, (await silo.CallAsync("GET", path + "?decode=true")).Body!["Params"]![Param]!.ToString());

        // Another change leaves it as it is.
        Assert.Equal(HttpStatusCode.OK,
            (await silo.CallAsync("PATCH", path, """[{"op":"replace","path":"/Description","value":"changed"}]""")).Status);
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{machine["Uuid"]}}"}""")).Body!;
        var actions = (await silo.CallAsync("GET", $"jobs/{job["Uuid"]}/actions?os=linux")).Body!;
        Assert.Equal("the secret is " + Secret, actions[0]!["Content"]!.ToString());
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
        Assert.DoesNotContain(Secret, body!.ToJsonString(), StringComparison.Ordinal);
        (status, body) = await silo.CallAsync("GET", $"machines/{machine["Uuid"]}", client: reader);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.DoesNotContain(Secret, body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotAcceptable, (await silo.CallAsync("GET", $"machines?params.{Param}={Secret}")).Status);
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
            $$$"""{"Name":"{{{_name}}}-p","Params":{"{{{Param}}}":"{{{Secret}}}"}}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.DoesNotContain(Secret, made!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(0, await RowsWithAsync("document", "body"));
        Assert.Equal(Secret, (await silo.CallAsync("GET", $"profiles/{_name}-p/params/{Param}?decode=true")).Body!.ToString());
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
            $$$"""{"Name":"{{{name}}}","Stage":"none","BootEnv":"local","Params":{"{{{Param}}}":"{{{Secret}}}"}}""");
        var path = $"machines/{machine!["Uuid"]}";
        await silo.CallAsync("PATCH", $"params/{Param}", """[{"op":"replace","path":"/Secure","value":true}]""");

        var sheet = await silo.Http.GetByteArrayAsync($"machines/export?format={format}");
        Assert.DoesNotContain(Secret, string.Join('\n', SheetReader.Read(sheet).Rows.SelectMany(r => r.Cells)), StringComparison.Ordinal);
        var (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name},other\n"));
        Assert.Equal(1, report["Updated"]!.GetValue<int>());
        Assert.DoesNotContain(Secret, report.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("other", (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());

        var own = SheetReader.Read(sheet);
        var row = own.Rows.First(r => r.Cells[0] == name).Cells;
        var cell = row[own.Header.ToList().IndexOf($"param:{Param}")].Replace("\"", "\"\"", StringComparison.Ordinal);
        (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name},\"{cell}\"\n"));
        Assert.Equal((1, 0), (report["Updated"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        Assert.Equal(Secret, (await silo.CallAsync("GET", $"{path}/params/{Param}?decode=true")).Body!.ToString());
        (_, report) = await ImportAsync(Encoding.UTF8.GetBytes($"Name,param:{Param}\n{name}-2,\"{cell}\"\n"));
        Assert.Equal(1, report["Failed"]!.GetValue<int>());
        Assert.Contains("sealed for another machine", report["Problems"]![0]!["Message"]!.ToString(), StringComparison.Ordinal);
    }

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
            "Params":{"{{{Param}}}":"{{{Secret}}}"}}
            """);
        Assert.Equal(HttpStatusCode.Created, status);
        return machine!;
    }

    private async Task<long> RowsWithAsync(string table, string column)
    {
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table} WHERE CAST({column} AS TEXT) LIKE @pattern",
            new { pattern = $"%{Secret}%" });
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleSecureParamTests(SingleSilo silo) : SecureParamTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterSecureParamTests(SiloCluster silo) : SecureParamTests(silo), IClassFixture<SiloCluster>;
