using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Tests.Subnets;

/// <summary>A subnet's grain with a clock and a database that the test moves.</summary>
public sealed class SubnetGrainTests
{
    /// <summary>
    /// Decisions that come while a transaction is written wait together for the next one: 11 clients, two writes. What was only offered
    /// goes with the first.
    /// </summary>
    [Fact]
    public async Task WhatWaitsGoesIntoOneWrite()
    {
        var bench = await SubnetBench.OpenAsync();
        var offers = new List<LeaseAnswer>();
        for (var i = 0; i <= 10; i++) offers.Add(await bench.Discover(i));
        Assert.Equal(0, bench.Store.Begun);
        bench.Store.Hold();
        var first = bench.Request(0, offers[0].Lease!.Addr);
        await SubnetBench.Until("the first write begins", () => bench.Store.Begun == 1);
        var others = Enumerable.Range(1, 10).Select(i => bench.Request(i, offers[i].Lease!.Addr)).ToList();
        await bench.Shell.Call(() => Task.CompletedTask); // The turns of all ten are over.
        Assert.DoesNotContain(others.Append(first), t => t.IsCompleted);
        bench.Store.LetGo();
        var answers = await Task.WhenAll(others.Append(first));
        Assert.Equal([11, 10], bench.Store.Writes);
        Assert.Equal(11, answers.Select(a => a.Lease!.Addr).Distinct().Count());
        Assert.All(answers, a => Assert.Equal((a.Lease!.Token, Lease.Ack),
            (bench.Store.At(a.Lease!.Addr)!.Token, bench.Store.At(a.Lease!.Addr)!.State)));
    }

    /// <summary>An offer is written when nobody takes it at once; one that became a lease is written as that alone.</summary>
    [Fact]
    public async Task OffersAreWrittenAMomentLater()
    {
        var bench = await SubnetBench.OpenAsync();
        await bench.Lease(1);
        Assert.Equal([1], bench.Store.Writes);
        var kept = await bench.Discover(2);
        Assert.Null(bench.Store.At(kept.Lease!.Addr));
        bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await SubnetBench.Until("the offer is written", () => bench.Store.At(kept.Lease!.Addr) is { State: Lease.Offer });
        Assert.Equal([1, 1], bench.Store.Writes);
        // A silo that ends writes what it has offered.
        var last = await bench.Discover(3);
        await bench.Shell.Call(() => ((IGrainBase)bench.Grain).OnDeactivateAsync(
            new DeactivationReason(DeactivationReasonCode.ShuttingDown, "test"), CancellationToken.None));
        Assert.Equal(SubnetBench.Mac(3), bench.Store.At(last.Lease!.Addr)!.Token);
    }

    /// <summary>Only after a grain began can there be offers that it does not know of; later nobody is leased what was not
    /// offered.</summary>
    [Fact]
    public async Task LostOffersAreTakenInTheFirstMinuteAlone()
    {
        var bench = await SubnetBench.OpenAsync();
        Task<LeaseAnswer> TakeAsync(int client, string address) => bench.Ask(LeaseAct.Request, client, address, isChosen: true);
        Assert.Equal(LeaseVerdict.Give, (await TakeAsync(1, "10.0.0.15")).Verdict);
        Assert.Equal(LeaseVerdict.Refuse, (await TakeAsync(1, "10.0.0.16")).Verdict);
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(LeaseVerdict.Refuse, (await TakeAsync(2, "10.0.0.17")).Verdict);
    }

    /// <summary>Offers that cannot be written are taken back with everything that was decided upon them.</summary>
    [Fact]
    public async Task OffersThatCannotBeWrittenAreTakenBack()
    {
        var bench = await SubnetBench.OpenAsync();
        bench.Store.IsAway = true;
        var offer = await bench.Discover(1);
        Assert.Equal(LeaseVerdict.Give, offer.Verdict);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await SubnetBench.Until("the offer is taken back", () => bench.Store.Begun == 1 && bench.Shell.Timers == 1);
        Assert.Equal(0u, await bench.Shell.Call(() => bench.Grain.AddressOf(SubnetBench.Mac(1))));
        Assert.Equal(LeaseCause.DatabaseAway, (await bench.Discover(2)).Cause);
    }

