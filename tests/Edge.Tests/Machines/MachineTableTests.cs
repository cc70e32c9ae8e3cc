using Anvil.Contracts.Machines;
using Anvil.Edge.Machines;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Machines;

/// <summary>Machines in memory, whatever the order in which their changes come.</summary>
public sealed class MachineTableTests
{
    private const string Mac = "02:00:00:00:00:01";
    private const string OtherMac = "02:00:00:00:00:02";
    private readonly FakeTimeProvider _time = new();
    private readonly MachineTable _table;

    public MachineTableTests() => _table = new MachineTable(_time);

    private static MachineNews Change(string uuid, long version, string env, params string[] macs)
        => new(uuid, version, new KnownMachine { Uuid = uuid, Name = uuid, BootEnv = env, Stage = "none", HardwareAddrs = macs });

    private static MachineNews Gone(string uuid, long version) => new(uuid, version, null);

    private string Found(string mac) => string.Join(' ', _table.Find(mac).Select(m => $"{m.Uuid}:{m.BootEnv}"));

    [Fact]
    public void AnOlderChangeNeverTakesTheNewersPlace()
    {
        Assert.True(_table.Put(Change("a", 5, "new", Mac)));
        Assert.False(_table.Put(Change("a", 4, "old", Mac)));
        Assert.False(_table.Put(Change("a", 5, "again", Mac)));
        Assert.Equal("a:new", Found(Mac));
    }

    [Fact]
    public void OneThatWaitsOrNamedItsCardsItselfHasThemAndIsNobodyThatGoesFirst()
    {
        var waiting = Change("a", 1, "sledgehammer", Mac);
        _table.Put(waiting with { Machine = waiting.Machine! with { IsPending = true } });
        Assert.Equal(("a:sledgehammer", false), (Found(Mac), _table.Knows(Mac)));
        _table.Put(waiting with { Version = 2, Machine = waiting.Machine! with { IsStranger = true } });
        Assert.Equal(("a:sledgehammer", false), (Found(Mac), _table.Knows(Mac)));
        _table.Put(Change("a", 3, "sledgehammer", Mac));
        Assert.True(_table.Knows(Mac));
    }

    [Fact]
    public void ADeletedMachineStaysDeletedUntilItIsMadeAgain()
    {
        _table.Put(Change("a", 1, "env", Mac));
        Assert.True(_table.Put(Gone("a", 3)));
        Assert.False(_table.Put(Change("a", 2, "late", Mac)));
        Assert.Equal(("", 0), (Found(Mac), _table.Count));
        Assert.True(_table.Put(Change("a", 5, "remade", Mac)));
        Assert.Equal("a:remade", Found(Mac));
    }

    [Fact]
    public void ADeletionIsForgottenWhenNoMessageCanBeOnItsWayAnyMore()
    {
        _table.Put(Gone("a", 9));
        _time.Advance(TimeSpan.FromMinutes(3));
        // Any change looks for what is to be forgotten.
        _table.Put(Gone("b", 1));
        Assert.True(_table.Put(Change("a", 1, "env", Mac)));
    }

    /// <summary>An address that goes from A to B, and back: six changes in every order end alike.</summary>
    [Fact]
    public void AnAddressThatMovesEndsWithItsLastOwner()
    {
        MachineNews[] changes = [Change("a", 1, "1", Mac), Change("b", 1, "1", OtherMac), Change("a", 2, "2"),
            Change("b", 2, "2", OtherMac, Mac), Change("b", 3, "3", OtherMac), Change("a", 3, "3", Mac)];
        foreach (var order in Orders(changes))
        {
            var table = new MachineTable(_time);
            foreach (var change in order) table.Put(change);
            Assert.Equal(["a:3"], table.Find(Mac).Select(m => $"{m.Uuid}:{m.BootEnv}"));
            Assert.Equal(["b:3"], table.Find(OtherMac).Select(m => $"{m.Uuid}:{m.BootEnv}"));
        }
    }

    [Fact]
    public void TwoThatClaimAnAddressAreBothNamed()
    {
        _table.Put(Change("a", 1, "env", Mac));
        _table.Put(Change("b", 1, "env", Mac));
        Assert.Equal("a:env b:env", Found(Mac));
        _table.Put(Change("a", 2, "env"));
        Assert.Equal("b:env", Found(Mac));
    }

    [Fact]
    public void AfterAllWereReadWhatWasNotAmongThemIsForgotten()
    {
        _table.Put(Change("kept", 1, "env", "02:00:00:00:00:0a"));
        _table.Put(Change("lost", 1, "env", "02:00:00:00:00:0b"));
        _time.Advance(TimeSpan.FromSeconds(1));
        var began = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        _table.Put(Change("told", 1, "env", "02:00:00:00:00:0c"));
        _table.Keep(new HashSet<string>(["kept"]), began);
        Assert.Equal(("kept:env", "", "told:env"), (Found("02:00:00:00:00:0a"), Found("02:00:00:00:00:0b"), Found("02:00:00:00:00:0c")));
    }

    private static IEnumerable<IReadOnlyList<T>> Orders<T>(IReadOnlyList<T> items)
    {
        if (items.Count <= 1) return [items];
        return items.SelectMany(
            (first, i) => Orders<T>([.. items.Take(i), .. items.Skip(i + 1)]).Select(rest => (IReadOnlyList<T>)[first, .. rest]));
    }

    /// <summary>A machine that changes the names of its params over and over leaves none of the former ones behind.</summary>
    [Fact]
    public void WhatMachinesNoLongerHaveIsNotKept()
    {
        MachineNews Named(int version, int characters) => new("a", version, new KnownMachine
        {
            Uuid = "a",
            Name = "a",
            BootEnv = "env",
            Stage = "none",
            HardwareAddrs = [Mac],
            Params = [$"{version}".PadLeft(characters, 'p'), "other"],
        });
        List<WeakReference> former = [];
        for (var version = 1; version <= 2000; version++)
        {
            var news = Named(version, version % 2 == 0 ? 4000 : 200_000);
            former.Add(new WeakReference(news.Machine!.Params[0]));
            Assert.True(_table.Put(news));
        }

        Assert.Equal("2000".PadLeft(4000, 'p'), _table.Find(Mac).Single().Params[0]);
        GC.Collect();
        // A thousand of 4,000 characters, with their lists, are as many as are shared.
        Assert.InRange(former.Count(f => f.IsAlive), 1, 1100);
        Assert.Equal(0, former.Where((_, i) => i % 2 == 0).Count(f => f.IsAlive));
    }
}
