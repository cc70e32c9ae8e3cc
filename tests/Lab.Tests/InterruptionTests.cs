using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>A server that dies in the middle.</summary>
public sealed class InterruptionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task KilledInTheMiddleOfDiscoveryAndOfInstallTheMachineFinishes()
    {
        await using var lab = await Laboratory.StartAsync(LabContent.Install);
        await LabContent.GiveAccountAsync(lab);
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
        await vm.ExpectAsync($"{machine["Name"]} login:", Patience);
    }
}
