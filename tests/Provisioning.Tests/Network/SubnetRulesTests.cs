using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

public sealed class SubnetRulesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(53)]
    [InlineData(54)]
    [InlineData(61)]
    [InlineData(82)]
    [InlineData(255)]
    public void OptionsOfTheProtocolCannotBeConfigured(byte code)
    {
        var subnet = TestCatalog.Subnet() with { Options = [new DhcpOptionSetting(code, "1")] };
        Assert.Contains($"Options: {code} is set by the protocol and cannot be configured", SubnetRules.Problems(subnet, null));
        // One that an older version took stands in the way of no other change.
        Assert.Empty(SubnetRules.Problems(subnet with { Description = "x" }, subnet));
    }

    [Theory]
    [InlineData("printer", "Token `printer` is no hardware address")]
    [InlineData("01:00:5e:00:00:fb", "Token `01:00:5e:00:00:fb` is the address of a group (multicast): no network card has it")]
    [InlineData("ff:ff:ff:ff:ff:ff", "Token `ff:ff:ff:ff:ff:ff` is the broadcast address: no network card has it")]
    public void AReservationIsForOneNetworkCard(string token, string problem)
    {
        var reservation = new Reservation { Addr = "10.0.0.200", Token = token, Strategy = "MAC" };
        Assert.Equal([problem], SubnetRules.Problems(reservation, null, TestCatalog.With()));
    }
}