    /// <summary>The version before knows a lease by its JSON alone, and sends nothing else.</summary>
    [Fact]
    public async Task AnswersAreReadByTheVersionBefore()
    {
        var reservation = new Reservation { Addr = "10.0.0.50", Token = SubnetBench.Mac(1), Strategy = "MAC" };
        var bench = await SubnetBench.OpenAsync(reservation);
        var answer = await bench.Discover(1);
        Assert.Equal("10.0.0.50", answer.Lease!.Addr);
        var old = new LeaseAnswer(answer.Verdict, answer.LeaseJson, answer.ReservationJson, answer.Reason);
        Assert.Equal((answer.Lease.Addr, answer.Lease.Token, answer.Lease.ExpireTime),
            (old.Lease!.Addr, old.Lease.Token, old.Lease.ExpireTime));
        Assert.Equal(reservation.Token, old.Reservation!.Token);
    }

    [Fact]
    public async Task WhileTheDatabaseIsAwayRenewalsAreForTheTimeLeft()
    {
        var bench = await SubnetBench.OpenAsync();
        var lease = await bench.Lease(1);
        bench.Clock.Advance(TimeSpan.FromSeconds(200));
        bench.Store.IsAway = true;
        for (var i = 0; i < 2; i++)
        {
            var renewed = await bench.Request(1, lease.Addr);
            Assert.Equal((LeaseVerdict.Give, 400, lease.ExpireTime), (renewed.Verdict, renewed.Lease!.Duration, renewed.Lease.ExpireTime));
            var stranger = await bench.Discover(2);
            Assert.Equal((LeaseVerdict.Silence, LeaseCause.DatabaseAway), (stranger.Verdict, stranger.Cause));
            Assert.EndsWith(": new leases wait", stranger.Reason, StringComparison.Ordinal);
            Assert.StartsWith("the database does not take a statement", stranger.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(503, (await bench.Shell.Call(() => bench.Grain.DeleteLease(IPv4.Parse(lease.Addr)))).Status);
        Assert.Equal(1, bench.Shell.Timers);
        bench.Store.IsAway = false;
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await SubnetBench.Until("the leases are read again", () => bench.Shell.Timers == 0);
        Assert.Equal(2, bench.Store.Openings);
        Assert.Equal(600, (await bench.Request(1, lease.Addr)).Lease!.Duration);
        Assert.Equal(LeaseVerdict.Give, (await bench.Discover(2)).Verdict);
    }

    /// <summary>An edge's own address is nobody's, whether it is free, reserved, or was leased before the edge had it.</summary>
    [Fact]
    public async Task AnEdgesOwnAddressIsNobodys()
    {
        var bench = await SubnetBench.OpenAsync(Reserved(11, 7));
        var before = await bench.Lease(1);
        Assert.Equal("10.0.0.10", before.Addr);
        foreach (var own in new[] { "10.0.0.10", "10.0.0.11", "10.0.0.12" }) bench.Edges.Own.Add(IPv4.Parse(own));
        Assert.Equal(LeaseVerdict.Refuse, (await bench.Request(1, "10.0.0.10")).Verdict);
        Assert.Equal(LeaseVerdict.Silence, (await bench.Discover(7)).Verdict);
        var given = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 20; i < 40; i++)
        {
            var offer = await bench.Discover(i);
            if (offer.Verdict == LeaseVerdict.Give) given.Add(offer.Lease!.Addr);
        }

        Assert.Equal(Enumerable.Range(13, 8).Select(n => $"10.0.0.{n}").Order(), given.Order());
    }

    /// <summary>Each ACK is a row of history, and a DECLINE leaves its address to the next one: strangers have few of them.</summary>
    [Fact]
    public async Task StrangersDeclineAsFewAsTheyRelease()
    {
        var bench = await SubnetBench.OpenAsync();
        Task<LeaseAnswer> Ask(LeaseAct act, int client, string address) => bench.Shell.Call(() => bench.Grain.Handle(
            new LeaseCall(act, $"06:00:00:00:{client >> 8:x2}:{client & 255:x2}", IPv4.Parse(address), IPv4.Parse("10.0.0.1"))
            {
                TellsStrangers = true,
            }));
        async Task<(string Address, LeaseAnswer Answer)> DeclineAsync(int client)
        {
            var address = (await Ask(LeaseAct.Discover, client, "0.0.0.0")).Lease!.Addr;
            Assert.Equal(LeaseVerdict.Give, (await Ask(LeaseAct.Request, client, address)).Verdict);
            return (address, await Ask(LeaseAct.Decline, client, address));
        }

        for (var client = 0; client < 256; client++)
        {
            var (address, _) = await DeclineAsync(client);
            Assert.NotEqual(Lease.Ack, bench.Store.At(address)!.State);
        }

        var (beyond, answer) = await DeclineAsync(256);
        Assert.Equal((LeaseCause.Doubtful, "too many leases are given back at once"), (answer.Cause, answer.Reason));
        Assert.Equal(Lease.Ack, bench.Store.At(beyond)!.State);
        Assert.Equal(LeaseCause.Doubtful, (await Ask(LeaseAct.Release, 256, beyond)).Cause);
        Assert.Equal(Lease.Ack, bench.Store.At(beyond)!.State);
        bench.Clock.Advance(TimeSpan.FromSeconds(4));
        await Ask(LeaseAct.Release, 256, beyond);
        Assert.Equal(Lease.Expired, bench.Store.At(beyond)!.State);
    }

    /// <summary>An offer makes nobody the one who has the address; who had it last has it until somebody is leased it.</summary>
    [Fact]
    public async Task WhoHasAnAddressIsNotWhoIsOfferedIt()
    {
        var bench = await SubnetBench.OpenAsync();
        bench.MoveOn(SubnetBench.Net with { ActiveEnd = "10.0.0.10" });
        var at = IPv4.Parse("10.0.0.10");
        AddressHolder Of(int client, bool isLapsed) => new(SubnetBench.Mac(client), isLapsed) { Former = "" };
        Task<AddressHolder?> Who() => bench.Shell.Call(() => bench.Grain.WhoHas(at));
        await bench.Discover(1);
        Assert.Null(await Who());
        Assert.Null(await bench.Shell.Call(() => bench.Grain.HolderOf(at)));
        await bench.Lease(1);
        Assert.Equal(Of(1, isLapsed: false), await Who());
        bench.Clock.Advance(TimeSpan.FromSeconds(601));
        Assert.Equal(Of(1, isLapsed: true), await Who());
        Assert.Equal("10.0.0.10", (await bench.Ask(LeaseAct.Discover, 2, "10.0.0.10")).Lease!.Addr);
        Assert.Equal(Of(1, isLapsed: true), await Who());
        Assert.Equal(SubnetBench.Mac(1), await bench.Shell.Call(() => bench.Grain.LapsedHolderOf(at)));
        await bench.Shell.Call(() => bench.Grain.Probed(at, true));
        Assert.Equal(Of(1, isLapsed: true), await Who());
        // As another silo reads it.
        Assert.Equal((SubnetBench.Mac(1), Lease.Invalid), (bench.Store.At("10.0.0.10")!.Former, bench.Store.At("10.0.0.10")!.State));
        bench.Clock.Advance(TimeSpan.FromMinutes(11));
        await bench.Lease(2);
        Assert.Equal(Of(2, isLapsed: false), await Who());
    }

    /// <summary>
    /// What waits behind a write that fails was decided upon it, and fails with it; nobody is told of a lease that is not stored.
    /// </summary>
    [Fact]
    public async Task AFailedWriteTakesBackWhatWaitedBehindIt()
    {
        var bench = await SubnetBench.OpenAsync();
        var offers = new[] { await bench.Discover(0), await bench.Discover(1) };
        bench.Store.Hold();
        var first = bench.Request(0, offers[0].Lease!.Addr);
        await SubnetBench.Until("the first write begins", () => bench.Store.Begun == 1);
        var second = bench.Request(1, offers[1].Lease!.Addr);
        await bench.Shell.Call(() => Task.CompletedTask);
        bench.Store.IsAway = true;
        bench.Store.LetGo();
        Assert.All(await Task.WhenAll(first, second), a => Assert.Equal(LeaseCause.DatabaseAway, a.Cause));
        Assert.Equal(1, bench.Store.Begun);
        Assert.Equal(0u, await bench.Shell.Call(() => bench.Grain.AddressOf(SubnetBench.Mac(0))));
        Assert.Equal(0u, await bench.Shell.Call(() => bench.Grain.AddressOf(SubnetBench.Mac(1))));
    }

    /// <summary>
    /// A client counts its own seconds: after a jump its lease has as long to go as before, in memory and in the database.
    /// </summary>
    [Theory]
    [InlineData(86400)]
    [InlineData(-86400)]
    public async Task LeasesMoveWithAClockThatJumps(int seconds)
    {
        var bench = await SubnetBench.OpenAsync();
        var lease = await bench.Lease(1);
        bench.Clock.Advance(TimeSpan.FromSeconds(100));
        bench.Clock.Jumped = TimeSpan.FromSeconds(seconds);
        Assert.Equal(SubnetBench.Mac(1), await bench.Shell.Call(() => bench.Grain.HolderOf(IPv4.Parse(lease.Addr))));
        Assert.Equal(lease.ExpireTime.AddSeconds(seconds), bench.Store.At(lease.Addr)!.ExpireTime);
        bench.Clock.Advance(TimeSpan.FromSeconds(499));
        Assert.Equal(SubnetBench.Mac(1), await bench.Shell.Call(() => bench.Grain.HolderOf(IPv4.Parse(lease.Addr))));
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await bench.Shell.Call(() => bench.Grain.HolderOf(IPv4.Parse(lease.Addr))));
    }

