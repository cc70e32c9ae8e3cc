using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Disks that are erased, and written anew.</summary>
public sealed class DiskTests
{
    /// <summary>The disk is erased; then the machine jumps into an installer without another start of its firmware.</summary>
    [Fact]
    public async Task ADiskIsWipedAndTheInstallerBegunByKexec()
    {
        await using var lab =
            await Laboratory.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["defaultWorkflow"] = "wipe" });
        var vm = lab.AddMachine(Firmware.Bios, memory: 1536, disk: 256);
        var secret = "somebody's data"u8.ToArray();
        foreach (var at in new[] { 0L, 100 << 20, (256 << 20) - secret.Length })
        {
            await using var disk = new FileStream(vm.DiskFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) { Position = at };
            await disk.WriteAsync(secret);
        }

        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "at rest after the wipe", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Deployment);
        await lab.Api.PatchAsync($"machines/{vm.Mac}", new JsonArray(
            new JsonObject { ["op"] = "add", ["path"] = "/Params/kexec-ok", ["value"] = true },
            new JsonObject { ["op"] = "add", ["path"] = "/Params/kernel-console", ["value"] = "console=ttyS0,115200" },
            new JsonObject { ["op"] = "add", ["path"] = "/Params/debian~1mirror", ["value"] = "http://10.77.0.1:8091/debian" }));
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Workflow", "debian-13-install");
        var jumped = await vm.ExpectAsync("jumps into the new kernel", Deadline.Deployment);
        await vm.ExpectAsync("Linux version 6.12", Deadline.Deployment, jumped);
        await vm.PowerOffAsync();
        await using var wiped = new FileStream(vm.DiskFile, FileMode.Open, FileAccess.Read);
        Assert.Equal(256L << 20, wiped.Length);
        var buffer = new byte[1 << 20];
        while (await wiped.ReadAsync(buffer) is var read and > 0)
            Assert.False(buffer.AsSpan(0, read).ContainsAnyExcept((byte)0), $"data is left before {wiped.Position}");
    }

    [Fact(Explicit = true)]
    public async Task TheWorkflowReinstallWritesTheImageAnew()
    {
        await using var lab = await Laboratory.StartAsync(LabContent.Install);
        var vm = lab.AddMachine(Firmware.Bios);
        await vm.PowerOnAsync();
        await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Deadline.Deployment);
        await vm.ExpectAsync(" login:", Deadline.Deployment);
        await lab.Api.SetAsync($"machines/{vm.Mac}", "/Workflow", "reinstall");
        await vm.PowerOffAsync();
        await vm.PowerOnAsync();
        await vm.ExpectAsync("MiB are on /dev/vda", Deadline.Deployment);
        await lab.MachineAsync(vm, "installed again", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Deadline.Deployment);
        await vm.ExpectAsync(" login:", Deadline.Deployment);
        var jobs = (JsonArray)(await lab.Api.GetAsync("jobs"))!;
        Assert.Equal(2, jobs.Count(j => j!["Task"]!.ToString() == "image-write" && j["State"]!.ToString() == "finished"));
    }
}
