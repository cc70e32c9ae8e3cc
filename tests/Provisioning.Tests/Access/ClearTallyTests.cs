using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Tests.Access;

/// <summary>How many objects hold secure values in clear, as far as it is known.</summary>
public sealed class ClearTallyTests
{
    [Fact]
    public void BeforeThePieceThatHasSomeOneIsSaidToBeThere()
    {
        var tally = new ClearTally();
        tally.Begin(hasSecure: true);
        Assert.Equal(1, tally.Left);
        tally.Found(0);
        Assert.Equal(1, tally.Left);
        tally.Found(7);
        Assert.Equal(7, tally.Left);
        tally.Found(0);
        Assert.Equal(1, tally.Left);
        Assert.Equal(0, tally.End());
        Assert.Equal(0, tally.Left);
    }

    [Fact]
    public void AfterACleanPassTheNextSaysNothingUntilItFindsSome()
    {
        var tally = new ClearTally();
        tally.Begin(hasSecure: true);
        tally.End();
        tally.Begin(hasSecure: true);
        tally.Found(0);
        Assert.Equal(0, tally.Left);
        tally.Found(2);
        tally.Found(0);
        Assert.Equal(1, tally.Left);
        tally.Doubt();
        tally.Begin(hasSecure: true);
        Assert.Equal(1, tally.Left);
    }

    [Fact]
    public void WhatCouldNotBeSealedAddsUpOverThePieces()
    {
        var tally = new ClearTally();
        tally.Begin(hasSecure: true);
        tally.Failed(2);
        tally.Found(3);
        Assert.Equal(5, tally.Left);
        tally.Failed();
        tally.Found(0);
        Assert.Equal(3, tally.Left);
        Assert.Equal(3, tally.End());
        Assert.Equal(3, tally.Left);
        tally.Begin(hasSecure: true);
        Assert.Equal(1, tally.Left);
    }

    [Fact]
    public void WithoutSecureParamsThereIsNone()
    {
        var tally = new ClearTally();
        tally.Begin(hasSecure: false);
        Assert.Equal(0, tally.Left);
        Assert.Equal(0, tally.End());
    }
}
