using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Installers of distributions.</summary>
public sealed class InstallerTests
{
    [Fact(Explicit = true)]
    public async Task TheDebianInstallerStartsWithItsPreseed()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios, memory: 1536);
        await lab.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "deb.example.com",
            ["HardwareAddrs"] = new JsonArray(vm.Mac),
            ["Workflow"] = "debian-13-install",
            ["Params"] = new JsonObject
            {
                ["debian/mirror"] = "http://10.77.0.1:8091/debian",
                ["kernel-console"] = "console=ttyS0,115200"
            },
        });
        await vm.PowerOnAsync();
        JsonArray timeline = [];
        await Wait.UntilAsync(
            async () =>
            {
                timeline = (JsonArray)(await lab.Api.GetAsync($"machines/{vm.Mac}/timeline"))!;
                return timeline.Any(
                    l => l!["What"]!.ToString().EndsWith("/seed", StringComparison.Ordinal)
                        && l["Outcome"]!.ToString().StartsWith("rendered", StringComparison.Ordinal));
            }, Deadline.Deployment, () => $"the installer did not fetch its preseed; its console ends: …{vm.Tail()}");
        var machine = (await lab.Api.MachineOfAsync(vm.Mac))!;
        Assert.Equal(("Installing", "debian-13"), (machine["Boot"]!["Phase"]!.ToString(), machine["OS"]!.ToString()));
        Assert.Contains(timeline, l => l!["What"]!.ToString() == $"GET {vm.Mac}.ipxe");
    }

    /// <summary>The whole installation, by itself, from a mirror on the lab's network, to a login on the installed disk.</summary>
    [Theory(Explicit = true)]
    [InlineData("12")]
    [InlineData("13")]
    public async Task TheDebianInstallerInstallsUnattended(string release)
    {
        var whole = Deadline.Installation;
        var mirror = Path.Combine(LabPaths.Repository, ".cache", $"debian-mirror-{release}");
        if (!Directory.Exists(mirror))
            Commands.Run(Path.Combine(LabPaths.Repository, "tests", "Lab", "debian-mirror"), "--release", release, "--out", mirror);
        await using var lab = await Laboratory.StartAsync(settings: [$"--Edge:FileRoot={mirror}"]);
        await LabContent.GiveAccountAsync(lab);
        var vm = lab.AddMachine(Firmware.Bios, memory: 1536);
        await lab.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "deb.example.com",
            ["HardwareAddrs"] = new JsonArray(vm.Mac),
            ["Workflow"] = $"debian-{release}-install",
            ["Params"] = new JsonObject
            {
                ["debian/mirror"] = "http://10.77.0.1:8091/debian",
                ["debian/tasks"] = new JsonArray("ssh-server"),
                ["install/post-install"] = "#!/bin/sh\necho installed by anvil > /etc/motd\n",
                ["kernel-console"] = "console=ttyS0,115200",
            },
        });
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", whole);
        Assert.Equal(("local", "local", $"debian-{release}"),
            (machine["BootEnv"]!.ToString(), machine["Stage"]!.ToString(), machine["OS"]!.ToString()));
        var at = await vm.ExpectAsync("deb login:", Deadline.Deployment);
        at = await LabContent.LogInAsync(vm, at);
        await vm.TypeAsync("cat /etc/debian_version; grep . /etc/motd; cat .ssh/authorized_keys; sudo -n true || echo password=asked\r");
        foreach (var line in new[] { $"{release}.", "installed by anvil", "lab@example.com", "password=asked\r" })
            at = await vm.ExpectAsync(line, Deadline.Deployment, at);
        var peer = lab.Network.AddPeer("cli").On(address: "10.77.0.50/24");
        Assert.StartsWith("SSH-2.0", peer.Run("timeout", "30", "bash", "-c", $"exec 3<>/dev/tcp/{machine["Address"]}/22 && head -n 1 <&3"),
            StringComparison.Ordinal);
    }
}
