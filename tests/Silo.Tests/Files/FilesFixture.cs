using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Files;

/// <summary>Silos whose edges have file roots of their own.</summary>
public abstract class FilesFixture : SiloFixture
{
    /// <summary>Ports of boot HTTP, and the file root of each edge.</summary>
    public abstract IReadOnlyList<(int Port, string Root)> Edges { get; }

    /// <summary>Ports of the API that people are answered at.</summary>
    public abstract IReadOnlyList<int> Gateways { get; }

    /// <summary>Sends octets.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(string path, byte[] octets, HttpClient? client = null,
        string type = "application/octet-stream")
    {
        using var content = new ByteArrayContent(octets);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await (client ?? Http).PostAsync(path, content);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>A boot file of an edge; null where it has none.</summary>
    public static async Task<byte[]?> BootFileAsync(int port, string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync($"http://127.0.0.1:{port}/{path}");
        return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync() : null;
    }
}

/// <summary>One silo on SQLite.</summary>
public sealed class FilesSilo : FilesFixture
{
    public override IReadOnlyList<(int Port, string Root)> Edges => [(FilePort, Files)];

    public override IReadOnlyList<int> Gateways => [ApiPort];

    protected override Task StartAsync()
        => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");
}

/// <summary>Three silos on PostgreSQL: a gateway that is no edge, one that is, and an edge that is no gateway.</summary>
public sealed class FilesCluster : FilesFixture
{
    private readonly PostgresFixture _postgres;
    private readonly int _secondApi;
    private readonly int _secondFile;

    public FilesCluster(PostgresFixture postgres)
        => (_postgres, _secondApi, _secondFile) = (postgres, FreePort(), FreePort());

    public override IReadOnlyList<(int Port, string Root)> Edges => [(_secondFile, Files + "-b"), (FilePort, Files + "-c")];

    public override IReadOnlyList<int> Gateways => [ApiPort, _secondApi];

    protected override async Task StartAsync()
    {
        var database = await _postgres.Server.CreateDatabaseAsync();
        string[] shared = [$"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1"];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", "--Silo:Roles:1=core", $"--Edge:ApiPort={ApiPort}", "--Edge:FilePort=0"]);
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", "--Silo:Roles:1=edge", $"--Edge:ApiPort={_secondApi}",
            $"--Edge:FilePort={_secondFile}", $"--Edge:TftpPort={FreePort()}", $"--Edge:FileRoot={Edges[0].Root}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FilePort}",
            $"--Edge:TftpPort={TftpPort}", $"--Edge:FileRoot={Edges[1].Root}"]);
    }
}
