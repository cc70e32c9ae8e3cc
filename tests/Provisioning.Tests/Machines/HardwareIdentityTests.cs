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

    /// <summary>Where one tells no serial number, the UUID of the system does; firmware writes it in either order.</summary>
    [Theory]
    [InlineData("", "4c4c4544-0042-3510-8052-b4c04f4d3132", "", "4c4c4544-0042-3510-8052-b4c04f4d3133", true)]
    [InlineData("", "4c4c4544-0042-3510-8052-b4c04f4d3132", "", "4C4C4544-0042-3510-8052-B4C04F4D3132", false)]
    [InlineData("", "4c4c4544-0042-3510-8052-b4c04f4d3132", "", "44454c4c-4200-1035-8052-b4c04f4d3132", false)]
    [InlineData("one", "4c4c4544-0042-3510-8052-b4c04f4d3132", "Not Specified", "4c4c4544-0042-3510-8052-b4c04f4d3133", true)]
    [InlineData("one", "4c4c4544-0042-3510-8052-b4c04f4d3132", "one", "4c4c4544-0042-3510-8052-b4c04f4d3133", false)]
    [InlineData("one", "4c4c4544-0042-3510-8052-b4c04f4d3132", "two", "4c4c4544-0042-3510-8052-b4c04f4d3132", true)]
    [InlineData("", "03000200-0400-0500-0006-000700080009", "", "4c4c4544-0042-3510-8052-b4c04f4d3132", false)]
    [InlineData("", "00000000-0000-0000-0000-000000000000", "", "4c4c4544-0042-3510-8052-b4c04f4d3132", false)]
    [InlineData("", "ffffffff-ffff-ffff-ffff-ffffffffffff", "", "4c4c4544-0042-3510-8052-b4c04f4d3132", false)]
    [InlineData("", "", "", "4c4c4544-0042-3510-8052-b4c04f4d3132", false)]
    public void UuidsTellTwoSystemsApartWhereOneHasNoSerialNumber(string serial, string uuid, string other, string another, bool areTwo)
        => Assert.Equal(areTwo, HardwareIdentity.AreTwo(Machine(serial, "tag", uuid), Machine(other, "tag", another)));

    private static Machine Machine(string serial, string tag, string uuid = "") => new()
    {
        Params = new Dictionary<string, JsonElement>
        {
            ["hardware/system"] = JsonSerializer.SerializeToElement(new { Serial = serial, AssetTag = tag, Uuid = uuid }),
        },
    };
}
