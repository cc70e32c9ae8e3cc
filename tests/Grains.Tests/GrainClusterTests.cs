using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Anvil.Grains.Tests;

/// <summary>Machines' grains in a cluster of silos that come and go.</summary>
public sealed class GrainClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private GrainCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await GrainCluster.StartAsync(3);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task NothingIsLostWithASiloThatIsKilledAndAnotherTakesItsPlace()
    {
        var machines = new List<(IMachineGrain Grain, string Uuid)>();
        for (var i = 0; i < 12; i++)
        {
            var (grain, machine) = await _cluster.MakeAsync($"kill-{i}");
            Assert.Equal(200, (await grain.Amend(GrainCluster.Describe("kept"))).Status);
            machines.Add((grain, machine.Uuid));
        }

        var dying = SiloOf(machines[0].Grain);
        await _cluster.Silos.KillSiloAsync(dying);
        await Task.WhenAll(machines.Select(m => AnswersAsync(m.Grain, 2)));
        await _cluster.Silos.StartAdditionalSiloAsync();
        foreach (var (grain, uuid) in machines)
        {
            var answer = await GrainCalls.ActAsync(()
                => grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/after","value":true}]""", GrainCluster.Terms)));
            Assert.Equal((200, "kept", 3), (answer.Status, answer.Machine!.Description, answer.Revision));
            Assert.True(_cluster.Storage.Row(uuid)!.Machine!.Params.ContainsKey("after"));
        }
    }

    [Fact]
    public async Task ASiloThatEndsHandsItsMachinesOver()
    {
        var (grain, _) = await _cluster.MakeAsync("ends");
        await grain.Amend(GrainCluster.Describe("kept"));
        await _cluster.Silos.StopSiloAsync(SiloOf(grain));
        await AnswersAsync(grain, 2);
        Assert.Equal((200, 3), ((await grain.Amend(GrainCluster.Describe("on"))).Status, (await grain.Read()).Revision));
    }

    [Fact]
    public async Task AMachineThatIsMovedGoesOnWhereItWas()
    {
        var (grain, machine) = await _cluster.MakeAsync("moves");
        await grain.Amend(GrainCluster.Describe("kept"));
        var from = SiloOf(grain);
        var to = _cluster.Silos.GetActiveSilos().First(s => !s.SiloAddress.Equals(from.SiloAddress));
        await _cluster.Silos.MigrateAsync(grain, to.SiloAddress);
        var answer = await grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/after","value":true}]""", GrainCluster.Terms));
        Assert.Equal((200, "kept", 3, false), (answer.Status, answer.Machine!.Description, answer.Revision, answer.Again));
        Assert.Equal(to.SiloAddress, SiloOf(grain).SiloAddress);
        Assert.Equal(machine.Secret, (await grain.Secrets())!.Secret);
    }

    [Fact]
    public async Task AnActivationThatEndsSetsItsSuccessorsReminder()
    {
        _cluster.Reminders.Failing = int.MaxValue;
        var (grain, machine) = await _cluster.MakeAsync("reminded");
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Tried > 0), Patience,
            () => "nobody has tried to register the reminder");
        _cluster.Reminders.Failing = 0;
        await _cluster.Silos.DeactivateAsync(grain);
        await AnswersAsync(grain, 1);
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Of(machine.Uuid) is not null), Patience,
            () => "the next activation does not register the reminder");
    }

    private InProcessSiloHandle SiloOf(IMachineGrain grain)
    {
        Assert.True(_cluster.Silos.TryGetGrainContext(grain.GetGrainId(), out var context), "the grain is not active");
        return _cluster.Silos.GetSiloForAddress(context.Address.SiloAddress!)!;
    }

    /// <summary>Asks as an edge does: again, until somebody answers.</summary>
    private static Task AnswersAsync(IMachineGrain grain, long revision) => Wait.UntilAsync(async () =>
    {
        try
        {
            return (await grain.Read()).Revision == revision;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return false;
        }
    }, Patience, () => $"{grain.GetPrimaryKeyString()} does not answer with revision {revision}");
}
