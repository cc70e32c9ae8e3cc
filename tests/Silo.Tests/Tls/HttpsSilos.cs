namespace Anvil.Silo.Tests.Tls;

/// <summary>One silo as it is by itself: HTTPS, and plain HTTP from one network that no other test has.</summary>
public sealed class HttpsSilo : SiloFixture
{
    /// <summary>From where plain HTTP is taken.</summary>
    public const string Plain = "127.0.9.0/24";

    protected override Task StartAsync() => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0",
        $"--Silo:PlainApi:0={Plain}");
}

/// <summary>A gateway, a core and an edge.</summary>
public sealed class HttpsCluster(PostgresFixture postgres) : SiloFixture
{
    protected override async Task StartAsync()
    {
        string[] shared = [$"--Silo:Postgres={await postgres.Server.CreateDatabaseAsync()}", "--Silo:ClusterAddress=127.0.0.1",
            "--Edge:TftpPort=0", $"--Silo:PlainApi:0={HttpsSilo.Plain}"];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", $"--Edge:ApiPort={ApiPort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FilePort}"]);
    }
}
