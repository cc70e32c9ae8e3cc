using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Unknown and known machines, with real firmware.</summary>
public sealed class DiscoveryTests
{
    [Fact(Explicit = true)]
    public Task AnUnknownMachineWithSeabiosIsDiscovered() => DiscoverAsync(Firmware.Bios, "pcbios");

    [Fact]
    public Task AnUnknownMachineWithUefiIsDiscovered() => DiscoverAsync(Firmware.Uefi, "uefi");

    [Fact]
    public async Task AKnownMachineBootsItsOwnEnvironmentFromItsFirstPacket()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios);
        var made = await lab.Api.PostAsync("machines",
            new JsonObject { ["Name"] = "known.example.com", ["HardwareAddrs"] = new JsonArray(vm.Mac), ["Workflow"] = "discover" });
        Assert.Equal("Unknown", made["Boot"]!["Phase"]!.ToString());
        var preview = await lab.Api.GetAsync($"machines/{vm.Mac}/boot?arch=pcbios&client=ipxe");
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "at rest in Sledgehammer", m => m["Boot"]!["Phase"]!.ToString() == "Discovered",
            Deadline.Boot);
        Assert.Equal(made["Uuid"]!.ToString(), machine["Uuid"]!.ToString());
        Assert.Equal("known.example.com", machine["Name"]!.ToString());
        var timeline = (JsonArray)(await lab.Api.GetAsync($"machines/{vm.Mac}/timeline"))!;
        Assert.DoesNotContain(timeline, line => line!["What"]!.ToString().Contains("default.ipxe", StringComparison.Ordinal));
        Assert.DoesNotContain(timeline, line => line!["What"]!.ToString() == "registers itself");
        var offer = timeline.First(line => line!["Outcome"]!.ToString().StartsWith("OFFER", StringComparison.Ordinal));
        Assert.Contains($"{vm.Mac}.ipxe", offer!["Detail"]!.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"{vm.Mac}.ipxe", preview!["File"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains(timeline, line => line!["What"]!.ToString() == $"GET {vm.Mac}.ipxe");
    }

    [Fact]
    public async Task TheSwitchThatAMachineIsPluggedIntoIsKnownByLldp()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios);
        using var neighbour = Commands.Start("ip", "netns", "exec", lab.Network.Switch, "dotnet",
            Path.Combine(AppContext.BaseDirectory, "anvil-lab.dll"), "lldp", vm.Tap, "leaf1", "swp7");
        JsonNode machine;
        try
        {
            await vm.PowerOnAsync();
            machine = await lab.MachineAsync(vm, "told its neighbour", m => m["Params"]?["hardware/nics"]?[0]?["Lldp"] is not null,
                Deadline.Boot);
        }
        finally
        {
            neighbour.Kill(entireProcessTree: true);
        }

        // An inventory that began before the switch was heard is written after it.
        await lab.Api.SetAsync($"machines/{machine["Uuid"]}", "/Params/hardware~1nics/0/Lldp", null);
        machine = await lab.MachineAsync(vm, "told its neighbour again", m => m["Params"]?["hardware/nics"]?[0]?["Lldp"] is not null,
            Deadline.Boot);
        var lldp = machine["Params"]!["hardware/nics"]![0]!["Lldp"]!;
        Assert.Equal(("leaf1", "swp7", "02:00:00:00:00:01"),
            (lldp["SystemName"]!.ToString(), lldp["PortId"]!.ToString(), lldp["ChassisId"]!.ToString()));
    }

    private static async Task DiscoverAsync(Firmware firmware, string mode)
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(firmware, memory: 1024, disk: 5120, processors: 2);
        var clock = Stopwatch.StartNew();
        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "registered", _ => true, Deadline.Boot);
        TestContext.Current.TestOutputHelper?.WriteLine($"registered {clock.Elapsed.TotalSeconds:F1} s after power on");
        var machine = await lab.MachineAsync(vm, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        var facts = machine["Params"]!;
        Assert.Equal(2, facts["hardware/cpu"]!["Threads"]!.GetValue<int>());
        Assert.InRange(facts["hardware/memory"]!["Total"]!.GetValue<long>(), 850L << 20, 1024L << 20);
        var disk = Assert.Single((JsonArray)facts["hardware/disks"]!)!;
        Assert.Equal((5120L << 20, "/dev/vda", "LAB0001"),
            (disk["Size"]!.GetValue<long>(), disk["Path"]!.ToString(), disk["Serial"]!.ToString()));
        var nic = Assert.Single((JsonArray)facts["hardware/nics"]!)!;
        Assert.Equal((vm.Mac, "virtio_net"), (nic["Mac"]!.ToString(), nic["Driver"]!.ToString()));
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
}
