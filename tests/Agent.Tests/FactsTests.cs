using System.Text;
using System.Text.Json.Nodes;
using Anvil.Agent.Facts;

namespace Anvil.Agent.Tests;

/// <summary>What the agent reads of others: frames of switches, tables of firmware.</summary>
public sealed class FactsTests
{
    /// <summary>Most octets of a TLV's value (IEEE 802.1AB section 8.4).</summary>
    private const int LongestValue = 511;

    [Fact]
    public void ASwitchIsToldByItsFrame()
    {
        var neighbour = LldpFrame.Parse(Frame())!;
        Assert.Equal("02:00:00:00:00:10", neighbour["ChassisId"]!.ToString());
        Assert.Equal("swp7", neighbour["PortId"]!.ToString());
        Assert.Equal("leaf-1", neighbour["SystemName"]!.ToString());
        Assert.Equal(120, neighbour["Vlan"]!.GetValue<ushort>());
        Assert.Null(LldpFrame.Parse([]));
        // Some switches fill their names up with zeros, which the API does not take.
        var padded = (byte[])[.. Frame().AsSpan(0, 14), .. Tlv(1, [7, .. "sw\0\0"u8]), .. Tlv(5, [.. "leaf-1\0\0"u8]), 0, 0];
        Assert.Equal(("sw", "leaf-1"), (LldpFrame.Parse(padded)!["ChassisId"]!.ToString(),
            LldpFrame.Parse(padded)!["SystemName"]!.ToString()));
    }

    [Fact]
    public void ModulesAndManagementControllerAreToldByTheTable()
    {
        var module = Assert.Single(Smbios.MemoryModules(Table()));
        Assert.Equal(("DIMM A1", 16L << 30, 3200, "Maker", "S-1"),
            (module["Locator"]!.ToString(), module["Size"]!.GetValue<long>(), module["Speed"]!.GetValue<int>(),
                module["Vendor"]!.ToString(), module["Serial"]!.ToString()));
        Assert.True(Smbios.HasBmc(Table()));
        Assert.False(Smbios.HasBmc([]));
    }

    /// <summary>The card that a management controller shows has one address on all boards of a make.</summary>
    [Theory]
    [InlineData("cdc_ether")]
    [InlineData("rndis_host")]
    [InlineData("cdc_ncm")]
    [InlineData("cdc_eem")]
    [InlineData("cdc_subset")]
    public void ACardThatAControllerShowsIsNotTheMachines(string driver)
    {
        const string Shown = "be:3a:f2:b6:05:9f";
        using var sys = new FakeSys();
        sys.Card("enx0", Shown, driver);
        // It is better than nothing, where it is the only one.
        Assert.Equal([Shown], NetworkCards.Macs(null, sys.Root));
        sys.Card("eno1", "02:00:00:00:00:01", "igb").Card("eno2", "02:00:00:00:00:02", "r8152");
        Assert.Equal(["02:00:00:00:00:02", "02:00:00:00:00:01"], NetworkCards.Macs("02:00:00:00:00:02", sys.Root));
        Assert.Equal(["02:00:00:00:00:01", "02:00:00:00:00:02"], NetworkCards.Macs(null, sys.Root));
        Assert.Equal([Shown, "02:00:00:00:00:01", "02:00:00:00:00:02"], NetworkCards.Macs(Shown, sys.Root));
    }

    [Fact]
    public Task Lldp() => Fuzz.FixedAsync(OneFrame);

    [Fact(Explicit = true)]
    public Task LldpWithoutEnd() => Fuzz.OpenAsync(OneFrame);

    [Fact]
    public Task Tables() => Fuzz.FixedAsync(OneTable);

    [Fact(Explicit = true)]
    public Task TablesWithoutEnd() => Fuzz.OpenAsync(OneTable);

    /// <summary>A frame is refused or told; what is told is no more than the frame held, and can be sent on.</summary>
    private static void OneFrame(Random random)
    {
        if (LldpFrame.Parse(Fuzz.Mutate(random, Frame())) is not { } neighbour) return;
        Assert.NotNull(JsonNode.Parse(neighbour.ToJsonString()));
        Assert.All(neighbour, field => Assert.True(field.Value!.ToString() is var text && text.Length <= LongestValue * 3
            && !text.Any(char.IsControl), field.Key));
    }

    /// <summary>A table is read to where it is wrong; what is told of it can be sent on.</summary>
    private static void OneTable(Random random)
    {
        var table = Fuzz.Mutate(random, Table());
        foreach (var module in Smbios.MemoryModules(table))
        {
            Assert.True(module["Size"]!.GetValue<long>() >= 0);
            Assert.NotNull(JsonNode.Parse(module.ToJsonString()));
        }

        _ = Smbios.HasBmc(table);
    }

    private static byte[] Frame() =>
    [
        0x01, 0x80, 0xC2, 0, 0, 0x0E, 2, 0, 0, 0, 0, 0x10, 0x88, 0xCC,
        .. Tlv(1, [4, 2, 0, 0, 0, 0, 0x10]), .. Tlv(2, [5, .. "swp7"u8]), .. Tlv(3, [0, 120]), .. Tlv(4, [.. "rack 4"u8]),
            .. Tlv(5, [.. "leaf-1"u8]),
        .. Tlv(6, [.. "a switch"u8]), .. Tlv(127, [0x00, 0x80, 0xC2, 1, 0, 120]), 0, 0,
    ];

    private static byte[] Tlv(int type, byte[] value) => [(byte)((type << 1) | (value.Length >> 8)), (byte)value.Length, .. value];

    private static byte[] Table()
    {
        var module = new byte[0x28];
        (module[0], module[1]) = (17, 0x28);
        // 0x7FFF: the size stands at 0x1C, in MiB.
        (module[0x0C], module[0x0D]) = (0xFF, 0x7F);
        BitConverter.TryWriteBytes(module.AsSpan(0x1C), 16 << 10);
        BitConverter.TryWriteBytes(module.AsSpan(0x15), (ushort)3200);
        (module[0x10], module[0x17], module[0x18]) = (1, 2, 3);
        return [.. module, .. Texts("DIMM A1", "Maker", "S-1"), 38, 6, 0, 0, 1, 2, 0, 0, 127, 4, 0, 0, 0, 0];
    }

    private static byte[] Texts(params string[] texts) => [.. texts.SelectMany(t => Encoding.ASCII.GetBytes(t).Append((byte)0)), 0];
}
