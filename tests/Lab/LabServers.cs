namespace Anvil.Lab;

/// <summary>What serves a lab's network: one silo on SQLite, or a cluster on PostgreSQL.</summary>
public sealed class LabServers : IAsyncDisposable
{
    private readonly string _folder;

    private LabServers(string folder) => _folder = folder;

    /// <summary>The silos.</summary>
    public IList<SiloProcess> Silos { get; } = [];

    /// <summary>The cluster's database; null for a silo alone.</summary>
    public PostgresServer? Postgres { get; private set; }

    /// <summary>Connection string of the cluster's database.</summary>
    public string Database { get; private set; } = "";

    /// <summary>The API, by whichever gateway answers.</summary>
    public LabApi Api { get; private set; } = null!;

    /// <summary>Address of the first server on the machines' network.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The silos with a role.</summary>
    public IReadOnlyList<SiloProcess> Of(string role) => [.. Silos.Where(s => s.Name.StartsWith(role, StringComparison.Ordinal))];

    /// <summary>One silo with every role.</summary>
    public static async Task<LabServers> StartSingleAsync(LabNetwork network, string folder, IEnumerable<string> arguments,
        string? clock = null)
    {
        var host = network.AddHost("srv", 1, 1);
        var servers = new LabServers(folder) { Address = host.MachineAddress };
        servers.Silos.Add(
            new SiloProcess(host, "silo", folder,
                [$"--Edge:Interfaces:0={host.Interface}", $"--Edge:FileRoot={LabPaths.Files}", "--Edge:RouterAdvertisements=true",
                    .. arguments])
            { Clock = clock });
        return await servers.StartAsync();
    }

    /// <summary>PostgreSQL, two cores, two edges and gateways, each in a namespace of its own.</summary>
    /// <param name="network">The lab's network.</param>
    /// <param name="folder">Folder of logs and data.</param>
    /// <param name="gateways">How many gateways.</param>
    /// <param name="program">The silo's program.</param>
    /// <param name="arguments">Further arguments of every silo; they go before those made here.</param>
    public static async Task<LabServers> StartClusterAsync(LabNetwork network, string folder, int gateways, string program,
        IEnumerable<string> arguments)
    {
        var postgres = await PostgresServer.StartNewAsync();
        var servers = new LabServers(folder) { Postgres = postgres };
        try
        {
            servers.Database = await postgres.CreateDatabaseAsync();
            string[] shared = [$"--Silo:Postgres={servers.Database}", "--Silo:SiloPort=11111"];
            void Add(string role, int number, LabHost host, params string[] own)
                => servers.Silos.Add(
                    new SiloProcess(host, $"{role}{number}", folder,
                        [.. shared, $"--Silo:Roles:0={role}", $"--Silo:ClusterAddress={host.ManagementAddress}", .. own,
                            .. arguments])
                    { Program = program });
            for (var i = 1; i <= 2; i++) Add("core", i, network.AddHost($"core{i}", null, 10 + i));
            for (var i = 1; i <= gateways; i++) Add("gateway", i, network.AddHost($"gw{i}", 10 + i, 30 + i));
            var api = servers.Of("gateway")[0].Host.MachineAddress;
            for (var i = 1; i <= 2; i++)
            {
                var host = network.AddHost($"edge{i}", i, 20 + i);
                // With one gateway, machines use that; with several there is no balancer here, and each edge answers its machines itself.
                Add("edge", i, host, $"--Edge:Interfaces:0={host.Interface}", $"--Edge:FileRoot={LabPaths.Files}",
                    "--Edge:RouterAdvertisements=true", $"--Edge:ApiAddress={(gateways == 1 ? api : "")}");
                if (i == 1) servers.Address = host.MachineAddress;
            }

            return await servers.StartAsync();
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos) await silo.DisposeAsync();
        Api?.Dispose();
        if (Postgres is not null) await Postgres.DisposeAsync();
    }

    private async Task<LabServers> StartAsync()
    {
        Directory.CreateDirectory(_folder);
        Api = new LabApi(
            [.. Silos.Where(s => s.Name.StartsWith("gateway", StringComparison.Ordinal) || s.Name == "silo").Select(s => s.ApiSocket)]);
        foreach (var silo in Silos) silo.Launch();
        foreach (var silo in Silos) await silo.ReadyAsync();
        return this;
    }
}
