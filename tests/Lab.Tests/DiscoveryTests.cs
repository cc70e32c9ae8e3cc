using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Unknown machines, with real firmware, on a switch that speaks LLDP.</summary>
public sealed class DiscoveryTests
{
    [Fact(Explicit = true)]
    public Task AnUnknownMachineWithSeabiosIsDiscovered() => DiscoverAsync(Firmware.Bios, "pcbios");

    [Fact]
    public Task AnUnknownMachineWithUefiIsDiscovered() => DiscoverAsync(Firmware.Uefi, "uefi");

    private static async Task DiscoverAsync(Firmware firmware, string mode)
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(firmware, memory: 1024, disk: 5120, processors: 2);
        using var neighbour = Commands.Start("ip", "netns", "exec", lab.Network.Switch, "dotnet",
            Path.Combine(AppContext.BaseDirectory, "anvil-lab.dll"), "lldp", vm.Tap, "leaf1", "swp7");
        JsonNode machine;
        try
        {
            var clock = Stopwatch.StartNew();
            await vm.PowerOnAsync();
            await lab.MachineAsync(vm, "registered", _ => true, Deadline.Boot);
            TestContext.Current.TestOutputHelper?.WriteLine($"registered {clock.Elapsed.TotalSeconds:F1} s after power on");
            await lab.MachineAsync(vm, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
            machine = await NeighbourAsync(lab, vm, "told its neighbour");
            // An inventory that began before the switch was heard is written after it.
            await lab.Api.SetAsync($"machines/{machine["Uuid"]}", "/Params/hardware~1nics/0/Lldp", null);
            machine = await NeighbourAsync(lab, vm, "told its neighbour again");
        }
        finally
        {
            neighbour.Kill(entireProcessTree: true);
        }

        var facts = machine["Params"]!;
        Assert.Equal(2, facts["hardware/cpu"]!["Threads"]!.GetValue<int>());
        Assert.InRange(facts["hardware/memory"]!["Total"]!.GetValue<long>(), 850L << 20, 1024L << 20);
        var disk = Assert.Single((JsonArray)facts["hardware/disks"]!)!;
        Assert.Equal((5120L << 20, "/dev/vda", "LAB0001"),
            (disk["Size"]!.GetValue<long>(), disk["Path"]!.ToString(), disk["Serial"]!.ToString()));
        var nic = Assert.Single((JsonArray)facts["hardware/nics"]!)!;
        Assert.Equal((vm.Mac, "virtio_net"), (nic["Mac"]!.ToString(), nic["Driver"]!.ToString()));
        var switchPort = nic["Lldp"]!;
        Assert.Equal(("leaf1", "swp7", "02:00:00:00:00:01"),
            (switchPort["SystemName"]!.ToString(), switchPort["PortId"]!.ToString(), switchPort["ChassisId"]!.ToString()));
        Assert.Equal(("Anvil", "Lab"),
            (facts["hardware/system"]!["Vendor"]!.ToString(), facts["hardware/system"]!["Product"]!.ToString()));
        Assert.Equal("SN-" + vm.Mac[^2..], facts["hardware/system"]!["Serial"]!.ToString());
        Assert.True(facts["hardware/bmc"]!["Present"]!.GetValue<bool>());
        Assert.Equal("2.0", facts["hardware/bmc"]!["IpmiVersion"]!.ToString());
        Assert.Equal(mode, facts["detected-bios-mode"]!.ToString());
        Assert.Equal("10.77.0.100", machine["Address"]!.ToString());
        Assert.Contains("[anvil", vm.Console, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", vm.Console, StringComparison.Ordinal);
    }
    /// <summary>The machine, when its first card's switch is known by LLDP.</summary>
    private static Task<JsonNode> NeighbourAsync(Laboratory lab, VirtualMachine vm, string what)
        => lab.MachineAsync(vm, what, m => m["Params"]?["hardware/nics"]?[0]?["Lldp"] is not null, Deadline.Boot);
}
