using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Anvil.Silo.Tests.Webhooks;

/// <summary>Silos that deliver to this host alone, and do not wait for long.</summary>
public abstract class WebhookFixture : SiloFixture
{
    /// <summary>Attempts before a delivery is a dead letter.</summary>
    public const int Attempts = 4;

    /// <summary>Events of one delivery.</summary>
    public const int BatchEvents = 10;

    /// <summary>Settings.</summary>
    protected static string[] Shared { get; } =
    [
        "--Webhooks:Networks:0=127.0.0.1/32", "--Webhooks:PollSeconds=0.1", "--Webhooks:RetrySeconds=0.05",
        "--Webhooks:LongestRetrySeconds=0.2", $"--Webhooks:Attempts={Attempts}", $"--Webhooks:BatchEvents={BatchEvents}",
        "--Webhooks:TimeoutSeconds=60",
    ];
}

/// <summary>One silo on SQLite.</summary>
public sealed class WebhookSilo : WebhookFixture
{
    protected override Task StartAsync()
        => AddAsync([.. Shared, $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}"]);
}

/// <summary>A gateway, and two cores that deliver, on PostgreSQL.</summary>
public sealed class WebhookCluster(PostgresFixture postgres) : WebhookFixture
{
    protected override async Task StartAsync()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        string[] shared = [.. Shared, $"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1", "--Edge:FilePort=0"];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", $"--Edge:ApiPort={ApiPort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
    }

    /// <summary>No webhooks are made before each silo knows that the others know them.</summary>
    protected override Task MeetAsync() => Support.Wait.UntilAsync(
        () => Task.FromResult(Silos.All(s => OthersOf(s.Services.GetRequiredService<ISiloStatusOracle>()) >= Silos.Count - 1
            && s.Services.GetRequiredService<EverySilo>().Has(SiloTraits.Webhooks))),
        TimeSpan.FromMinutes(2), () => "a silo does not know of another what it is");

    private static int OthersOf(ISiloStatusOracle oracle)
        => oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Count(s => !s.Equals(oracle.SiloAddress));
}