    [Fact]
    public async Task AJumpWhileTheDatabaseIsAwayIsStoredOnceItIsBack()
    {
        var bench = await SubnetBench.OpenAsync();
        var lease = await bench.Lease(1);
        bench.Store.IsAway = true;
        await bench.Discover(2);
        bench.Clock.Jumped = TimeSpan.FromHours(5);
        var renewed = await bench.Request(1, lease.Addr);
        Assert.Equal((600, lease.ExpireTime.AddHours(5)), (renewed.Lease!.Duration, renewed.Lease.ExpireTime));
        bench.Store.IsAway = false;
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await SubnetBench.Until("the ends are stored", () => bench.Store.At(lease.Addr)!.ExpireTime == lease.ExpireTime.AddHours(5));
    }

    [Fact]
    public async Task AStaleEpochEndsTheActivation()
    {
        var bench = await SubnetBench.OpenAsync();
        await bench.Lease(1);
        bench.Store.TakeOver();
        var answer = await bench.Request(2, (await bench.Discover(2)).Lease!.Addr);
        Assert.Equal((LeaseVerdict.Silence, LeaseCause.Moved, true), (answer.Verdict, answer.Cause, answer.Again));
        Assert.True(bench.Shell.IsEnding);
        Assert.True((await bench.Discover(3)).Again);
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await SubnetBench.Until("no timer is left", () => bench.Shell.Timers == 0);
        Assert.Equal(1, bench.Store.Openings);
    }

