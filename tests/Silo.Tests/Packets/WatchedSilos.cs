using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Packets;

/// <summary>Silos whose packets are watched.</summary>
public abstract class WatchedSilos : SiloFixture
{
    /// <summary>What is seen of them.</summary>
    public PacketWatch Watch { get; } = new();

    /// <summary>Numbers of the silos that are edges.</summary>
    public abstract IReadOnlyList<int> Edges { get; }

    protected override void Change(IServiceCollection services) => Watch.Attach(services);
}

/// <summary>One silo with every role, on SQLite.</summary>
public sealed class WatchedSilo : WatchedSilos
{
    public override IReadOnlyList<int> Edges { get; } = [0];

    protected override Task StartAsync() => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0");
}

/// <summary>A gateway, a core and two edges on PostgreSQL.</summary>
public sealed class WatchedCluster(PostgresFixture postgres) : WatchedSilos
{
    public override IReadOnlyList<int> Edges { get; } = [2, 3];

    protected override async Task StartAsync()
    {
        string[] shared = [$"--Silo:Postgres={await postgres.Server.CreateDatabaseAsync()}", "--Silo:ClusterAddress=127.0.0.1",
            "--Edge:TftpPort=0"];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", $"--Edge:ApiPort={ApiPort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FilePort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FreePort()}"]);
    }
}
