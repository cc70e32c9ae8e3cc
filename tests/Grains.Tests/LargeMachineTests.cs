using Anvil.Contracts.Machines;
using Anvil.Grains.Machines;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Anvil.Grains.Tests;

/// <summary>Large machines that nobody uses leave a silo's memory to those that are used.</summary>
public sealed class LargeMachineTests : IAsyncLifetime
{
    private const int Large = 1 << 20;
    private const int Room = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private GrainCluster _cluster = null!;

    private LargeMachines Held => _cluster.Silos.Silos[0].SiloHost.Services.GetRequiredService<LargeMachines>();

    public async ValueTask InitializeAsync()
        => _cluster = await GrainCluster.StartAsync(1, largeOctets: LargeMachines.OfDocument * (Room * Large + Large / 2L));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task ThoseUsedLongestAgoArePutAwayAndAreThereWhenTheyAreAskedFor()
    {
        var (small, _) = await _cluster.MakeAsync("small");
        var machines = new List<IMachineGrain>();
        for (var i = 0; i < Room; i++) machines.Add(await MakeAsync(i));
        Assert.All(machines, m => Assert.True(IsThere(m)));
        // The first is asked for: it is not the one that goes.
        Assert.Equal(200, (await machines[0].Read()).Status);
        machines.Add(await MakeAsync(Room));
        await Wait.UntilAsync(() => Task.FromResult(!IsThere(machines[1])), Patience, () => "the one used longest ago stays in memory");
        Assert.True(IsThere(machines[0]) && IsThere(machines[2]) && IsThere(machines[3]) && IsThere(small));
        Assert.InRange(Held.Octets, Room * (long)Large * LargeMachines.OfDocument, LargeMachines.OfDocument * (Room * Large + Large / 2L));
        var read = await machines[1].Read();
        Assert.Equal((200, "large-1", Large), (read.Status, read.Machine!.Name, read.Machine.Description.Length));
        await Wait.UntilAsync(() => Task.FromResult(!IsThere(machines[2])), Patience, () => "the next one stays in memory");
    }

    [Fact]
    public async Task OneThatBecomesSmallOrGoesTakesNothing()
    {
        var (one, other) = (await MakeAsync(1), await MakeAsync(2));
        Assert.Equal(200, (await one.Amend(GrainCluster.Describe("short"))).Status);
        Assert.InRange(Held.Octets, (long)Large * LargeMachines.OfDocument, (Large + (Large / 8L)) * LargeMachines.OfDocument);
        Assert.Equal(200, (await other.Remove(GrainCluster.Terms)).Status);
        await Wait.UntilAsync(() => Task.FromResult(Held.Octets == 0), Patience, () => $"{Held.Octets} octets are held for nobody");
    }

    private bool IsThere(IMachineGrain machine) => _cluster.Silos.TryGetGrainContext(machine.GetGrainId(), out _);

    private async Task<IMachineGrain> MakeAsync(int number)
    {
        var (grain, _) = await _cluster.MakeAsync($"large-{number}");
        Assert.Equal(200, (await grain.Amend(GrainCluster.Describe(new string('d', Large)))).Status);
        return grain;
    }
}
