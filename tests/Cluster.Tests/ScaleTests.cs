using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Anvil.Lab;

namespace Anvil.Cluster.Tests;

/// <summary>Many machines: what a page costs, what memory holds, and how a cold cluster serves.</summary>
[Collection(Alone.Name)]
public sealed class ScaleTests(ITestOutputHelper output)
{
    private static readonly int Machines = int.Parse(Environment.GetEnvironmentVariable("ANVIL_MACHINES") ?? "100000",
        CultureInfo.InvariantCulture);

    [Fact(Explicit = true)]
    public async Task AHundredThousandMachinesAreMadeListedForgottenAndServedAgain()
    {
        await using var cluster = await SwarmCluster.StartAsync(leaseSeconds: 600, "--Silo:IdleMinutes=2");
        cluster.Keep = true;
        output.WriteLine($"before: {Memory(cluster)}");
        await MakeAsync(cluster);
        output.WriteLine($"after: {Memory(cluster)}; {await ActivationsAsync(cluster)} activations");
        await ListAsync(cluster);

        // Nothing asks for the machines any more: their grains leave memory.
        await Wait.UntilAsync(async () => await ActivationsAsync(cluster) < Machines / 100, TimeSpan.FromMinutes(8),
            () => "idle grains stay in memory");
        output.WriteLine($"idle: {Memory(cluster)}; {await ActivationsAsync(cluster)} activations");

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(cluster.Servers.Silos.Select(s => s.StopAsync()));
        output.WriteLine($"all silos ended after {clock.Elapsed.TotalSeconds:F1} s");
        clock.Restart();
        foreach (var silo in cluster.Servers.Silos) silo.Launch();
        foreach (var silo in cluster.Servers.Silos) await silo.ReadyAsync();
        var ready = clock.Elapsed;
        Assert.Equal("m77777", (await cluster.Api.GetAsync("machines/02:00:00:01:2f:d1"))!["Name"]!.ToString());
        output.WriteLine(
            $"cold: ready after {ready.TotalSeconds:F1} s, the first machine answered after {clock.Elapsed.TotalSeconds:F1} s");
        cluster.Keep = false;
    }

    private static string Mac(int number) => $"02:00:00:{(byte)(number >> 16):x2}:{(byte)(number >> 8):x2}:{(byte)number:x2}";

    private async Task MakeAsync(SwarmCluster cluster)
    {
        var clock = Stopwatch.StartNew();
        var next = -1;
        var worker = Enumerable.Range(0, 24).Select(i => Task.Run(async () =>
        {
            using var api = new LabApi(cluster.Servers.Of("gateway")[i % 2].ApiSocket);
            while (Interlocked.Increment(ref next) is var number && number < Machines)
            {
                await api.PostAsync("machines", new JsonObject
                {
                    ["Name"] = $"m{number}",
                    ["HardwareAddrs"] = new JsonArray(Mac(number)),
                    ["BootEnv"] = "local",
                    ["Description"] = $"rack {number / 40}",
                    ["Params"] = new JsonObject
                    {
                        ["rack"] = number / 40,
                        ["hardware/cpu"] = new JsonObject { ["model"] = "a processor with a name of the usual length", ["cores"] = 64 }
                    },
                });
            }
        })).ToList();
        await Task.WhenAll(worker);
        output.WriteLine(
            $"{Machines} machines made through the API in {clock.Elapsed.TotalSeconds:F0} s: {Machines / clock.Elapsed.TotalSeconds:F0} "
                + "a second");
        Assert.Equal(Machines,
            (await cluster.Api.GetAsync("info"))!["stats"]!.AsArray()
                .Single(s => s!["name"]!.ToString() == "machines.count")!["count"]!.GetValue<int>());
    }

    private async Task ListAsync(SwarmCluster cluster)
    {
        foreach (var (what, path, rows) in new[]
        {
            ("first page", "machines?limit=100", 100),
            ("page in the middle", $"machines?limit=100&offset={Machines / 2}", 100),
            ("last page", $"machines?limit=100&offset={Machines - 100}", 100),
            ("by name", $"machines?Name=m{Machines / 2}", 1),
            ("by a field of the document", $"machines?Description=rack {Machines / 80}", 40),
            ("by a field that all share, one page", "machines?BootEnv=local&limit=100", 100),
            ("sorted by name, one page", "machines?sort=Name&limit=100", 100),
        })
        {
            var times = new List<double>();
            for (var i = 0; i < 7; i++)
            {
                var clock = Stopwatch.StartNew();
                Assert.Equal(rows, ((JsonArray)(await cluster.Api.GetAsync(path))!).Count);
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            output.WriteLine($"{what}: min {times[0]:F0} ms, median {times[3]:F0} ms, max {times[6]:F0} ms");
        }
    }

    private static Task<int> ActivationsAsync(SwarmCluster cluster)
    {
        var counters = Commands.Run("curl", "-s", "-u", $"rocketskates:{SiloProcess.Password}", "--unix-socket",
            cluster.Servers.Of("gateway")[0].ApiSocket, "http://anvil/dashboard/DashboardCounters");
        return Task.FromResult(JsonNode.Parse(counters)!["totalActivationCount"]!.GetValue<int>());
    }

    private static string Memory(SwarmCluster cluster) => string.Join(", ", cluster.Servers.Silos.Select(s =>
    {
        var resident = File.ReadAllLines($"/proc/{s.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return $"{s.Name} {int.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10} "
            + "MiB";
    }));
}
