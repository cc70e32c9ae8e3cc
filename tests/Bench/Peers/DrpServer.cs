namespace Anvil.Bench.Peers;

/// <summary>DRP's server (dr-provision v3.13): directory store, API by HTTPS, everything else off.</summary>
internal sealed class DrpServer(NetworkNamespace host, string folder, string program) : Service(host, folder, "DRP")
{
    private const int ApiPort = 8192;

    /// <summary>A client with the first user's token, over HTTP/1.1.</summary>
    public Task<HttpClient> ApiAsync(CancellationToken cancellation)
        => Api.LogInAsync(Host, $"https://127.0.0.1:{ApiPort}/api/v3/", "rocketskates", "r0cketsk8ts", cancellation);

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
