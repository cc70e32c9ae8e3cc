using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Tests.Access;

/// <summary>What a right covers.</summary>
public sealed class ClaimTests
{
    [Theory]
    [InlineData("*,*,*", "*,*,*", true)]
    [InlineData("*,*,*", "machines,get,a", true)]
    [InlineData("machines,*,*", "*,*,*", false)]
    [InlineData("machines,get,*", "machines,get,a,b", true)]
    [InlineData("machines,get,a", "machines,get,*", false)]
    [InlineData("machines,get,a", "machines,get,a|b", false)]
    [InlineData("machines,get|list,a|b", "machines,list,b|a", true)]
    [InlineData("machines,get,a", "machines,get|delete,a", false)]
    [InlineData("machines,get,a", "machines|profiles,get,a", false)]
    [InlineData("machines,update,a", "machines,update:/Runnable,a", true)]
    [InlineData("machines,update:/Params,a", "machines,update:/Params/x,a", true)]
    [InlineData("machines,update:/Params,a", "machines,update:/Param,a", false)]
    [InlineData("machines,update:/Params,a", "machines,update,a", false)]
    [InlineData("machines,get,a", "machines,,a", false)]
    [InlineData("machines,get,a", "machines,get,", false)]
    public void ARightCoversAnotherOnlyAsAWhole(string own, string wanted, bool covers)
        => Assert.Equal(covers, Read(own).CoversAll(Read(wanted)));

    /// <summary>What several rights cover together, one alone need not.</summary>
    [Theory]
    [InlineData("machines,get,a;machines,list,a", "machines,get|list,a", true)]
    [InlineData("machines,get,a;profiles,get,a", "machines|profiles,get,a", true)]
    [InlineData("machines,get,a;profiles,list,a", "machines|profiles,get|list,a", false)]
    [InlineData("machines,get,a;machines,get,b", "machines,get,a|b", true)]
    [InlineData("machines,get,a;machines,get,b", "machines,get,*", false)]
    [InlineData("machines,get,a", "machines,,a", false)]
    public void RightsCoverTogetherWhatIsNamedInParts(string own, string wanted, bool covers)
        => Assert.Equal(covers, Claim.Cover([.. own.Split(';').Select(Read)], Read(wanted)));

    /// <summary>What names a great many things costs no more than a look at each right.</summary>
    [Fact]
    public void WhatNamesTooMuchIsCoveredByOneAlone()
    {
        var many = string.Join(',', Enumerable.Range(0, 200));
        var wanted = new Claim(many, many, many);
        Assert.False(Claim.Cover([new Claim("0", "*", "*"), new Claim(many, "*", "1")], wanted));
        Assert.True(Claim.Cover([new Claim("0", "*", "*"), new Claim(many, "*", "*")], wanted));
    }

    private static Claim Read(string text)
    {
        var parts = text.Split(',', 3);
        return new Claim(parts[0].Replace('|', ','), parts[1].Replace('|', ','), parts[2].Replace('|', ','));
    }
}
