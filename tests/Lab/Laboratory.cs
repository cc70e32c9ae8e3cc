using System.Text.Json.Nodes;

namespace Anvil.Lab;

/// <summary>A network, a silo that serves it, and machines; all of it is gone when it is disposed.</summary>
public sealed class Laboratory : IAsyncDisposable
{
    private static int _count;
    private readonly List<VirtualMachine> _machines = [];

    private Laboratory(LabNetwork network, LabServers servers, string folder) => (Network, Servers, Folder) = (network, servers, folder);

    /// <summary>The network.</summary>
    public LabNetwork Network { get; }

    /// <summary>What serves it.</summary>
    public LabServers Servers { get; }

    /// <summary>The first silo: the only one where there is no cluster.</summary>
    public SiloProcess Silo => Servers.Silos[0];

    /// <summary>Folder of logs, disks and data.</summary>
    public string Folder { get; }

    /// <summary>True: the folder is kept, for who looks for the reason of a failure.</summary>
    public bool Keep { get; set; }

    /// <summary>The API.</summary>
    public LabApi Api => Servers.Api;

    /// <summary>Makes a laboratory with running servers and the subnet 10.77.0.0/24.</summary>
    /// <param name="prefs">Preferences for the first start, such as defaultWorkflow.</param>
    /// <param name="cluster">A cluster of two cores, two edges and a gateway on PostgreSQL, instead of one silo.</param>
    /// <param name="settings">Further arguments of every silo; {folder} stands for the lab's folder.</param>
    /// <param name="subnet">Changes the subnet before it is made.</param>
    /// <param name="clock">A file that says how far the silos' clocks are off, in faketime's form; null: they are not.</param>
    /// <param name="prefixLength">Length of the network's prefix: 24 or 16.</param>
    public static async Task<Laboratory> StartAsync(
        IReadOnlyDictionary<string, string>? prefs = null, bool cluster = false, IEnumerable<string>? settings = null,
        Action<JsonObject>? subnet = null, string? clock = null, int prefixLength = 24)
    {
        var name = $"anvil{Environment.ProcessId % 100000}x{Interlocked.Increment(ref _count)}";
        var folder = Directory.CreateTempSubdirectory(name + "-").FullName;
        var network = new LabNetwork(name, prefixLength);
        var arguments =
            (prefs ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(p => $"--Silo:FirstPrefs:{p.Key}={p.Value}")
            .Concat((settings ?? []).Select(s => s.Replace("{folder}", folder, StringComparison.Ordinal))).ToList();
        Laboratory lab;
        try
        {
            lab = new Laboratory(network,
                cluster ? await LabServers.StartClusterAsync(network, folder, 1, LabPaths.Silo, arguments)
                    : await LabServers.StartSingleAsync(network, folder, arguments, clock), folder);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        try
        {
            var net = new JsonObject
            {
                ["Name"] = "lab",
                ["Subnet"] = $"10.77.0.0/{prefixLength}",
                ["Enabled"] = true,
                ["ActiveStart"] = "10.77.0.100",
                ["ActiveEnd"] = "10.77.0.199",
                ["ActiveLeaseTime"] = 600,
                ["ReservedLeaseTime"] = 7200,
                ["Options"] = new JsonArray(new JsonObject { ["Code"] = 3, ["Value"] = lab.Servers.Address },
                    new JsonObject { ["Code"] = 6, ["Value"] = lab.Servers.Address }),
            };
            subnet?.Invoke(net);
            await lab.Api.PostAsync("subnets", net);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a machine; it is not powered on yet.</summary>
    public VirtualMachine AddMachine(Firmware firmware, int memory = 1024, int disk = 6144, int processors = 1, string bridge = "br0",
        int sectorSize = 512)
    {
        var number = _machines.Count + 1;
        var machine = new VirtualMachine(Network, Path.Combine(Folder, $"machine{number}"), firmware, $"52:54:00:77:00:{number:x2}",
            memory, disk, processors, bridge)
        {
            SectorSize = sectorSize,
        };
        _machines.Add(machine);
        return machine;
    }

    /// <summary>Waits until the machine with a MAC is in a state; the machine then.</summary>
    public async Task<JsonNode> MachineAsync(VirtualMachine machine, string what, Func<JsonNode, bool> test, TimeSpan deadline)
    {
        JsonNode? found = null;
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    found = await Api.MachineOfAsync(machine.Mac);
                }
                catch (HttpRequestException)
                {
                    return false;
                }

                return found is not null && test(found);
            }, deadline, () =>
                $"{machine.Mac} is "
                    + $"not {what}: {(found is null ? "it is not registered" : $"{found["Boot"]!.ToJsonString()} "
                    + $"task {found["CurrentTask"]} of {found["Tasks"]!.ToJsonString()}")}; its console ends: …{machine.Tail()}");
        return found!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines) await machine.DisposeAsync();
        await Servers.DisposeAsync();
        Network.Dispose();
        if (!Keep) Directory.Delete(Folder, recursive: true);
    }
}
