using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Lab;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Anvil.Swarm;

namespace Anvil.Cluster.Tests;

/// <summary>
/// PostgreSQL, two cores, two edges and two gateways on a bridge of their own, with a host for a swarm of machines beside them.
/// </summary>
public sealed class SwarmCluster : IAsyncDisposable
{
    private const string Pool = "10.77.128.0/17";

    /// <summary>Longest time without any sign of life of what is waited for; hit only by a fault, however slow the machine.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(5);
    private static int _count;
    private readonly LabNetwork _network;
    private readonly LabHost _host;
    private Process? _swarm;

    private SwarmCluster(LabNetwork network, LabHost host, LabServers servers, string folder)
        => (_network, _host, Servers, Folder) = (network, host, servers, folder);

    /// <summary>
    /// A turn is over when the machines have made, all together, their number's part of this in steps: each makes some 25 to be at rest.
    /// </summary>
    public const int StepsOfATurn = 4;

    /// <summary>The servers.</summary>
    public LabServers Servers { get; }

    /// <summary>Folder of logs and data.</summary>
    public string Folder { get; }

    /// <summary>The API.</summary>
    public LabApi Api => Servers.Api;

    /// <summary>Namespace of the swarm.</summary>
    public string Namespace => _host.Namespace;

    /// <summary>True: the folder is kept, for who looks for the reason of a failure.</summary>
    public bool Keep { get; set; }

    private string ReportFile => Path.Combine(Folder, "report.json");

    private string SwarmLog => Path.Combine(Folder, "swarm.log");

    /// <summary>Starts everything but the swarm.</summary>
    /// <param name="leaseSeconds">Duration of leases.</param>
    /// <param name="arguments">Further arguments of every silo.</param>
    public static Task<SwarmCluster> StartAsync(int leaseSeconds, params string[] arguments)
        => StartWithAsync(leaseSeconds, LabPaths.Silo, arguments);

    /// <summary>Starts one silo on SQLite, as <see cref="StartAsync"/> does a cluster.</summary>
    /// <param name="leaseSeconds">Duration of leases.</param>
    /// <param name="arguments">Further arguments of the silo.</param>
    public static Task<SwarmCluster> StartAloneAsync(int leaseSeconds, params string[] arguments)
        => StartOnAsync(leaseSeconds, arguments, (network, folder, all) => LabServers.StartSingleAsync(network, folder, all));

    /// <summary>Starts everything but the swarm, with another build's program.</summary>
    /// <param name="leaseSeconds">Duration of leases.</param>
    /// <param name="program">The silo's program.</param>
    /// <param name="arguments">Further arguments of every silo.</param>
    public static Task<SwarmCluster> StartWithAsync(int leaseSeconds, string program, params string[] arguments)
        => StartOnAsync(leaseSeconds, arguments,
            (network, folder, all) => LabServers.StartClusterAsync(network, folder, 2, program, all));

