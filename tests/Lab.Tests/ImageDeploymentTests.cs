namespace Anvil.Lab.Tests;

/// <summary>An empty disk that becomes an installed system by image deployment, with one firmware, on one silo or a cluster.</summary>
public abstract class ImageDeploymentTests(Firmware firmware, bool cluster = false)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    protected async Task InstallAsync()
    {
        await using var lab = await Laboratory.StartAsync(LabContent.Install, cluster);
        await LabContent.GiveAccountAsync(lab);
        var vm = lab.AddMachine(firmware);
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Patience);
        Assert.Equal(("local", "local", "debian-13"), (machine["BootEnv"]!.ToString(), machine["Stage"]!.ToString(), machine["OS"]!.ToString()));
        var name = machine["Name"]!.ToString();
        var at = await vm.ExpectAsync($"{name} login:", Patience);
        await vm.TypeAsync("anvil\r");
        at = await vm.ExpectAsync("Password:", TimeSpan.FromMinutes(1), at);
        await vm.TypeAsync(LabSettings.Password + "\r");
        at = await vm.ExpectAsync("$", TimeSpan.FromMinutes(2), at);
        await vm.TypeAsync("cat .ssh/authorized_keys; echo name=$(hostname); df -h / | tail -n 1; test -d /sys/firmware/efi && echo by=uefi || echo by=bios\r");
        at = await vm.ExpectAsync("lab@example.com", TimeSpan.FromMinutes(1), at);
        at = await vm.ExpectAsync($"name={name}", TimeSpan.FromMinutes(1), at);
        at = await vm.ExpectAsync("5.", TimeSpan.FromMinutes(1), at);
        await vm.ExpectAsync(firmware == Firmware.Uefi ? "by=uefi\r" : "by=bios\r", TimeSpan.FromMinutes(1), at);
    }
}

/// <summary>Image deployment with SeaBIOS, by one silo; every test run installs like this in <see cref="InterruptionTests"/>.</summary>
public sealed class BiosImageDeploymentTests() : ImageDeploymentTests(Firmware.Bios)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}

/// <summary>Image deployment with OVMF, by one silo.</summary>
public sealed class UefiImageDeploymentTests() : ImageDeploymentTests(Firmware.Uefi)
{
    [Fact(Explicit = true)]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}

/// <summary>Image deployment with OVMF, by a cluster of two cores, two edges and a gateway.</summary>
public sealed class ClusterImageDeploymentTests() : ImageDeploymentTests(Firmware.Uefi, cluster: true)
{
    [Fact]
    public Task AnEmptyDiskBecomesAnInstalledSystem() => InstallAsync();
}
