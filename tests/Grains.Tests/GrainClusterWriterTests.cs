using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Tests.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Orleans.Runtime;

namespace Anvil.Grains.Tests;

/// <summary>A subnet's grain and the catalog's writer in a cluster of silos that come and go.</summary>
public sealed class GrainClusterWriterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private GrainCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await GrainCluster.StartAsync(3);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task AnOfferIsStillGoodWhenItsSubnetsSiloIsKilledBeforeTheRequest()
    {
        var other = await LeaseAsync(1);
        var offered = (await AskAsync(LeaseAct.Discover, 2)).Lease!.Addr;
        await _cluster.Silos.KillSiloAsync(_cluster.SiloOf(_cluster.Subnet));
        var answer = await AskAsync(LeaseAct.Request, 2, offered);
        Assert.Equal((LeaseVerdict.Give, offered), (answer.Verdict, answer.Lease!.Addr));
        Assert.Equal(Lease.Ack, _cluster.Leases.At(offered)!.State);
        // Who had a lease before has it now.
        Assert.Equal(SubnetBench.Mac(1), _cluster.Leases.At(other)!.Token);
        Assert.Equal(other, (await AskAsync(LeaseAct.Request, 1, other)).Lease!.Addr);
    }

    [Fact]
    public async Task ASubnetThatIsMovedWhileOffersWaitGoesOnWhereItWas()
    {
        var offers = new List<(int Client, string Address)>();
        for (var client = 1; client <= 5; client++) offers.Add((client, (await AskAsync(LeaseAct.Discover, client)).Lease!.Addr));
        var from = _cluster.SiloOf(_cluster.Subnet);
        var to = _cluster.Silos.GetActiveSilos().First(s => !s.SiloAddress.Equals(from.SiloAddress));
        await _cluster.Silos.MigrateAsync(_cluster.Subnet, to.SiloAddress);
        foreach (var (client, address) in offers)
        {
            var answer = await AskAsync(LeaseAct.Request, client, address);
            Assert.Equal((LeaseVerdict.Give, address), (answer.Verdict, answer.Lease?.Addr));
        }

        Assert.Equal(to.SiloAddress, _cluster.SiloOf(_cluster.Subnet).SiloAddress);
        Assert.Equal(5, offers.Select(o => o.Address).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(2, _cluster.Leases.Openings);
    }

    [Fact]
    public async Task AStaleActivationGivesNothingAndTheNextOneDoes()
    {
        await LeaseAsync(1);
        var offered = (await AskAsync(LeaseAct.Discover, 2)).Lease!.Addr;
        // An offer that is still to be written would end the activation before anybody asks it.
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Leases.At(offered) is not null), Patience, () => "the offer is not written");
        _cluster.Leases.TakeOver();
        var stale = await _cluster.Subnet.Handle(Call(LeaseAct.Request, 2, offered));
        Assert.Equal((LeaseVerdict.Silence, LeaseCause.Moved, true), (stale.Verdict, stale.Cause, stale.Again));
        Assert.NotEqual(Lease.Ack, _cluster.Leases.At(offered)?.State);
        var answer = await AskAsync(LeaseAct.Request, 2, offered);
        Assert.Equal((LeaseVerdict.Give, offered), (answer.Verdict, answer.Lease!.Addr));
        Assert.Equal(2, _cluster.Leases.Openings);
    }

    /// <summary>The silo dies with a write on its way. Its successor writes; what comes late was decided upon what is over.</summary>
    [Fact]
    public async Task AWriteOfACatalogsWriterThatWasKilledIsRefusedOnceAnotherHasWritten()
    {
        Assert.Equal(201, (await MakeAsync("first")).Status);
        var gate = _cluster.Catalog.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = _cluster.Catalog.Begun;
        var late = _cluster.Writer.Make(Profile("late"));
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Catalog.Begun > begun), Patience, () => "the write does not begin");
        await _cluster.Silos.KillSiloAsync(_cluster.SiloOf(_cluster.Writer));
        await Assert.ThrowsAnyAsync<Exception>(() => late.WaitAsync(Patience));
        Assert.Equal(201, (await MakeAsync("second")).Status);

        gate.SetResult();
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Catalog.Refused > 0), Patience, () => "the late write is not refused");
        Assert.Equal(["create first", "create second"], _cluster.Catalog.Events.Take(2));
        // Whoever was not told that it is done asks again, and it is done once.
        var again = await MakeAsync("late");
        Assert.True(again.Status is 201 or 409, $"{again.Status}");
        Assert.Single(_cluster.Catalog.Events, e => e == "create late");
    }

    private static CatalogWrite Profile(string name) => new("profiles", "", new Profile { Name = name }, GrainCluster.Terms);

    private static LeaseCall Call(LeaseAct act, int client, string address)
        => new(act, SubnetBench.Mac(client), IPv4.Parse(address), IPv4.Parse("10.0.0.1"))
        {
            // It names the server whose offer it takes: one that was lost is good all the same.
            IsChosen = act == LeaseAct.Request,
        };

    private async Task<string> LeaseAsync(int client)
        => (await AskAsync(LeaseAct.Request, client, (await AskAsync(LeaseAct.Discover, client)).Lease!.Addr)).Lease!.Addr;

    /// <summary>Asks as a client does: again, until somebody answers.</summary>
    private async Task<LeaseAnswer> AskAsync(LeaseAct act, int client, string address = "0.0.0.0")
    {
        LeaseAnswer? answer = null;
        await Wait.UntilAsync(async () =>
        {
            try
            {
                answer = await _cluster.Subnet.Handle(Call(act, client, address));
                return !answer.Again;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                return false;
            }
        }, Patience, () => $"{act} of client {client} gets no answer");
        return answer!;
    }

    private async Task<CatalogAnswer> MakeAsync(string name)
    {
        CatalogAnswer? answer = null;
        await Wait.UntilAsync(async () =>
        {
            try
            {
                answer = await _cluster.Writer.Make(Profile(name));
                return true;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                return false;
            }
        }, Patience, () => $"profile {name} cannot be made");
        return answer!;
    }
}
