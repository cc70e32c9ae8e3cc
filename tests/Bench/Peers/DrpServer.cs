using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Bench.Peers;

/// <summary>DRP's server (dr-provision v3.13): directory store, API by HTTPS, everything else off.</summary>
internal sealed class DrpServer(NetworkNamespace host, string folder, string program) : Service(host, folder, "DRP")
{
    private const int ApiPort = 8192;

    /// <summary>A client with the first user's token, over HTTP/1.1.</summary>
    public async Task<HttpClient> ApiAsync(CancellationToken cancellation)
    {
        var http = Host.Http(new Uri($"https://127.0.0.1:{ApiPort}/api/v3/"));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes("rocketskates:r0cketsk8ts")));
        // Each password costs 50 ms of scrypt.
        var text = await http.GetStringAsync(new Uri("users/rocketskates/token?ttl=28800", UriKind.Relative), cancellation);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"{JsonNode.Parse(text)!["Token"]}");
        return http;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command() =>
    [
        program, $"--base-root={Folder}/drp", $"--backend=directory://{Folder}/drp/digitalrebar", $"--api-port={ApiPort}",
        "--static-port=8191",
        "--metrics-port=8190", "--static-ip=127.0.0.1", "--disable-dhcp", "--disable-tftp", "--disable-pxe", "--local-content=",
        "--default-content=",
    ];

    /// <inheritdoc/>
    protected override async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        if (!ListensOnTcp(ApiPort) || !LogEnd().Contains("Starting API server", StringComparison.Ordinal)) return false;
        try
        {
            using var http = await ApiAsync(cancellation);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
