using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

public sealed class HardwareIdentityTests
{
    [Theory]
    [InlineData("Asset-1234567890")]
    [InlineData("SYS-1234567890")]
    [InlineData("MB-1234567890")]
    [InlineData("ATN12345678901234567")]
    [InlineData("01234567890123456789AB")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("123456789")]
    [InlineData("9876543210")]
    [InlineData("7783-7084-3265-9085-8269-3286-77")]
    [InlineData("System Serial Number")]
    [InlineData("Chassis Asset Tag")]
    [InlineData("Asset Tag 1")]
    [InlineData("Default_Asset_Tag")]
    [InlineData("$(DEFAULT_STRING)")]
    [InlineData("Type2 - Board Asset Tag")]
    [InlineData("To be filled by O.E.M.")]
    [InlineData("Not Provided")]
    [InlineData("Not Specified")]
    [InlineData("No Asset Information")]
    [InlineData("NoAssetTag")]
    [InlineData("Serial Number")]
    [InlineData("Base Board Serial Number")]
    [InlineData("OpenStack Nova")]
    [InlineData("INVALID")]
    [InlineData("n/a")]
    [InlineData("None")]
    [InlineData("............")]
    [InlineData("0x00000000")]
    [InlineData("FFFFFFFF")]
    [InlineData("xxxxxxxx")]
    [InlineData("ab")]
    public void WhatAMakerSetsForAllIsNoMark(string text)
    {
        Assert.Equal("", HardwareIdentity.Of(HardwareMarks.Serial, Machine(text, "")));
        Assert.Equal("", HardwareIdentity.Of(HardwareMarks.Asset, Machine("", text)));
    }

    [Theory]
    [InlineData("CN7016342A004K")]
    [InlineData("4ST4C02")]
    [InlineData("1234567")]
    [InlineData("J1000ABC")]
    [InlineData("S1234567891")]
    [InlineData("toby")]
    [InlineData("server-12")]
    [InlineData("Asset 17")]
    [InlineData("board-room")]
    [InlineData("TAG-0042")]
    [InlineData("4c4c4544-0042-3510-8052-b4c04f4d3132")]
    [InlineData("QEMU-asset-7F")]
    public void WhatIsOnesOwnIsOne(string text)
    {
        Assert.Equal(text.ToLowerInvariant(), HardwareIdentity.Of(HardwareMarks.Serial, Machine($" {text} ", "")));
        Assert.Equal(text.ToLowerInvariant(), HardwareIdentity.Of(HardwareMarks.Asset, Machine("", text)));
    }

    [Theory]
    [InlineData("one", "other", true)]
    [InlineData("one", " ONE", false)]
    [InlineData("one", "", false)]
    [InlineData("one", "Not Specified", false)]
    public void SerialNumbersTellTwoSystemsApart(string one, string other, bool areTwo)
        => Assert.Equal(areTwo, HardwareIdentity.AreTwo(Machine(one, "tag"), Machine(other, "tag")));

    private static Machine Machine(string serial, string tag) => new()
    {
        Params = new Dictionary<string, JsonElement>
        {
            ["hardware/system"] = JsonSerializer.SerializeToElement(new { Serial = serial, AssetTag = tag }),
        },
    };
}