    /// <summary>A deletion goes behind what was decided before it, and before what is decided after it.</summary>
    [Fact]
    public async Task ADeletionKeepsItsPlaceAmongTheWrites()
    {
        var bench = await SubnetBench.OpenAsync();
        var lease = await bench.Lease(1);
        bench.Store.Hold();
        var renewal = bench.Request(1, lease.Addr);
        await SubnetBench.Until("the renewal's write begins", () => bench.Store.Begun == 2);
        var deletion = bench.Shell.Call(() => bench.Grain.DeleteLease(IPv4.Parse(lease.Addr)));
        var again = bench.Request(1, lease.Addr);
        Assert.Equal(LeaseVerdict.Refuse, (await again).Verdict);
        var other = bench.Ask(LeaseAct.Discover, 2, lease.Addr);
        await bench.Shell.Call(() => Task.CompletedTask);
        bench.Store.LetGo();
        Assert.Equal(200, (await deletion).Status);
        Assert.Equal(LeaseVerdict.Give, (await renewal).Verdict);
        Assert.Equal(lease.Addr, (await other).Lease!.Addr);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await SubnetBench.Until("the offer is written", () => bench.Store.At(lease.Addr)?.Token == SubnetBench.Mac(2));
    }

    /// <summary>What its writer told holds for the very next packet, though this silo's catalog has not moved on yet.</summary>
    [Fact]
    public async Task AReservationThatWasToldHoldsForTheNextPacket()
    {
        var bench = await SubnetBench.OpenAsync();
        Assert.Equal(new ClientStanding(false, 0), await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(9))));
        await bench.Shell.Call(() => bench.Grain.TakeReservations(new ReservationNotice(2, [Reserved(10, 9), Reserved(11, 8)], [])));
        Assert.Equal(new ClientStanding(true, 0), await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(9))));
        Assert.Equal("10.0.0.10", (await Informed(9, "10.0.0.10"))?.Addr);
        Assert.Equal("10.0.0.10", (await Informed(9, "10.0.0.77"))?.Addr);
        Assert.Null(await Informed(1, "10.0.0.10"));
        Assert.Equal("10.0.0.12", (await bench.Discover(1)).Lease!.Addr);
        Assert.Equal("10.0.0.10", (await bench.Discover(9)).Lease!.Addr);
        await bench.Shell.Call(() => bench.Grain.TakeReservations(new ReservationNotice(3, [], [IPv4.Parse("10.0.0.11")])));
        Assert.Equal("10.0.0.11", (await bench.Ask(LeaseAct.Discover, 2, "10.0.0.11")).Lease!.Addr);
        Assert.Equal(1, bench.Reservations.Reads);

        async Task<Reservation?> Informed(byte client, string address)
        {
            var answer = await bench.Shell.Call(() => bench.Grain.Inform(SubnetBench.Mac(client), IPv4.Parse(address)));
            Assert.Equal((LeaseVerdict.Give, null), (answer.Verdict, answer.Lease));
            return answer.Reservation;
        }
    }

    /// <summary>
    /// What it was not told (a silo of the version before wrote it) is read once the catalog has moved on, beside the packets.
    /// </summary>
    [Fact]
    public async Task ReservationsThatWereNotToldAreReadBesideThePackets()
    {
        var bench = await SubnetBench.OpenAsync(Reserved(15, 7));
        bench.Reservations.Set("10.0.0.10", Reserved(10, 9));
        bench.Reservations.Set("10.0.0.15", null);
        bench.Reservations.Hold();
        bench.MoveOn();
        Assert.Equal(LeaseVerdict.Give, (await bench.Request(1, (await bench.Discover(1)).Lease!.Addr)).Verdict);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await SubnetBench.Until("the changes are being read", () => bench.Reservations.Reads == 2);
        bench.Reservations.LetGo();
        await SubnetBench.Until("the changes are read", () => bench.Shell.Timers == 0);
        Assert.True((await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(9)))).IsReserved);
        Assert.False((await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(7)))).IsReserved);
        Assert.Equal(2, bench.Reservations.Reads);
    }

    /// <summary>What was read before a reservation was told, and arrives after it, does not undo it.</summary>
    [Fact]
    public async Task AnOlderReadingDoesNotUndoWhatWasTold()
    {
        var bench = await SubnetBench.OpenAsync(Reserved(10, 9));
        bench.Reservations.Set("10.0.0.10", Reserved(10, 8));
        bench.Reservations.Hold();
        bench.MoveOn();
        await bench.Discover(1);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await SubnetBench.Until("the changes are being read", () => bench.Reservations.Reads == 2);
        await bench.Shell.Call(
            () => bench.Grain.TakeReservations(new ReservationNotice(bench.Reservations.Revision + 1, [], [IPv4.Parse("10.0.0.10")])));
        bench.Reservations.LetGo();
        await SubnetBench.Until("the changes are read", () => bench.Shell.Timers == 0);
        Assert.False((await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(8)))).IsReserved);
        Assert.Equal("10.0.0.10", (await bench.Ask(LeaseAct.Discover, 2, "10.0.0.10")).Lease!.Addr);
    }

    /// <summary>A subnet whose range or network changes is served as it is now.</summary>
    [Fact]
    public async Task TheSubnetIsFollowed()
    {
        var bench = await SubnetBench.OpenAsync(Reserved(10, 9));
        bench.Reservations.Set("10.9.0.1", new Reservation { Addr = "10.9.0.1", Token = SubnetBench.Mac(8), Strategy = "MAC" });
        bench.MoveOn(SubnetBench.Net with { ActiveEnd = "10.0.0.11" });
        Assert.Equal("10.0.0.11", (await bench.Discover(1)).Lease!.Addr);
        Assert.Equal(LeaseCause.Exhausted, (await bench.Discover(2)).Cause);
        bench.MoveOn(SubnetBench.Net with { Network = "10.9.0.0/24", ActiveStart = "10.9.0.1", ActiveEnd = "10.9.0.2" });
        Assert.Equal("10.9.0.2", (await bench.Discover(3)).Lease!.Addr);
        Assert.False((await bench.Shell.Call(() => bench.Grain.StandingOf(SubnetBench.Mac(9)))).IsReserved);
    }

    /// <summary>Addresses ahead of the pickers are probed once, not for every client; one that is in use is left alone.</summary>
    [Fact]
    public async Task ProbesAreAskedForOnce()
    {
        var bench = await SubnetBench.OpenAsync();
        Task<LeaseAnswer> Ask(int client)
            => bench.Shell.Call(
                () => bench.Grain.Handle(new LeaseCall(LeaseAct.Discover, SubnetBench.Mac(client), 0, 1) { CanProbe = true }));
        Assert.Equal(9, (await Ask(1)).ToProbe.Count);
        Assert.Single((await Ask(2)).ToProbe);
        await bench.Shell.Call(() => bench.Grain.Probed(IPv4.Parse("10.0.0.12"), true));
        Assert.Equal(Lease.Invalid, bench.Store.At("10.0.0.12")!.State);
        Assert.Equal("10.0.0.13", (await Ask(3)).Lease!.Addr);
        bench.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(6, (await Ask(4)).ToProbe.Count(a => a > IPv4.Parse("10.0.0.14")));
    }

    private static Reservation Reserved(int last, int client)
        => new() { Addr = $"10.0.0.{last}", Token = SubnetBench.Mac(client), Strategy = "MAC" };
}
