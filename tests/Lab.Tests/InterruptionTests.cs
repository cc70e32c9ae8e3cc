using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>A server that dies in the middle.</summary>
public sealed class InterruptionTests
{
    [Fact(Explicit = true)]
    public async Task KilledInTheMiddleOfDiscoveryAndOfInstallTheMachineFinishes()
    {
        await using var lab = await Laboratory.StartAsync(LabContent.Install);
        await LabContent.GiveAccountAsync(lab);
        var vm = lab.AddMachine(Firmware.Bios);
        await vm.PowerOnAsync();
        await vm.ExpectAsync("asks for an address", Deadline.Deployment);
        await lab.Silo.KillAsync();
        await vm.ExpectAsync("waits for", Deadline.Deployment);
        await lab.Silo.StartAsync();
        await vm.ExpectAsync("MiB written", Deadline.Deployment);
        var before = await lab.Api.MachineOfAsync(vm.Mac);
        await lab.Silo.KillAsync();
        var at = await vm.ExpectAsync("the download broke off", Deadline.Deployment);
        await lab.Silo.StartAsync();
        await vm.ExpectAsync("MiB are on /dev/vda", Deadline.Deployment, at);
        var machine = await lab.MachineAsync(vm, "installed", m => m["Boot"]!["Phase"]!.ToString() == "Installed", Deadline.Deployment);
        Assert.Equal(before!["Uuid"]!.ToString(), machine["Uuid"]!.ToString());
        Assert.Single((JsonArray)(await lab.Api.GetAsync("machines"))!);
        var jobs = (JsonArray)(await lab.Api.GetAsync("jobs"))!;
        Assert.All(jobs, job => Assert.Equal("finished", job!["State"]!.ToString()));
        Assert.Single(jobs, job => job!["Task"]!.ToString() == "image-write");
        await vm.ExpectAsync($"{machine["Name"]} login:", Deadline.Deployment);
    }
}
