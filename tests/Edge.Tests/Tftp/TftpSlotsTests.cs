using System.Net;
using Anvil.Edge.Tftp;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Tftp;

public sealed class TftpSlotsTests
{
    private readonly FakeTimeProvider _time = new();

    private static IPAddress Address(int n) => new([10, 0, (byte)(n >> 8), (byte)n]);

    /// <summary>Two addresses that ask without end and acknowledge nothing: everybody else still has a slot.</summary>
    [Fact]
    public void TwoSourcesKeepNobodyOut()
    {
        var slots = new TftpSlots(512, _time);
        for (var i = 0; i < 10_000; i++) slots.Take(Address(i % 2), out _, out _);
        Assert.Equal(2 * 64, slots.Taken);
        for (var i = 100; i < 300; i++)
        {
            Assert.NotNull(slots.Take(Address(i), out var evicted, out _));
            Assert.Null(evicted);
        }
    }

    /// <summary>Made-up sources without number: they push each other out, never somebody who has acknowledged.</summary>
    [Fact]
    public void WhoHasAcknowledgedIsNeverPushedOut()
    {
        var slots = new TftpSlots(64, _time);
        var honest = Enumerable.Range(0, 20).Select(i => slots.Take(Address(i), out _, out _)!).ToList();
        honest.ForEach(slots.Prove);
        for (var i = 0; i < 5000; i++)
        {
            Assert.NotNull(slots.Take(Address(1000 + i), out var evicted, out _));
            Assert.DoesNotContain(evicted, honest);
            Assert.True(slots.Taken <= 64);
        }

        // The oldest goes first, and a slot that was taken away is not given back a second time.
        var mine = slots.Take(Address(7000), out var oldest, out _)!;
        slots.Release(oldest!);
        Assert.Equal(64, slots.Taken);
        slots.Release(mine);
        Assert.Equal(63, slots.Taken);
    }

    [Fact]
    public void AProvenSourceHasAQuarterAtMost()
    {
        var slots = new TftpSlots(64, _time);
        var taken = 0;
        for (var i = 0; i < 100; i++)
        {
            if (slots.Take(Address(1), out _, out var reason) is { } slot)
            {
                slots.Prove(slot);
                taken++;
            }
            else
            {
                Assert.Equal("client-limit", reason);
            }
        }

        Assert.Equal(16, taken);
    }

    /// <summary>Four addresses that acknowledge, and slowly: everybody else still has a slot, and goes on having it.</summary>
    [Fact]
    public void WhoHasManyGivesWayToWhoHasFew()
    {
        var slots = new TftpSlots(64, _time);
        var slow = new List<TftpSlot>();
        for (var i = 0; i < 64; i++)
        {
            slow.Add(slots.Take(Address(i % 4), out _, out _)!);
            slots.Prove(slow[^1]);
        }

        Assert.Equal(64, slots.Taken);
        var honest = new List<TftpSlot>();
        for (var i = 100; i < 130; i++)
        {
            var slot = slots.Take(Address(i), out var evicted, out _);
            Assert.Contains(evicted, slow);
            slots.Prove(slot!);
            honest.Add(slot!);
        }

        Assert.Equal(64, slots.Taken);
        // What they ask for again takes nobody's place who has no more than they have.
        for (var i = 0; i < 4; i++)
        {
            slots.Take(Address(i), out var evicted, out _);
            Assert.DoesNotContain(evicted, honest);
        }
    }

    /// <summary>All have one transfer each: those under way finish.</summary>
    [Fact]
    public void NobodyGivesWayToWhoHasAsMany()
    {
        var slots = new TftpSlots(8, _time);
        foreach (var i in Enumerable.Range(0, 8)) slots.Prove(slots.Take(Address(i), out _, out _)!);
        Assert.Null(slots.Take(Address(100), out var evicted, out var reason));
        Assert.Equal((null, "busy"), (evicted, reason));
        Assert.Equal(8, slots.Taken);
    }

    /// <summary>
    /// Requests in its name, which are never acknowledged, keep a source from nothing: they push out each other, the oldest first, and
    /// never what it has acknowledged.
    /// </summary>
    [Fact]
    public void AtItsBoundASourceTakesThePlaceOfItsOwnOldest()
    {
        var slots = new TftpSlots(64, _time);
        var other = slots.Take(Address(2), out _, out _)!;
        var proven = slots.Take(Address(1), out _, out _)!;
        slots.Prove(proven);
        var madeUp = Enumerable.Range(0, slots.MostUnproven).Select(i => Begun(slots.Take(Address(1), out _, out _))).ToList();
        // A crowd behind one address does not end its own.
        Assert.Null(slots.Take(Address(1), out var early, out var full));
        Assert.Equal((null, "client-limit"), (early, full));
        for (var i = 0; i < 1000; i++)
        {
            if (i % slots.MostUnproven == 0) _time.Advance(TftpSlots.Handshake);
            madeUp.Add(Begun(slots.Take(Address(1), out var evicted, out var reason)));
            Assert.Equal((madeUp[i], ""), (evicted, reason));
        }

        _time.Advance(TftpSlots.Handshake);
        Assert.Equal(2 + slots.MostUnproven, slots.Taken);
        // With those that it has acknowledged it has a quarter; then these end the ones that it has not.
        for (var i = 0; i < slots.MostOfSource - 1; i++)
        {
            var mine = slots.Take(Address(1), out var evicted, out _)!;
            if (evicted is not null) Assert.Contains(evicted, madeUp);
            slots.Prove(mine);
        }

        Assert.Equal(1 + slots.MostOfSource, slots.Taken);
        Assert.Null(slots.Take(Address(1), out var none, out var limit));
        Assert.Equal((null, "client-limit"), (none, limit));
        Assert.DoesNotContain(other, madeUp);
    }

