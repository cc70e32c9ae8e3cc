using System.Net;
using Anvil.Edge.Tftp;

namespace Anvil.Edge.Tests.Tftp;

public sealed class TftpSlotsTests
{
    private static IPAddress Address(int n) => new([10, 0, (byte)(n >> 8), (byte)n]);

    /// <summary>Two addresses that ask without end and acknowledge nothing: everybody else still has a slot.</summary>
    [Fact]
    public void TwoSourcesKeepNobodyOut()
    {
        var slots = new TftpSlots(512);
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
        var slots = new TftpSlots(64);
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
        var slots = new TftpSlots(64);
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
        var slots = new TftpSlots(64);
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
        var slots = new TftpSlots(8);
        foreach (var i in Enumerable.Range(0, 8)) slots.Prove(slots.Take(Address(i), out _, out _)!);
        Assert.Null(slots.Take(Address(100), out var evicted, out var reason));
        Assert.Equal((null, "busy"), (evicted, reason));
        Assert.Equal(8, slots.Taken);
    }
}
