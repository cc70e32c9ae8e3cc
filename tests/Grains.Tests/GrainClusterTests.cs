using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts;
using Anvil.Grains.Machines;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.DependencyInjection;
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

        var dying = _cluster.SiloOf(machines[0].Grain);
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
    public async Task WhatWasSeenIsKeptWithoutTheDocumentWhenTheSiloIsKilled()
    {
        var machines = new List<(IMachineGrain Grain, string Uuid)>();
        for (var i = 0; i < 12; i++)
        {
            var (grain, machine) = await _cluster.MakeAsync($"seen-{i}");
            machines.Add((grain, machine.Uuid));
        }

        await EverywhereAsync(SiloTraits.BootStates);
        var documents = _cluster.Storage.Begun;
        for (var i = 0; i < machines.Count; i++) Assert.Equal((200, 2), await SeenAsync(machines[i].Grain, $"10.0.0.{i}"));
        Assert.Equal(documents, _cluster.Storage.Begun);
        await _cluster.Silos.KillSiloAsync(_cluster.SiloOf(machines[0].Grain));
        await Task.WhenAll(machines.Select(m => AnswersAsync(m.Grain, 2)));
        for (var i = 0; i < machines.Count; i++)
        {
            Assert.Equal($"10.0.0.{i}", (await machines[i].Grain.Read()).Machine!.Address);
            Assert.Equal("", _cluster.Storage.Document(machines[i].Uuid)!.Machine!.Address);
        }
    }

    /// <summary>A silo of the version before shows what documents say: while one is there, documents are written.</summary>
    [Fact]
    public async Task WhileASiloOfTheVersionBeforeIsThereDocumentsAreWrittenWhole()
    {
        var (grain, machine) = await _cluster.MakeAsync("rolling");
        await EverywhereAsync(SiloTraits.BootStates);
        var from = _cluster.SiloOf(grain);
        _cluster.StartsOlder = true;
        var older = await _cluster.Silos.StartAdditionalSiloAsync();
        await Wait.UntilAsync(() => Task.FromResult(!Knows(from, SiloTraits.BootStates)), Patience,
            () => "a silo does not see that an older one has come");
        var (documents, records) = (_cluster.Storage.Begun, _cluster.Storage.BootBatches.Count);
        Assert.Equal((200, 2), await SeenAsync(grain, "10.0.0.1"));
        Assert.Equal((documents + 1, records), (_cluster.Storage.Begun, _cluster.Storage.BootBatches.Count));
        Assert.Equal("10.0.0.1", _cluster.Storage.Document(machine.Uuid)!.Machine!.Address);
        await _cluster.Silos.StopSiloAsync(older);
        await EverywhereAsync(SiloTraits.BootStates);
        Assert.Equal((200, 3), await SeenAsync(grain, "10.0.0.2"));
        Assert.Equal(("10.0.0.1", "10.0.0.2"),
            (_cluster.Storage.Document(machine.Uuid)!.Machine!.Address, _cluster.Storage.Row(machine.Uuid)!.Machine!.Address));
    }

    /// <summary>A silo of the version before goes by no tenant, takes what was revoked, and gives away whoever has other roles.</summary>
    [Fact]
    public async Task WhileASiloOfTheVersionBeforeIsThereNoRolesAreMadeAndNoTokensRevoked()
    {
        await EverywhereAsync(SiloTraits.Access);
        Task<CatalogAnswer> MakeAsync(string name)
            => _cluster.Writer.Make(new CatalogWrite("roles", "", new Role { Name = name }, GrainCluster.Terms));
        Assert.Equal(201, (await MakeAsync("first")).Status);
        var from = _cluster.SiloOf(_cluster.Writer);
        _cluster.StartsOlder = true;
        var older = await _cluster.Silos.StartAdditionalSiloAsync();
        await Wait.UntilAsync(() => Task.FromResult(!Knows(from, SiloTraits.Access)), Patience,
            () => "a silo does not see that an older one has come");
        var revocation = new TokenRevocation("nobody", "0123456789abcdef", 2, 1, GrainCluster.Terms);
        var tenant = new CatalogWrite("tenants", "", new Tenant { Name = "tenant" }, GrainCluster.Terms);
        var merge = new CatalogMerge("roles", [new Role { Name = "merged" }], [], GrainCluster.Terms);
        foreach (var answer in new[]
        {
            await MakeAsync("second"), await _cluster.Writer.Make(tenant), await _cluster.Writer.MergeAll(merge),
            await _cluster.Writer.Revoke(revocation),
        })
        {
            Assert.Equal(503, answer.Error!.Code);
            Assert.Contains("all silos are upgraded", answer.Error.Messages.Single(), StringComparison.Ordinal);
        }

        await _cluster.Silos.StopSiloAsync(older);
        await EverywhereAsync(SiloTraits.Access);
        Assert.Equal(201, (await MakeAsync("second")).Status);
        Assert.Equal(201, (await _cluster.Writer.Make(tenant)).Status);
        Assert.Equal(404, (await _cluster.Writer.Revoke(revocation)).Error!.Code);
    }

    [Fact]
    public async Task ASiloThatEndsHandsItsMachinesOver()
    {
        var (grain, _) = await _cluster.MakeAsync("ends");
        await grain.Amend(GrainCluster.Describe("kept"));
        await _cluster.Silos.StopSiloAsync(_cluster.SiloOf(grain));
        await AnswersAsync(grain, 2);
        Assert.Equal((200, 3), ((await grain.Amend(GrainCluster.Describe("on"))).Status, (await grain.Read()).Revision));
    }

    [Fact]
    public async Task AMachineThatIsMovedGoesOnWhereItWas()
    {
        var (grain, machine) = await _cluster.MakeAsync("moves");
        await grain.Amend(GrainCluster.Describe("kept"));
        var from = _cluster.SiloOf(grain);
        var to = _cluster.Silos.GetActiveSilos().First(s => !s.SiloAddress.Equals(from.SiloAddress));
        await _cluster.Silos.MigrateAsync(grain, to.SiloAddress);
        var answer = await grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/after","value":true}]""", GrainCluster.Terms));
        Assert.Equal((200, "kept", 3, false), (answer.Status, answer.Machine!.Description, answer.Revision, answer.Again));
        Assert.Equal(to.SiloAddress, _cluster.SiloOf(grain).SiloAddress);
        Assert.Equal(machine.Secret, (await grain.Secrets())!.Secret);
    }

    [Fact]
    public async Task ChanceIsWhatItsSiloIsGiven()
    {
        await using var cluster = await GrainCluster.StartAsync(1,
            chance: new Entropy(() => "11111111-1111-4111-8111-111111111111", () => "the secret", () => "the boot"));
        var (grain, machine) = await cluster.MakeAsync("chance");
        Assert.Equal(("the secret", "the secret", "the boot"),
            (machine.Secret, (await grain.Secrets())!.Secret, (await grain.Secrets())!.BootId));
        Assert.Equal("11111111-1111-4111-8111-111111111111", (await grain.StartJob(GrainCluster.Terms.Actor)).Job!.Uuid);
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

    private static async Task<(int Status, long Revision)> SeenAsync(IMachineGrain grain, string address)
    {
        var reply = await GrainCalls.ActAsync(() => grain.Sighted(new Sighting(SightingKind.Leased, address, "", "")));
        return (reply.Status, reply.Revision);
    }

    private static bool Knows(InProcessSiloHandle silo, string trait)
        => silo.SiloHost.Services.GetRequiredService<EverySilo>().Has(trait);

    /// <summary>Waits until each silo knows of the others that they know something.</summary>
    private Task EverywhereAsync(string trait) => Wait.UntilAsync(
        () => Task.FromResult(_cluster.Silos.GetActiveSilos().All(s => Knows(s, trait))), Patience,
        () => "a silo does not know of another what it is");

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
