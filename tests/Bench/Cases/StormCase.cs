using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Anvil.Support;
using Anvil.Swarm;

namespace Anvil.Bench.Cases;

/// <summary>Machines that are powered on within one second, by tests/Swarm: from the first packet to registered and back to their
/// disks.</summary>
internal sealed class StormCase : IBenchCase
{
    private const int Few = 100;

    /// <inheritdoc/>
    public string Name => "storm";

    /// <inheritdoc/>
    public string About => "100 and 1,000 unknown machines powered on within a second, until all are registered and at rest: CPU of each";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var sizes = options.IsQuick ? [Few] : new[] { Few, 1_000 };
        var storms = sizes.ToDictionary(s => s, _ => new List<Storm>());
        for (var run = 0; run < options.Runs; run++)
            foreach (var size in sizes)
                storms[size].Add(await OneAsync(size, run, options, cancellation));
        foreach (var size in sizes)
        {
            var runs = storms[size];
            yield return BenchLine.Alone($"storm.{size}.seconds", "s", [.. runs.Select(r => r.Seconds)]);
            yield return BenchLine.Alone($"storm.{size}.lost", "", [.. runs.Select(r => (double)r.Lost)], Goal.OursAtMost(0));
            yield return size == Few ? BenchLine.Alone($"storm.{size}.cpu", "ms", Cpu(runs))
                : BenchLine.Beside($"storm.{size}.cpu", "ms", Cpu(runs), $"Anvil, {Few} machines", Cpu(storms[Few]), Goal.AtMost(1.2));
        }

        static List<double> Cpu(IEnumerable<Storm> runs) => runs.Select(r => r.CpuMilliseconds).ToList();
    }

    private static async Task<Storm> OneAsync(int machines, int seed, BenchOptions options, CancellationToken cancellation)
    {
        using var link = new Link(isEveryClient: true);
        await using var silo = new SiloService(link.Server, options.Folder, SiloService.NoProbe);
        silo.Copy();
        foreach (var name in new[] { "undionly.kpxe", "ipxe.pxe", "ipxe.efi", "snponly.efi" }) Write(name, 64 << 10);
        foreach (var name in new[] { "vmlinuz", "initrd.zst" }) Write(Path.Combine("sledgehammer", name), 256 << 10);
        await silo.StartAsync(cancellation);
        await silo.AddSubnetAsync(cancellation);
        using (var http = await silo.ApiAsync(cancellation)) await PrepareAsync(http, cancellation);
        // What is compiled at the first machines is no part of the path.
        await SwarmAsync(Few, 1000 + seed);
        var before = silo.CpuSeconds;
        var told = await SwarmAsync(machines, seed);
        var cpu = silo.CpuSeconds - before;
        return new Storm(told.Seconds, machines - told.Done + told.GaveUp.Count + told.Doubles.Count + told.Lost.Count,
            1000 * cpu / machines);

        async Task<SwarmReport> SwarmAsync(int count, int number)
        {
            var report = Path.Combine(options.Folder, "storm.json");
            await Runner.RunAsync(link.Client, [0, 1],
            [
                "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"), "--interface", "eth0", "--machines", $"{count}",
                "--ramp", "1", "--seed", $"{number}", "--minutes", "10", "--report", report,
            ], cancellation);
            return JsonSerializer.Deserialize<SwarmReport>(await File.ReadAllTextAsync(report, cancellation))
                ?? throw new SetupException("the swarm reports nothing");
        }

        void Write(string name, int length)
        {
            var file = Path.Combine(silo.Files, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(length));
        }
    }

    /// <summary>A workflow of two tasks that ends at the disk, for every machine that registers.</summary>
    private static async Task PrepareAsync(HttpClient http, CancellationToken cancellation)
    {
        foreach (var task in new[] { "swarm-one", "swarm-two" })
        {
            await Api.SendAsync(http, "POST", "tasks",
                $$$$"""
                {"Name":"{{{{task}}}}","Templates":[{"Name":"{{{{task}}}}.sh",
                "Contents":"#!/bin/sh\necho {{ .Machine.Name }}\n"}]}
                """,
                cancellation);
        }

        await Api.SendAsync(http, "POST", "stages", """{"Name":"swarm","BootEnv":"sledgehammer","Tasks":["swarm-one","swarm-two"]}""",
            cancellation);
        await Api.SendAsync(http, "POST", "workflows", """{"Name":"swarm","Stages":["swarm","local"]}""", cancellation);
        await Api.SendAsync(http, "POST", "prefs", """{"defaultWorkflow":"swarm"}""", cancellation);
    }

    private sealed record Storm(double Seconds, int Lost, double CpuMilliseconds);
}
