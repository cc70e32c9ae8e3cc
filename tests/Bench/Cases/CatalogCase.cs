using System.Diagnostics;
using System.Runtime.CompilerServices;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Bench.Cases;

/// <summary>What a write of the catalog costs, and what finding a subnet costs, with few objects and with many.</summary>
internal sealed class CatalogCase : IBenchCase
{
    private const int Runs = 60;
    private const int Finds = 200_000;

    /// <inheritdoc/>
    public string Name => "catalog";

    /// <inheritdoc/>
    public string About => "a write of the catalog and finding a subnet, with 10, 10,000 and 100,000 objects, and a subnet of a whole /8";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var (objects, subnets) in new[] { (10, 10), (10_000, 1_000), (100_000, 10_000) })
        {
            cancellation.ThrowIfCancellationRequested();
            var name = objects.ToString(CultureInfo.InvariantCulture);
            await using var silo = await BenchSilo.StartAsync(objects, subnets);
            for (var i = 0; i < Runs / 3; i++) await silo.CallAsync("PATCH", "profiles/global", Patch(i));
            yield return BenchLine.Of($"catalog.patch-global.{name}-reservations.{subnets}-subnets",
                await RepeatAsync(i => silo.CallAsync("PATCH", "profiles/global", Patch(i))));
            yield return BenchLine.Of($"catalog.post-user.{name}-reservations.{subnets}-subnets",
                await RepeatAsync(i => silo.CallAsync("POST", "users", $$"""{"Name":"bench-{{i}}"}""")));
            yield return Find(silo, $"catalog.find-subnet.{subnets}-subnets", subnets);
            if (objects == 10) yield return await LargeSubnetAsync(silo);
        }
    }

    private static string Patch(int turn) => $$"""[{"op":"replace","path":"/Description","value":"turn {{turn}}"}]""";

    private static async Task<List<TimeSpan>> RepeatAsync(Func<int, Task<TimeSpan>> run)
    {
        var runs = new List<TimeSpan>();
        for (var i = 0; i < Runs; i++) runs.Add(await run(i));
        return runs;
    }

    private static BenchLine Find(BenchSilo silo, string name, int subnets)
    {
        var catalog = silo.Services.GetRequiredService<ICatalog>().Current;
        var rounds = new List<TimeSpan>();
        for (var round = 0; round < 11; round++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < Finds; i++)
            {
                if (catalog.SubnetOf(0x0A000007u + ((uint)(i % subnets) << 8)) is null)
                    throw new InvalidOperationException("a subnet was not found");
            }

            rounds.Add(Stopwatch.GetElapsedTime(began) / Finds);
        }

        return BenchLine.Of(name, rounds);
    }

    /// <summary>From the request for a subnet of 16 million addresses to its first question answered.</summary>
    private static async Task<BenchLine> LargeSubnetAsync(BenchSilo silo)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var began = Stopwatch.GetTimestamp();
        await silo.CallAsync("POST", "subnets",
            """{"Name":"whole","Subnet":"11.0.0.0/8","Enabled":true,"ActiveStart":"11.0.0.1","ActiveEnd":"11.255.255.254"}""");
        await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ISubnetGrain>(GrainKeys.Subnet("whole"))
            .HolderOf(IPv4.Parse("11.0.0.9"));
        var line = BenchLine.Of("catalog.subnet-of-a-slash-8", [Stopwatch.GetElapsedTime(began)]);
        var memory = Math.Max(0, GC.GetTotalMemory(forceFullCollection: true) - before);
        return line.With("memory", $"{memory / 1024}KiB");
    }
}
