using System.Security.Cryptography;
using System.Text.Json;
using Anvil.Support;
using Anvil.Swarm;

namespace Anvil.Bench.Load;

/// <summary>How a storm ended.</summary>
/// <param name="Seconds">Until the last machine was at rest.</param>
/// <param name="Lost">Machines that are not at rest, gave up, were registered twice, or whose accepted values are gone.</param>
/// <param name="CpuMilliseconds">Processor time of the server for each machine.</param>
internal sealed record StormResult(double Seconds, int Lost, double CpuMilliseconds);

/// <summary>Machines of tests/Swarm that are powered on within a second, each from its first packet to registered and at rest.</summary>
internal sealed class SwarmLoad(Link link, string folder)
{
    private const int ProgramSize = 64 << 10;
    private const int ImageSize = 256 << 10;

    /// <summary>Makes the files that they ask for.</summary>
    public static void MakeFiles(SiloService silo)
    {
        silo.Copy();
        foreach (var name in new[] { "undionly.kpxe", "ipxe.pxe", "ipxe.efi", "snponly.efi" }) Write(name, ProgramSize);
        foreach (var name in new[] { "vmlinuz", "initrd.zst" }) Write(Path.Combine("sledgehammer", name), ImageSize);

        void Write(string name, int length)
        {
            var file = Path.Combine(silo.Files, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, RandomNumberGenerator.GetBytes(length));
        }
    }

    /// <summary>A workflow of two tasks that ends at the disk, for every machine that registers.</summary>
    public static async Task PrepareAsync(HttpClient http, CancellationToken cancellation)
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

    /// <summary>A storm of machines that were never there.</summary>
    /// <param name="server">Whose processor time is counted.</param>
    /// <param name="machines">How many.</param>
    /// <param name="seed">Of their MAC addresses and whims.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<StormResult> RunAsync(Service server, int machines, int seed, CancellationToken cancellation)
    {
        var report = Path.Combine(folder, "storm.json");
        var before = server.CpuSeconds;
        await Runner.RunAsync(link.Client, [0, 1],
        [
            "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"), "--interface", "eth0", "--machines", $"{machines}",
            "--ramp", "1", "--seed", $"{seed}", "--minutes", "20", "--report", report,
        ], cancellation);
        var told = JsonSerializer.Deserialize<SwarmReport>(await File.ReadAllTextAsync(report, cancellation))
            ?? throw new SetupException("the swarm reports nothing");
        return new StormResult(told.Seconds, machines - told.Done + told.GaveUp.Count + told.Doubles.Count + told.Lost.Count,
            1000 * (server.CpuSeconds - before) / machines);
    }
}
