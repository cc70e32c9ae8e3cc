using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests;

/// <summary>
/// Two clusters upon one database know nothing of each other: each has its own activation of every grain, which is what a
/// cluster torn in two would have. What one writes, the other must not undo.
/// </summary>
public sealed class TornCluster(PostgresFixture postgres) : SiloFixture
{
    /// <summary>Port of the other half's API.</summary>
    public int OtherApiPort { get; private set; }

    protected override async Task StartAsync()
    {
        OtherApiPort = FreePort();
        var database = await postgres.Server.CreateDatabaseAsync();
        await AddAsync($"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1", "--Silo:Cluster=one", $"--Edge:ApiPort={ApiPort}",
            $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");
        await AddAsync($"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1", "--Silo:Cluster=two",
            $"--Edge:ApiPort={OtherApiPort}", $"--Edge:FilePort={FreePort()}", "--Edge:TftpPort=0");
    }
}

/// <summary>Stale activations of machines and subnets.</summary>
public sealed class FenceTests(TornCluster silos) : IClassFixture<TornCluster>
{
    [Fact]
    public async Task AStaleMachineUndoesNothing()
    {
        using var other = OtherHalf();
        var made = (await silos.CallAsync("POST", "machines", """{"Name":"torn","BootEnv":"local"}""")).Body!;
        var path = $"machines/{made["Uuid"]}";
        // Both halves have the machine in memory now.
        Assert.Equal(HttpStatusCode.OK, (await silos.CallAsync("GET", path, client: other)).Status);
        for (var turn = 0; turn < 5; turn++)
        {
            foreach (var (half, client) in new[] { ("one", silos.Http), ("two", other) })
                Assert.Equal(HttpStatusCode.OK,
                    (await silos.CallAsync("PATCH", path, $$"""[{"op":"add","path":"/Params/{{half}}-{{turn}}","value":true}]""",
                        client)).Status);
        }

        foreach (var client in new[] { silos.Http, other })
        {
            // A read may be old on either half; a write is not, and answers with what is stored.
            var machine = (await silos.CallAsync("PATCH", path, """[{"op":"add","path":"/Description","value":"end"}]""", client)).Body!;
            Assert.Equal(10, ((JsonObject)machine["Params"]!).Count);
        }
    }

    [Fact]
    public async Task HalvesThatWriteAtOnceLoseNothingThatWasAccepted()
    {
        using var other = OtherHalf();
        var made = (await silos.CallAsync("POST", "machines", """{"Name":"torn-at-once","BootEnv":"local"}""")).Body!;
        var path = $"machines/{made["Uuid"]}";
        async Task<List<string>> WriteAsync(string half, HttpClient client)
        {
            var own = new List<string>();
            for (var turn = 0; turn < 15; turn++)
            {
                var (status, _) = await silos.CallAsync("PATCH", path,
                    $$"""[{"op":"add","path":"/Params/{{half}}-{{turn}}","value":true}]""", client);
                if (status == HttpStatusCode.OK) own.Add($"{half}-{turn}");
                else Assert.Equal(HttpStatusCode.Conflict, status);
            }

            return own;
        }

        var accepted = await Task.WhenAll(WriteAsync("one", silos.Http), WriteAsync("two", other));
        var stored = (JsonObject)(await silos.CallAsync("PATCH", path,
            """[{"op":"add","path":"/Description","value":"end"}]""")).Body!["Params"]!;
        Assert.NotEmpty(accepted[0]);
        Assert.NotEmpty(accepted[1]);
        Assert.Equal(accepted.SelectMany(a => a).Order(StringComparer.Ordinal), stored.Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task HalvesThatLeaseAtOnceGiveNoAddressTwice()
    {
        var (status, _) = await silos.CallAsync("POST", "subnets",
            """
            {"Name":"torn","Subnet":"10.9.0.0/24","Enabled":true,"ActiveStart":"10.9.0.10","ActiveEnd":"10.9.0.200",
            "ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        Assert.Equal(HttpStatusCode.Created, status);
        var other = silos.Silos[1].Services.GetRequiredService<Anvil.Contracts.Catalog.ICatalog>();
        await WaitForAsync(() => other.Current.Subnets.ContainsKey("torn"));
        async Task<List<(string Mac, string Address)>> LeaseAsync(int half)
        {
            var grain = silos.Silos[half].Services.GetRequiredService<IGrainFactory>().GetGrain<ISubnetGrain>(GrainKeys.Subnet("torn"));
            var own = new List<(string, string)>();
            for (var i = 0; i < 60; i++)
            {
                var mac = $"02:00:00:00:{half:x2}:{i:x2}";
                LeaseAnswer answer;
                var offered = 0u;
                foreach (var act in new[] { LeaseAct.Discover, LeaseAct.Request })
                {
                    // What a client does: it asks again.
                    for (var attempt = 0; attempt < 20; attempt++)
                    {
                        answer = await GrainCalls.AskAsync(() => grain.Handle(new LeaseCall(act, mac, offered, IPv4.Parse("10.9.0.1"))));
                        if (answer.Verdict == LeaseVerdict.Refuse) break;
                        if (answer.Verdict != LeaseVerdict.Give) continue;
                        var address = Json.Read<Lease>(answer.LeaseJson!).Addr;
                        offered = IPv4.Parse(address);
                        if (act == LeaseAct.Request) own.Add((mac, address));
                        break;
                    }
                }
            }

            return own;
        }

        var given = (await Task.WhenAll(LeaseAsync(0), LeaseAsync(1))).SelectMany(g => g).ToList();
        Assert.True(given.Count >= 60, $"only {given.Count} of 120 leases were given");
        Assert.Equal(given.Count, given.DistinctBy(g => g.Address).Count());
        var stored = await silos.Service<ILeaseStore>().PageAsync(new ListQuery(CatalogFields.Leases), CancellationToken.None);
        foreach (var (mac, address) in given) Assert.Equal(mac, stored.Rows.Single(l => l.Addr == address).Token);
    }

    private HttpClient OtherHalf()
    {
        var client = silos.Client("rocketskates", SiloFixture.Password);
        client.BaseAddress = new Uri($"http://127.0.0.1:{silos.OtherApiPort}/api/v3/");
        return client;
    }

    private static Task WaitForAsync(Func<bool> condition)
        => Wait.UntilAsync(() => Task.FromResult(condition()), TimeSpan.FromMinutes(2), () => "the other half does not see the subnet");
}