    private static async Task<SwarmCluster> StartOnAsync(int leaseSeconds, string[] arguments,
        Func<LabNetwork, string, IEnumerable<string>, Task<LabServers>> start)
    {
        var name = $"anvilc{Environment.ProcessId % 100000}x{Interlocked.Increment(ref _count)}";
        var folder = Directory.CreateTempSubdirectory(name + "-").FullName;
        var network = new LabNetwork(name, prefixLength: 16);
        try
        {
            var host = network.AddHost("swarm", 250, null);
            // Every address of the pool is the swarm's; the servers reach them all by its one hardware address, so that no table of
            // neighbours fills.
            // A probe would find all of them in use, so there are none.
            Commands.Run("ip", "-n", host.Namespace, "route", "add", "local", Pool, "dev", "lo");
            var files = MakeFiles(folder);
            var servers = await start(network, folder, [$"--Edge:FileRoot={files}", "--Edge:ProbeMilliseconds=0", .. arguments]);
            foreach (var silo in servers.Silos.Where(s => s.Host.MachineAddress.Length > 0))
                Commands.Run("ip", "-n", silo.Host.Namespace, "route", "add", Pool, "via", host.MachineAddress);
            var cluster = new SwarmCluster(network, host, servers, folder);
            await cluster.PrepareAsync(leaseSeconds);
            return cluster;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Starts the swarm; it stays until <see cref="EndSwarmAsync"/>.</summary>
    public void StartSwarm(int machines, int seed, double ramp, params string[] further)
    {
        _swarm?.Dispose();
        File.Delete(SwarmLog);
        _swarm = Commands.Start("ip",
            ["netns", "exec", _host.Namespace, "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"), "--interface",
                _host.Interface, "--machines", $"{machines}", "--seed", $"{seed}", "--ramp", $"{ramp}", "--minutes", "120",
                "--until-stdin-ends", "--report", ReportFile, .. further]);
        Commands.LogTo(_swarm, SwarmLog);
    }

    /// <summary>Adds a host beside the swarm's, on the machines' network.</summary>
    public LabHost AddHost(string role, int address) => _network.AddHost(role, address, null);

    /// <summary>True while the swarm goes on.</summary>
    public bool SwarmRuns => _swarm is { HasExited: false };

    /// <summary>The last line that the swarm said to its end.</summary>
    public string Progress()
    {
        using var reader = new StreamReader(new FileStream(SwarmLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n') is [.., var line, _] ? line : "";
    }

    /// <summary>Waits until every silo says that it is ready; one that ended by itself is started again, as its supervisor
    /// would.</summary>
    public Task WholeAsync() => Wait.UntilAsync(
        async () =>
        {
            foreach (var silo in Servers.Silos)
            {
                if (!silo.IsRunning)
                {
                    await silo.KillAsync();
                    silo.Launch();
                }

                if (!await silo.IsReadyAsync()) return false;
            }

            return true;
        }, Stall, () => "not every silo is ready: " + string.Join(", ", Servers.Silos.Select(s => s.LogFile)));

    /// <summary>
    /// Waits until the machines have made so many further steps (leases, files, answers, renewals), and tells the swarm that a turn is
    /// over.
    /// </summary>
    public Task TurnAsync(int steps) => TurnAsync(steps, int.MaxValue);

    /// <summary>Takes turns until every machine is at rest. Only a time in which none more comes to rest is too long.</summary>
    public async Task RestAsync(int machines)
    {
        var (most, since) = (0, Stopwatch.StartNew());
        while (Number("at rest") is var resting && resting < machines)
        {
            if (resting > most) (most, since) = (resting, Stopwatch.StartNew());
            if (since.Elapsed > 2 * Stall)
                throw new SetupException($"after {since.Elapsed.TotalSeconds:F0} s no other machine is at rest: {Progress()}");
            await TurnAsync(machines / StepsOfATurn, machines);
        }
    }

    /// <summary>Lets a swarm that was told to stay end, and waits for its report.</summary>
    public async Task<SwarmReport> EndSwarmAsync()
    {
        _swarm!.StandardInput.Close();
        await Wait.UntilAsync(() => Task.FromResult(_swarm.HasExited), Stall, () => $"the swarm does not end: {Progress()}");
        if (!File.Exists(ReportFile)) throw new SetupException($"the swarm ended with {_swarm.ExitCode} and no report: {Progress()}");
        return JsonSerializer.Deserialize<SwarmReport>(await File.ReadAllTextAsync(ReportFile))!;
    }

    /// <summary>
    /// What must hold after any run: everybody at rest, each registered once, nothing accepted lost, no address held twice.
    /// </summary>
    public async Task AssertAllIsWellAsync(SwarmReport report)
    {
        Assert.Equal(report.Machines, report.Done);
        Assert.Empty(report.Doubles);
        Assert.Empty(report.GaveUp);
        Assert.Empty(report.Lost);
        var machines = (JsonArray)(await Api.GetAsync("machines"))!;
        Assert.Equal(report.Machines, machines.Count);
        foreach (var machine in machines)
        {
            var mac = Assert.Single((JsonArray)machine!["HardwareAddrs"]!)!.ToString();
            Assert.Equal(report.Uuids[mac], machine["Uuid"]!.ToString());
            Assert.Equal(("local", "local"), (machine["BootEnv"]!.ToString(), machine["Stage"]!.ToString()));
            Assert.True(machine["Boot"]!["Phase"]!.ToString() is "Installed" or "Discovered",
                $"{mac} is not at rest: {machine["Boot"]!.ToJsonString()}");
            foreach (var (name, value) in report.Accepted[mac]) Assert.Equal(value, machine["Params"]![name]?.ToString());
        }

        var jobs = (JsonArray)(await Api.GetAsync("jobs"))!;
        foreach (var task in new[] { "swarm-one", "swarm-two" })
            Assert.Equal(report.Machines,
                jobs.Where(j => j!["Task"]!.ToString() == task && j["State"]!.ToString() == "finished")
                    .DistinctBy(j => j!["Machine"]!.ToString()).Count());
        await AssertNoAddressWasHeldTwiceAsync();
    }

    /// <summary>Reads the history of every lease.</summary>
    public async Task AssertNoAddressWasHeldTwiceAsync()
    {
        await using var database = new PostgresDatabase(Servers.Database);
        var holds = await new PostgresLeaseStore(database).HistoryAsync(null, CancellationToken.None);
        Assert.NotEmpty(holds);
        foreach (var (before, after) in holds.Zip(holds.Skip(1)).Where(p => p.First.Addr == p.Second.Addr))
            Assert.True((before.Ended ?? before.Expires) <= after.Since || before.Token == after.Token,
                $"{before.Addr} was held by {before.Token} until {before.Ended ?? before.Expires:O} and by {after.Token} "
                    + $"from {after.Since:O}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_swarm is not null)
        {
            _swarm.Kill(entireProcessTree: true);
            await _swarm.WaitForExitAsync();
            _swarm.Dispose();
        }

        await Servers.DisposeAsync();
        _network.Dispose();
        if (!Keep) Directory.Delete(Folder, recursive: true);
    }

    private async Task TurnAsync(int steps, int resting)
    {
        var wanted = Number("steps") + steps;
        await Wait.UntilAsync(() => Task.FromResult(Running() && (Number("steps") >= wanted || Number("at rest") >= resting)), Stall,
            () => $"the machines do not get on: {Progress()}");
        await _swarm!.StandardInput.WriteLineAsync("turn");
        await _swarm.StandardInput.FlushAsync();
    }

    private bool Running() => SwarmRuns ? true : throw new SetupException($"the swarm ended: {Progress()}");

    /// <summary>A number of the last line that the swarm said; 0 when it is not there.</summary>
    private int Number(string word)
    {
        var found = Regex.Match(Progress(), $@"(\d+) {Regex.Escape(word)}\b", RegexOptions.None, TimeSpan.FromSeconds(10));
        return found.Success ? int.Parse(found.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Stand-ins for boot programs and Sledgehammer: what they hold does not matter to machines that are pretended.</summary>
    private static string MakeFiles(string folder)
    {
        var files = Path.Combine(folder, "files");
        Directory.CreateDirectory(Path.Combine(files, "sledgehammer"));
        foreach (var name in new[] { "undionly.kpxe", "ipxe.pxe", "ipxe.efi", "snponly.efi" })
            File.WriteAllBytes(Path.Combine(files, name), RandomNumberGenerator.GetBytes(64 << 10));
        foreach (var name in new[] { "vmlinuz", "initrd.zst" })
            File.WriteAllBytes(Path.Combine(files, "sledgehammer", name), RandomNumberGenerator.GetBytes(256 << 10));
        return files;
    }

    private async Task PrepareAsync(int leaseSeconds)
    {
        foreach (var task in new[] { "swarm-one", "swarm-two" })
            await Api.PostAsync("tasks",
                new JsonObject
                {
                    ["Name"] = task,
                    ["Templates"] = new JsonArray(
                        new JsonObject
                        {
                            ["Name"] = task + ".sh",
                            ["Contents"] = "#!/bin/sh\necho {{ .Machine.Name }} at {{ .ApiURL }}\n"
                        })
                });
        await Api.PostAsync("stages",
            new JsonObject { ["Name"] = "swarm", ["BootEnv"] = "sledgehammer", ["Tasks"] = new JsonArray("swarm-one", "swarm-two") });
        await Api.PostAsync("workflows", new JsonObject { ["Name"] = "swarm", ["Stages"] = new JsonArray("swarm", "local") });
        await Api.PostAsync("prefs", new JsonObject { ["defaultWorkflow"] = "swarm" });
        await Api.PostAsync("subnets", new JsonObject
        {
            ["Name"] = "swarm",
            ["Subnet"] = "10.77.0.0/16",
            ["Enabled"] = true,
            ["ActiveStart"] = "10.77.128.1",
            ["ActiveEnd"] = "10.77.255.254",
            ["ActiveLeaseTime"] = leaseSeconds,
            ["ReservedLeaseTime"] = 7200,
        });
    }
}
