using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Anvil as proxyDHCP: dnsmasq gives the addresses, Anvil the boot answers.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData(Firmware.Bios, "ipxe", Explicit = true)]
    [InlineData(Firmware.Uefi, "ipxe", Explicit = true)]
    [InlineData(Firmware.SecureBoot, "grub")]
    public async Task BesideAnAddressServerAnUnknownMachineIsDiscovered(Firmware firmware, string loader)
    {
        await using var lab = await Laboratory.StartAsync(subnet: net => net["Proxy"] = true);
        await lab.Api.SetAsync("profiles/global", "/Params/boot-loader", loader);
        using var dnsmasq = Dnsmasq.Start(lab.Network.AddPeer("other").On(address: "10.77.0.3/24"),
            "10.77.0.150,10.77.0.160,255.255.255.0,600");
        var vm = lab.AddMachine(firmware, disk: 64);
        await vm.PowerOnAsync();
        try
        {
            var machine = await lab.MachineAsync(vm, "discovered", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
            Assert.StartsWith("10.77.0.15", machine["Address"]!.ToString(), StringComparison.Ordinal);
        }
        catch (SetupException e)
        {
            throw new SetupException($"{e.Message}; its timeline is {await lab.Api.GetTextAsync($"timeline/{vm.Mac}")}");
        }

        Assert.All((JsonArray)(await lab.Api.GetAsync("leases"))!, l => Assert.Equal("FAKE", l!["State"]!.ToString()));
        dnsmasq.Kill(entireProcessTree: true);
    }

    /// <summary>A known machine gets its own files by the address that the other server gave it.</summary>
    [Fact(Explicit = true)]
    public async Task AKnownMachineBootsItsOwnEnvironmentBesideAnAddressServer()
    {
        await using var lab = await Laboratory.StartAsync(subnet: net => net["Proxy"] = true);
        using var dnsmasq = Dnsmasq.Start(lab.Network.AddPeer("other").On(address: "10.77.0.3/24"),
            "10.77.0.150,10.77.0.160,255.255.255.0,600");
        var vm = lab.AddMachine(Firmware.Bios, disk: 64);
        var made = await lab.Api.PostAsync("machines",
            new JsonObject { ["Name"] = "known.example.com", ["HardwareAddrs"] = new JsonArray(vm.Mac), ["Workflow"] = "discover" });
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "at rest in Sledgehammer", m => m["Boot"]!["Phase"]!.ToString() == "Discovered",
            Deadline.Boot);
        Assert.Equal(made["Uuid"]!.ToString(), machine["Uuid"]!.ToString());
        Assert.Contains($"GET {vm.Mac}.ipxe", await lab.Api.GetTextAsync($"machines/{machine["Uuid"]}/timeline"),
            StringComparison.Ordinal);
        dnsmasq.Kill(entireProcessTree: true);
    }
}
