using System.Text.Json.Nodes;

namespace Anvil.Lab;

/// <summary>A network, a silo that serves it, and machines; all of it is gone when it is disposed.</summary>
public sealed class Laboratory : IAsyncDisposable
{
    private static int _count;
    private readonly List<VirtualMachine> _machines = [];

    private Laboratory(LabNetwork network, SiloProcess silo, string folder) => (Network, Silo, Folder) = (network, silo, folder);

    /// <summary>The network.</summary>
    public LabNetwork Network { get; }

    /// <summary>The silo.</summary>
    public SiloProcess Silo { get; }

    /// <summary>Folder of logs, disks and data.</summary>
    public string Folder { get; }

    /// <summary>True: the folder is kept, for who looks for the reason of a failure.</summary>
    public bool Keep { get; set; }

    /// <summary>The API.</summary>
    public LabApi Api => Silo.Api;

    /// <summary>Makes a laboratory with a running silo and the subnet 10.77.0.0/24.</summary>
    /// <param name="prefs">Preferences for the first start, such as defaultWorkflow.</param>
    public static async Task<Laboratory> StartAsync(IReadOnlyDictionary<string, string>? prefs = null)
    {
        var name = $"anvil{Environment.ProcessId % 100000}x{Interlocked.Increment(ref _count)}";
        var folder = Directory.CreateTempSubdirectory(name + "-").FullName;
        var network = new LabNetwork(name);
        var silo = new SiloProcess(network, folder, prefs ?? new Dictionary<string, string>(StringComparer.Ordinal));
        var lab = new Laboratory(network, silo, folder);
        try
        {
            await silo.StartAsync();
            await silo.Api.PostAsync("subnets", new JsonObject
            {
                ["Name"] = "lab",
                ["Subnet"] = "10.77.0.0/24",
                ["Enabled"] = true,
                ["ActiveStart"] = "10.77.0.100",
                ["ActiveEnd"] = "10.77.0.199",
                ["ActiveLeaseTime"] = 600,
                ["ReservedLeaseTime"] = 7200,
                ["Options"] = new JsonArray(new JsonObject { ["Code"] = 3, ["Value"] = network.ServerAddress }, new JsonObject { ["Code"] = 6, ["Value"] = network.ServerAddress }),
            });
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a machine; it is not powered on yet.</summary>
    public VirtualMachine AddMachine(Firmware firmware, int memory = 1024, int disk = 6144, int processors = 1)
    {
        var number = _machines.Count + 1;
        var machine = new VirtualMachine(Network, Path.Combine(Folder, $"machine{number}"), firmware, $"52:54:00:77:00:{number:x2}", memory, disk, processors);
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
            }, deadline, () => $"{machine.Mac} is not {what}: {(found is null ? "it is not registered" : $"{found["Boot"]!.ToJsonString()} task {found["CurrentTask"]} of {found["Tasks"]!.ToJsonString()}")}; its console ends: …{machine.Tail()}");
        return found!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines) await machine.DisposeAsync();
        await Silo.DisposeAsync();
        Network.Dispose();
        if (!Keep) Directory.Delete(Folder, recursive: true);
    }
}
