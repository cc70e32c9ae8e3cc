using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Every way that firmware takes to Sledgehammer: an unknown machine ends up discovered.</summary>
public sealed class BootPathTests
{
    /// <summary>The address of QEMU's U-Boot, which takes none from its card.</summary>
    private const string UBootMac = "52:52:52:52:52:52";

    /// <summary>
    /// PXE of a BIOS and HTTP boot of UEFI are the ways of machines that are known, in <see cref="TaskTests"/> and
    /// <see cref="IsolationTests"/>; Secure Boot goes beside another address server, too, in <see cref="ProxyTests"/>.
    /// </summary>
    [Theory]
    [InlineData(Firmware.Arm64, "ipxe", "GET ipxe-arm64.efi")]
    public Task AnUnknownMachineIsDiscovered(Firmware firmware, string loader, string first) => DiscoverAsync(firmware, loader, first);

    [Theory(Explicit = true)]
    [InlineData(Firmware.BiosPxe, "ipxe", "GET undionly.kpxe")]
    [InlineData(Firmware.UefiHttp, "ipxe", "GET ipxe.efi")]
    [InlineData(Firmware.SecureBoot, "grub", "GET shimx64.efi")]
    [InlineData(Firmware.BiosPxe, "pxelinux", "GET pxelinux.0")]
    [InlineData(Firmware.Bios, "lpxelinux", "GET lpxelinux.0")]
    [InlineData(Firmware.SecureBootHttp, "grub", "GET shimx64.efi")]
    [InlineData(Firmware.Arm64Http, "ipxe", "GET ipxe-arm64.efi")]
    [InlineData(Firmware.Arm64, "grub", "GET shimaa64.efi")]
    [InlineData(Firmware.Uefi32, "ipxe", "GET grubia32.efi")]
    public Task AnUnknownMachineIsDiscoveredByARarerWay(Firmware firmware, string loader, string first)
        => DiscoverAsync(firmware, loader, first);

    /// <summary>
    /// U-Boot runs UEFI programs: Debian's iPXE stands still on it, and shim finds nothing beside itself; GRUB alone starts the kernel. A
    /// kind of clients says so.
    /// </summary>
    [Fact(Explicit = true)]
    public Task AnUnknownMachineWithUBootIsDiscovered() => DiscoverAsync(Firmware.UBoot, "grub", "GET grubaa64.efi");

    /// <summary>Its boot program comes, and says on the machine's screen that there is nothing for it.</summary>
    [Fact(Explicit = true)]
    public async Task AMachineForWhichThereIsNoKernelSaysSo()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Arm32, disk: 64);
        await vm.PowerOnAsync();
        await vm.ExpectAsync("discovery has no kernel for arm", Deadline.Boot);
    }

    /// <summary>
    /// UEFI asks its network card a minute for a boot server before it tries the disk, unless it is told that there is nothing to wait
    /// for.
    /// </summary>
    [Fact]
    public async Task UefiGoesOnAtOnceWhenAMachineIsMeantForItsDisk()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Uefi, memory: 256, disk: 16);
        await lab.Api.PostAsync("machines",
            new JsonObject { ["Name"] = "disk.example.com", ["HardwareAddrs"] = new JsonArray(vm.Mac), ["BootEnv"] = "local" });
        await vm.PowerOnAsync();
        var at = await vm.ExpectAsync("Start PXE over IPv4", Deadline.Boot);
        var next = await vm.ExpectAsync(">>Start ", Deadline.Boot, at);
        // Who has asked in vain says so: no offer (E16), no answer in time (E18).
        var meanwhile = vm.Console[at..next];
        Assert.DoesNotContain("PXE-E16", meanwhile, StringComparison.Ordinal);
        Assert.DoesNotContain("PXE-E18", meanwhile, StringComparison.Ordinal);
    }

    private static async Task DiscoverAsync(Firmware firmware, string loader, string first)
    {
        // QEMU's ROM is iPXE, which would get its script: a boot file of the subnet goes before that.
        await using var lab = await Laboratory.StartAsync(subnet: net =>
        {
            if (firmware == Firmware.Bios) ((JsonArray)net["Options"]!).Add(new JsonObject { ["Code"] = 67, ["Value"] = loader + ".0" });
        });
        await lab.Api.SetAsync("profiles/global", "/Params/boot-loader", loader);
        var vm = lab.AddMachine(firmware, disk: 64);
        if (firmware == Firmware.UBoot)
            await lab.Api.SetAsync("profiles/global", "/Params/dhcp~1client-kinds", new JsonArray(new JsonObject
            {
                ["Name"] = "U-Boot",
                ["Macs"] = new JsonArray(UBootMac),
                ["File"] = "grubaa64.efi",
            }));
        await vm.PowerOnAsync();
        JsonNode machine;
        try
        {
            machine = await lab.MachineAsync(vm, "discovered", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        }
        catch (SetupException e)
        {
            throw new SetupException($"{e.Message}; its timeline is {await lab.Api.GetTextAsync($"timeline/{vm.Mac}")}");
        }

        var isArm = firmware is Firmware.Arm64 or Firmware.Arm64Http or Firmware.UBoot;
        Assert.Equal(isArm ? "arm64" : "amd64", machine["Arch"]!.ToString());
        var mac = firmware == Firmware.UBoot ? UBootMac : vm.Mac;
        Assert.Equal(first, await LabContent.FirstFileAsync(lab, mac));
    }
}
