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

    private static Claim Read(string text)
    {
        var parts = text.Split(',', 3);
        return new Claim(parts[0].Replace('|', ','), parts[1].Replace('|', ','), parts[2].Replace('|', ','));
    }
}
