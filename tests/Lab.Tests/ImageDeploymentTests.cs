namespace Anvil.Lab.Tests;

/// <summary>An empty disk that becomes an installed system by image deployment, with one firmware, on one silo or a cluster.</summary>
public abstract class ImageDeploymentTests(Firmware firmware, bool cluster = false, int sectorSize = 512)
{
    protected async Task InstallAsync()
    {
        await using var lab = await Laboratory.StartAsync(LabContent.Install, cluster);
        await LabContent.GiveAccountAsync(lab);
        var vm = lab.AddMachine(firmware, sectorSize: sectorSize);
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Deadline.Deployment);
        Assert.Equal(("local", "local", "debian-13"),
            (machine["BootEnv"]!.ToString(), machine["Stage"]!.ToString(), machine["OS"]!.ToString()));
        var name = machine["Name"]!.ToString();
        var at = await LabContent.LogInAsync(vm, await vm.ExpectAsync($"{name} login:", Deadline.Deployment));
        await vm.TypeAsync(
            "cat .ssh/authorized_keys; echo name=$(hostname); df -h / | tail -n 1; test -d /sys/firmware/efi && echo by=uefi || echo "
                + "by=bios; cat /sys/block/vda/queue/logical_block_size\r");
        at = await vm.ExpectAsync("lab@example.com", Deadline.Boot, at);
        at = await vm.ExpectAsync($"name={name}", Deadline.Boot, at);
        at = await vm.ExpectAsync("5.", Deadline.Boot, at);
        at = await vm.ExpectAsync(firmware == Firmware.Bios ? "by=bios\r" : "by=uefi\r", Deadline.Boot, at);
        await vm.ExpectAsync($"\n{sectorSize}\r", Deadline.Boot, at);
    }
}

/// <summary>Image deployment with SeaBIOS, by one silo.</summary>
public sealed class BiosImageDeploymentTests() : ImageDeploymentTests(Firmware.Bios)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}

/// <summary>Image deployment with OVMF, by one silo: what every test run installs.</summary>
public sealed class UefiImageDeploymentTests() : ImageDeploymentTests(Firmware.Uefi)
{
    [Fact]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}

/// <summary>Image deployment with OVMF, onto a disk with sectors of 4096 octets, from an image made for 512.</summary>
public sealed class LargeSectorImageDeploymentTests() : ImageDeploymentTests(Firmware.Uefi, sectorSize: 4096)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}

/// <summary>Image deployment with AAVMF, on arm64, by one silo.</summary>
public sealed class ArmImageDeploymentTests() : ImageDeploymentTests(Firmware.Arm64)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem()
    {
        var image = Path.Combine(LabPaths.Files, "images", "debian-13-arm64.raw.zst");
        if (!File.Exists(image))
            Commands.Run(Path.Combine(LabPaths.Repository, "deploy", "images", "build-debian"), "--arch", "arm64", "--out", image);
        return InstallAsync();
    }
}

/// <summary>Image deployment with OVMF, by a cluster of two cores, two edges and a gateway.</summary>
public sealed class ClusterImageDeploymentTests() : ImageDeploymentTests(Firmware.Uefi, cluster: true)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}
