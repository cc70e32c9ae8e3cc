using Anvil.Contracts.Machines;
using Anvil.Edge.Sightings;

namespace Anvil.Edge.Tests.Sightings;

/// <summary>What an edge saw waits in order, and within bounds.</summary>
public sealed class SightingQueueTests
{
    private readonly SightingQueue _queue = new(most: 3);

    private WaitingSighting? Add(string machine, string via)
        => _queue.Add(new WaitingSighting(machine, new Sighting(SightingKind.Discover, "", "uefi", via), 0, default));

    private async Task<WaitingSighting> NextAsync() => (await _queue.NextAsync(TestContext.Current.CancellationToken))!;

    private static string Name(WaitingSighting? seen) => seen is null ? "" : $"{seen.Machine}{seen.Sighting.Via}";

    [Fact]
    public async Task AMachinesSightingsComeOneAfterTheOtherAndOthersBeside()
    {
        Add("a", "1");
        Add("a", "2");
        Add("b", "1");
        var first = await NextAsync();
        var beside = await NextAsync();
        Assert.Equal(("a1", "b1"), (Name(first), Name(beside)));
        // The second of a machine is not there before the first was carried out.
        var second = _queue.NextAsync(TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        _queue.Done(first);
        Assert.Equal("a2", Name(await second));
    }

    [Fact]
    public async Task WhatWasSaidLastIsNotSaidAgain()
    {
        Add("a", "1");
        Add("a", "1");
        Assert.Equal(1, _queue.Count);
        var first = await NextAsync();
        // What was handed out may have been read already: the same again is another sighting.
        Add("a", "1");
        Assert.Equal(1, _queue.Count);
        _queue.Done(first);
        _queue.Done(await NextAsync());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task TheOldestOfAllIsShed()
    {
        Add("a", "1");
        Add("b", "1");
        Add("a", "2");
        Assert.Equal("a1", Name(Add("c", "1")));
        Assert.Equal("b1", Name(Add("c", "2")));
        var handedOut = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var next = await NextAsync();
            handedOut.Add(Name(next));
            _queue.Done(next);
        }

        Assert.Equal(["a2", "c1", "c2"], handedOut);
        // The machine whose one sighting was shed is heard again.
        Add("b", "3");
        Assert.Equal("b3", Name(await NextAsync()));
    }

    [Fact]
    public async Task AMachineIsSettledWhenAllThatItHadIsOver()
    {
        Assert.True(_queue.SettledAsync("a").IsCompleted);
        Add("a", "1");
        Add("a", "2");
        var settled = _queue.SettledAsync("a");
        var first = await NextAsync();
        _queue.Done(first);
        Assert.False(settled.IsCompleted);
        var second = await NextAsync();
        var stillSettling = _queue.SettledAsync("a");
        // What comes later is not waited for.
        Add("a", "3");
        _queue.Done(second);
        await settled;
        await stillSettling;
        Assert.False(_queue.SettledAsync("a").IsCompleted);
    }

    [Fact]
    public async Task WhatIsShedIsNotWaitedFor()
    {
        Add("a", "1");
        var settled = _queue.SettledAsync("a");
        foreach (var other in new[] { "b", "c", "d" }) Add(other, "1");
        await settled;
    }

    [Fact]
    public async Task AClosedQueueIsEmptiedAndTakesNoMore()
    {
        Add("a", "1");
        Add("a", "2");
        _queue.Close();
        Assert.Equal("b1", Name(Add("b", "1")));
        for (var i = 0; i < 2; i++) _queue.Done(await NextAsync());
        Assert.Null(await _queue.NextAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ADiskBootIsToldAsTheVersionBeforeUnderstandsIt()
    {
        var sighting = Sighting.OfDisk("uefi");
        Assert.Equal((SightingKind.Disk, SightingKind.Script, "disk", "uefi"),
            (sighting.What, sighting.Kind, sighting.Via, sighting.Firmware));
        Assert.Equal(SightingKind.Script, new Sighting(SightingKind.Script, "", "", "ipxe").What);
    }
}
