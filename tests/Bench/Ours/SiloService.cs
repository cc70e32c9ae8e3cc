using Anvil.Support;

namespace Anvil.Bench.Ours;

/// <summary>The silo's program as deploy/setup builds it, alone on SQLite, all roles, with all its ports.</summary>
/// <param name="host">Where it runs.</param>
/// <param name="folder">Folder for its folder.</param>
/// <param name="arguments">Further arguments.</param>
/// <param name="data">Data to begin with, which are copied; null: none.</param>
internal sealed class SiloService(NetworkNamespace host, string folder, IReadOnlyList<string>? arguments = null, string? data = null)
    : Service(host, folder, "Anvil")
{
    /// <summary>Port of boot HTTP.</summary>
    public const int FilePort = 8091;

    /// <summary>Port of the API.</summary>
    public const int ApiPort = 8092;

    private const string Password = "bench-password";
    private const int SiloPort = 11_111;

    private readonly string _program = Path.Combine(BenchOptions.Repository, "artifacts", "silo", "anvil-silo");

    /// <summary>DHCP, and no bounds of one relay and one port: perfdhcp is one relay that floods, which no other bound is for.</summary>
    public static IReadOnlyList<string> OneRelay { get; } =
        ["--Edge:Interfaces:0=eth0", "--Edge:DhcpPerRelay=0", "--Edge:DhcpPerPort=0"];

    /// <summary>The same without probes: the peers send none either.</summary>
    public static IReadOnlyList<string> NoProbe { get; } = [.. OneRelay, "--Edge:ProbeMilliseconds=0"];

    /// <summary>Its number among the silos of its cluster; those beyond the first are cores alone.</summary>
    public int Number { get; init; }

    /// <summary>True when it began with data, a subnet among them.</summary>
    public bool HasData => data is not null;

    /// <summary>Folder of its data.</summary>
    public string DataFolder => Path.Combine(Folder, "data");

    /// <summary>Folder of its boot files.</summary>
    public string Files => Path.Combine(Folder, "files");

    /// <summary>A client of the API with the first user's token.</summary>
    public Task<HttpClient> ApiAsync(CancellationToken cancellation)
        => Api.LogInAsync(Host, $"http://127.0.0.1:{ApiPort}/api/v3/", "rocketskates", Password, cancellation);

    /// <summary>Makes the subnet of all clients.</summary>
    public async Task AddSubnetAsync(CancellationToken cancellation)
    {
        using var http = await ApiAsync(cancellation);
        await Api.SendAsync(http, "POST", "subnets", $$"""
            {"Name":"bench","Subnet":"{{Link.Subnet}}","Enabled":true,"ActiveStart":"{{Link.PoolFirst}}","ActiveEnd":"{{Link.PoolLast}}",
             "ActiveLeaseTime":14400}
            """, cancellation);
    }

    /// <summary>Makes its folders, with the data that it begins with.</summary>
    public void Copy()
    {
        Directory.CreateDirectory(Files);
        if (data is not null && !Directory.Exists(DataFolder)) Commands.Run("cp", "-a", data, DataFolder);
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        if (!File.Exists(_program)) throw new SetupException($"{_program} is missing: deploy/setup --silo-only builds it");
        Copy();
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Command() =>
    [
        _program, $"--Silo:DataFolder={DataFolder}", $"--Silo:AdminPassword={Password}", "--Silo:PlainApi:0=loopback",
        $"--Edge:FileRoot={Files}", .. arguments ?? [],
        .. Number == 0 ? Array.Empty<string>()
            : ["--Silo:Roles:0=core", $"--Silo:SiloPort={SiloPort + Number}", $"--Edge:ApiPort={ApiPort + Number}"],
    ];

    /// <inheritdoc/>
    protected override async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        using var http = Host.Http(new Uri($"http://127.0.0.1:{ApiPort + Number}/"));
        try
        {
            using var answer = await http.GetAsync(new Uri("readyz", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