    /// <summary>A silo that is late itself takes no place away for it: of what it has not sent, or whose answer it has not read.</summary>
    [Fact]
    public void WhatTheSiloItselfIsLateWithGivesNoPlaceAway()
    {
        var slots = new TftpSlots(8, _time);
        var isAnswered = true;
        var only = slots.Take(Address(1), out _, out _)!;
        _time.Advance(TftpSlots.Longest - TimeSpan.FromSeconds(1));
        Assert.Null(slots.Take(Address(1), out _, out _));
        only.Begun(_time.GetTimestamp(), () => isAnswered);
        _time.Advance(TftpSlots.Handshake);
        Assert.Null(slots.Take(Address(1), out _, out _));
        isAnswered = false;
        Assert.NotNull(slots.Take(Address(1), out var evicted, out _));
        Assert.Same(only, evicted);
        // What is looked for without end holds its source's place no longer than this.
        _time.Advance(TftpSlots.Longest);
        Assert.NotNull(slots.Take(Address(1), out _, out _));
    }

    private TftpSlot Begun(TftpSlot? slot)
    {
        slot!.Begun(_time.GetTimestamp(), () => false);
        return slot;
    }

    /// <summary>
    /// Addresses without number, each with one transfer that it hardly takes: when all places are taken, the one that is furthest behind
    /// gives way. Who takes its file is never behind.
    /// </summary>
    [Fact]
    public void WhoHardlyTakesItsFileGivesWay()
    {
        var slots = new TftpSlots(8, _time);
        var all = Enumerable.Range(0, 8).Select(i =>
        {
            var slot = slots.Take(Address(i), out _, out _)!;
            slots.Prove(slot);
            slot.Pace.Begin();
            _time.Advance(TimeSpan.FromSeconds(1));
            return slot;
        }).ToList();
        for (var second = 0; second < 60; second += 4)
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            all[3].Pace.Took(4 * TftpPace.LeastRate);
            all[5].Pace.Took(100);
        }

        foreach (var evicted in new[] { all[0], all[1], all[2], all[4], all[6], all[5], all[7] })
        {
            var slot = slots.Take(Address(100 + all.IndexOf(evicted)), out var gone, out _);
            Assert.Same(evicted, gone);
            slots.Prove(slot!);
            slot!.Pace.Begin();
        }

        Assert.Null(slots.Take(Address(200), out _, out var reason));
        Assert.Equal("busy", reason);
    }

    /// <summary>What was taken at first pays for half a minute and no more.</summary>
    [Fact]
    public void NobodyRestsOnWhatItTookAtFirst()
    {
        var pace = new TftpPace(_time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(pace.IsBehind);
        pace.Begin();
        pace.Took(100_000_000);
        _time.Advance(TftpPace.Ahead);
        Assert.False(pace.IsBehind);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(pace.IsBehind);
        pace.Took(512);
        Assert.True(pace.IsBehind);
        pace.Took(1024);
        Assert.False(pace.IsBehind);
    }

    /// <summary>A client that was turned away, and asks again from its port after a while, is told from one that does not wait.</summary>
    [Fact]
    public void WhoWaitsBeforeItAsksAgainIsPatient()
    {
        var patience = new TftpPatience(_time);
        var (client, other) = (new IPEndPoint(Address(1), 2000), new IPEndPoint(Address(1), 2001));
        patience.TurnedAway(client);
        Assert.False(patience.IsPatient(client));
        _time.Advance(TimeSpan.FromMilliseconds(600));
        patience.TurnedAway(client);
        patience.TurnedAway(other);
        _time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.True(patience.IsPatient(new IPEndPoint(Address(1), 2000)));
        Assert.False(patience.IsPatient(other));
        patience.Served(client);
        Assert.False(patience.IsPatient(client));
        // Ports without number push it out of memory, and take none.
        for (var i = 0; i < TftpPatience.Most; i++) patience.TurnedAway(new IPEndPoint(Address(i), 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(patience.IsPatient(other));
        Assert.True(patience.IsPatient(new IPEndPoint(Address(5), 1)));
    }
}
