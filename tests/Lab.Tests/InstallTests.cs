using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Empty disks that become installed systems.</summary>
public sealed class InstallTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKz0labKeyOfTheLaboratory0000000000000000000 lab@example.com";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private static readonly Dictionary<string, string> Install = new(StringComparer.Ordinal) { ["defaultWorkflow"] = "discover-and-install" };

    [Theory]
    [InlineData(Firmware.Bios)]
    [InlineData(Firmware.Uefi)]
    public async Task AnEmptyDiskBecomesAnInstalledSystem(Firmware firmware)
    {
        await using var lab = await Laboratory.StartAsync(Install);
        await GiveAccountAsync(lab);
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

    [Fact]
    public async Task KilledInTheMiddleOfDiscoveryAndOfInstallTheMachineFinishes()
    {
        await using var lab = await Laboratory.StartAsync(Install);
        await GiveAccountAsync(lab);
        var vm = lab.AddMachine(Firmware.Bios);
        await vm.PowerOnAsync();
        await vm.ExpectAsync("asks for an address", Patience);
        await lab.Silo.KillAsync();
        await vm.ExpectAsync("waits for", Patience);
        await lab.Silo.StartAsync();
        await vm.ExpectAsync("MiB written", Patience);
        var before = await lab.Api.MachineOfAsync(vm.Mac);
        await lab.Silo.KillAsync();
        var at = await vm.ExpectAsync("the download broke off", Patience);
        await lab.Silo.StartAsync();
        await vm.ExpectAsync("MiB are on /dev/vda", Patience, at);
        var machine = await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Patience);
        Assert.Equal(before!["Uuid"]!.ToString(), machine["Uuid"]!.ToString());
        Assert.Single((JsonArray)(await lab.Api.GetAsync("machines"))!);
        var jobs = (JsonArray)(await lab.Api.GetAsync("jobs"))!;
        Assert.All(jobs, job => Assert.Equal("finished", job!["State"]!.ToString()));
        Assert.Single(jobs, job => job!["Task"]!.ToString() == "image-write");
    }

    [Fact]
    public async Task TheDebianInstallerStartsWithItsPreseed()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios, memory: 1536);
        await lab.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "deb.example.com",
            ["HardwareAddrs"] = new JsonArray(vm.Mac),
            ["Workflow"] = "debian-13-install",
            ["Params"] = new JsonObject { ["debian/mirror"] = "http://10.77.0.1:8091/debian", ["kernel-console"] = "console=ttyS0,115200" },
        });
        await vm.PowerOnAsync();
        JsonArray timeline = [];
        await Wait.UntilAsync(
            async () =>
            {
                timeline = (JsonArray)(await lab.Api.GetAsync($"machines/{vm.Mac}/timeline"))!;
                return timeline.Any(l => l!["What"]!.ToString().EndsWith("/seed", StringComparison.Ordinal) && l["Outcome"]!.ToString().StartsWith("rendered", StringComparison.Ordinal));
            }, Patience, () => $"the installer did not fetch its preseed; its console ends: …{vm.Tail()}");
        var machine = (await lab.Api.MachineOfAsync(vm.Mac))!;
        Assert.Equal(("Installing", "debian-13"), (machine["Boot"]!["Phase"]!.ToString(), machine["OS"]!.ToString()));
        Assert.Contains(timeline, l => l!["What"]!.ToString() == $"GET {vm.Mac}.ipxe");
    }

    [Fact]
    public async Task TheWorkflowWipeErasesTheDisk()
    {
        await using var lab = await Laboratory.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["defaultWorkflow"] = "wipe" });
        var vm = lab.AddMachine(Firmware.Bios, disk: 256);
        var secret = "somebody's data"u8.ToArray();
        foreach (var at in new[] { 0L, 100 << 20, (256 << 20) - secret.Length })
        {
            await using var disk = new FileStream(vm.DiskFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) { Position = at };
            await disk.WriteAsync(secret);
        }

        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "at rest after the wipe", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Patience);
        await vm.PowerOffAsync();
        await using var wiped = new FileStream(vm.DiskFile, FileMode.Open, FileAccess.Read);
        Assert.Equal(256L << 20, wiped.Length);
        var buffer = new byte[1 << 20];
        while (await wiped.ReadAsync(buffer) is var read and > 0) Assert.False(buffer.AsSpan(0, read).ContainsAnyExcept((byte)0), $"data is left before {wiped.Position}");
    }

    [Fact(Explicit = true)]
    public async Task TheWorkflowReinstallWritesTheImageAnew()
    {
        await using var lab = await Laboratory.StartAsync(Install);
        var vm = lab.AddMachine(Firmware.Bios);
        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Patience);
        await vm.ExpectAsync(" login:", Patience);
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Workflow", "reinstall");
        await vm.PowerOffAsync();
        await vm.PowerOnAsync();
        await vm.ExpectAsync("MiB are on /dev/vda", Patience);
        await lab.MachineAsync(vm, "installed again", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Patience);
        await vm.ExpectAsync(" login:", Patience);
        var jobs = (JsonArray)(await lab.Api.GetAsync("jobs"))!;
        Assert.Equal(2, jobs.Count(j => j!["Task"]!.ToString() == "image-write" && j["State"]!.ToString() == "finished"));
    }

    [Fact]
    public async Task SledgehammerJumpsIntoTheInstallerByKexec()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios, memory: 1536);
        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Patience);
        await lab.Api.PatchAsync($"machines/{vm.Mac}", new JsonArray(
            new JsonObject { ["op"] = "add", ["path"] = "/Params/kexec-ok", ["value"] = true },
            new JsonObject { ["op"] = "add", ["path"] = "/Params/kernel-console", ["value"] = "console=ttyS0,115200" },
            new JsonObject { ["op"] = "add", ["path"] = "/Params/debian~1mirror", ["value"] = "http://10.77.0.1:8091/debian" }));
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Workflow", "debian-13-install");
        var at = await vm.ExpectAsync("jumps into the new kernel", Patience);
        await vm.ExpectAsync("Linux version 6.12", Patience, at);
    }

    private static Task GiveAccountAsync(Laboratory lab) => lab.Api.PatchAsync("profiles/global", new JsonArray(
        new JsonObject { ["op"] = "add", ["path"] = "/Params/install~1password-hash", ["value"] = LabSettings.PasswordHash },
        new JsonObject { ["op"] = "add", ["path"] = "/Params/access-keys", ["value"] = new JsonObject { ["lab"] = Key } }));
}
