using System.Diagnostics;
using System.Text.Json.Nodes;
using Anvil.Lab;

namespace Anvil.Cluster.Tests;

/// <summary>Every silo of a cluster is ended in its turn, as a service manager does it, and started again, under load.</summary>
public sealed class RollingTests(ITestOutputHelper output)
{
    private const int Machines = 60;

    /// <summary>Turns that a machine may wait, if that takes longer than a firmware's patience.</summary>
    private const int MostTurns = 3;

    /// <summary>Clients of the API; each begins at this pace: the load does not grow with what the cluster could take.</summary>
    private const int Clients = 4;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(400);

    /// <summary>What the upgrade shows, too, but for the longer time that as many machines take.</summary>
    [Fact(Explicit = true)]
    public Task ARestartLosesNoRequestThatWasAccepted() => RollAsync(LabPaths.Silo);

    /// <summary>The cluster is of the version before this one, and replaced silo by silo: cores, gateways, edges.</summary>
    [Fact]
    public Task AnUpgradeLosesNoRequestThatWasAccepted()
    {
        var older = Path.Combine(LabPaths.Repository, ".cache", "older");
        Commands.Run("bash", Path.Combine(LabPaths.Repository, "tests", "Cluster.Tests", "build-older"), older);
        return RollAsync(Path.Combine(older, "anvil-silo"));
    }

    private async Task RollAsync(string older)
    {
        await using var cluster = await SwarmCluster.StartWithAsync(leaseSeconds: 60, older, "--Silo:DrainSeconds=1");
        cluster.Keep = true;
        cluster.StartSwarm(Machines, seed: 1, ramp: 60, "--turns", $"{MostTurns}");
        using var ending = new CancellationTokenSource();
        var load = Enumerable.Range(0, Clients).Select(i => LoadAsync(cluster, i, ending.Token)).ToList();
        foreach (var silo in cluster.Servers.Silos)
        {
            var clock = Stopwatch.StartNew();
            var code = await silo.StopAsync();
            var ended = clock.Elapsed;
            silo.Program = LabPaths.Silo;
            // As docs/operations.md says of this upgrade: machines that were booted before ask by plain HTTP until they boot again.
            silo.More = ["--Silo:PlainApi:0=10.0.0.0/8"];
            await silo.StartAsync();
            output.WriteLine(
                $"{silo.Name} ended with {code} after {ended.TotalSeconds:F1} s, ready again "
                    + $"after {(clock.Elapsed - ended).TotalSeconds:F1} s; {cluster.Progress()}");
            Assert.Equal(0, code);
            await cluster.TurnAsync(Machines / SwarmCluster.StepsOfATurn);
        }

        await cluster.RestAsync(Machines);
        await ending.CancelAsync();
        var results = await Task.WhenAll(load);
        output.WriteLine(
            $"{results.Sum(r => r.Answered)} requests answered, {results.Sum(r => r.NotTaken)} not taken by a gateway that was ending; "
                + $"slowest {results.Max(r => r.Slowest).TotalSeconds:F1} s; "
                + $"failed: {string.Join("; ", results.SelectMany(r => r.Failed).Take(10))}");
        Assert.All(results, r => Assert.Empty(r.Failed));
        var report = await cluster.EndSwarmAsync();
        output.WriteLine(
            $"swarm: {report.Requests} requests, {report.Refused} sent again; longest "
                + $"waits {string.Join(", ", report.LongestWaits.Select(w => $"{w.Key} {w.Value} s"))}");
        await Parallel.ForEachAsync(results.SelectMany(r => r.Made), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (made, _) =>
        {
            var machine = await cluster.Api.GetAsync($"machines/{made.Uuid}");
            Assert.Equal((made.Name, "set"), (machine?["Name"]?.ToString(), machine?["Description"]?.ToString()));
            await cluster.Api.DeleteAsync($"machines/{made.Uuid}");
        });

        await cluster.AssertAllIsWellAsync(report);
        cluster.Keep = false;
    }

    /// <summary>
    /// A client behind a balancer: it asks the gateways that say they are ready, one after the other. What a gateway took, it must answer
    /// well.
    /// </summary>
    private static async Task<LoadResult> LoadAsync(SwarmCluster cluster, int number, CancellationToken ending)
    {
        var gateways = cluster.Servers.Of("gateway").Select(g => new Balanced(g.ApiSocket)).ToList();
        var result = new LoadResult();
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; !ending.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            var name = $"load-{number}-{i}";
            var made = await AskAsync(async g =>
            {
                try
                {
                    return await g.Api.PostAsync("machines", new JsonObject { ["Name"] = name, ["BootEnv"] = "local" });
                }
                catch (SetupException e) when (e.Message.Contains("already exists", StringComparison.Ordinal))
                {
                    // Its own first attempt made it: the silo that did so ended before it could answer, and the gateway asked again.
                    if (await g.Api.GetAsync($"machines/Name:{name}") is { } first) return first;
                    throw;
                }
            });
            if (made is null) continue;
            var uuid = made["Uuid"]!.ToString();
            if (await AskAsync(g => g.Api.SetAsync($"machines/{uuid}", "/Description", "set")) is null) continue;
            if (await AskAsync(async g => await g.Api.GetAsync($"machines/{uuid}") ?? throw new SetupException($"{uuid} is gone")) is null)
                continue;
            result.Made.Add((name, uuid));
        }

        foreach (var gateway in gateways) gateway.Api.Dispose();
        return result;

        async Task<JsonNode?> AskAsync(Func<Balanced, Task<JsonNode>> act)
        {
            foreach (var gateway in gateways)
            {
                if (!await gateway.Health.IsReadyAsync()) continue;
                var clock = Stopwatch.StartNew();
                try
                {
                    var answer = await act(gateway);
                    result.Answered++;
                    if (clock.Elapsed > result.Slowest) result.Slowest = clock.Elapsed;
                    return answer;
                }
                catch (HttpRequestException e) when (e.InnerException is System.Net.Sockets.SocketException)
                {
                    // Not taken: the balancer asks the next.
                    result.NotTaken++;
                }
                catch (Exception e) when (e is HttpRequestException or SetupException or TaskCanceledException)
                {
                    result.Failed.Add($"{e.Message} after {clock.Elapsed.TotalSeconds:F1} s");
                    return null;
                }
            }

            await Task.Delay(100, CancellationToken.None);
            return null;
        }
    }

    private sealed class Balanced(string socket)
    {
        public LabApi Api { get; } = new(socket);

        public LabApi Health { get; } = new(socket);
    }

    private sealed class LoadResult
    {
        public int Answered { get; set; }

        public int NotTaken { get; set; }

        public TimeSpan Slowest { get; set; }

        public List<string> Failed { get; } = [];

        public List<(string Name, string Uuid)> Made { get; } = [];
    }
}
