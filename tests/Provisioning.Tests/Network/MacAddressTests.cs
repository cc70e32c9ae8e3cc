using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("02:ca:5e:00:04:01", "02:ca:5e:00:04:01")]
    [InlineData("02-CA-5E-00-04-01", "02:ca:5e:00:04:01")]
    [InlineData("02CA.5E00.0401", "02:ca:5e:00:04:01")]
    [InlineData("02CA5E000401", "02:ca:5e:00:04:01")]
    [InlineData("02ca5e-000401", "02:ca:5e:00:04:01")]
    [InlineData("02CA-5E00-0401", "02:ca:5e:00:04:01")]
    [InlineData("02ca-5e00-0000-0401", "02:ca:5e:00:00:00:04:01")]
    [InlineData("02ca.5e00.0000.0401", "02:ca:5e:00:00:00:04:01")]
    [InlineData("02ca5e:000401", "")]
    [InlineData("02ca5e00-0401", "")]
    [InlineData("02ca-5e000401", "")]
    [InlineData("02ca5e-000401-", "")]
    [InlineData("02ca5e-0004-01", "")]
    [InlineData("02:ca:5e:00:00:00:04:01", "02:ca:5e:00:00:00:04:01")]
    [InlineData("80:00:00:48:fe:80:00:00:00:00:00:00:F4:52:14:03:00:2c:b9:81", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("a0000a11fec0000000000001f4521403002cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("0:2ca5e0-0.040:2", "")]
    [InlineData("02:ca-5e:00:04:01", "")]
    [InlineData("02ca:5e00:0401", "")]
    [InlineData("02.ca.5e.00.04.01", "")]
    [InlineData("2:ca:5e:0:4:1", "")]
    [InlineData("02:ca:5e:00:04:01:", "")]
    [InlineData(" 02:ca:5e:00:04:01", "")]
    [InlineData("02:ca:5e:00:04:0g", "")]
    [InlineData("02:ca:5e:00:04", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void OnlyFormsThatPeopleWrite(string? text, string mac)
    {
        Assert.Equal(mac.Length > 0, MacAddress.TryNormalize(text, out var read));
        Assert.Equal(mac, read);
    }

    [Theory]
    [InlineData("000000000000", "zero")]
    [InlineData("ff:ff:ff:ff:ff:ff", "broadcast")]
    [InlineData("01:00:5e:00:00:fb", "group")]
    [InlineData("33-33-00-00-00-01", "group")]
    [InlineData("03:00:00:00:00:01", "group")]
    [InlineData("printer", "no hardware address")]
    public void NoCardHasThese(string text, string why) => Assert.Contains(why, MacAddress.Problem(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("52:54:00:00:00:01")]
    [InlineData("02:00:00:00:00:01")]
    [InlineData("80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:2d:75:01")]
    [InlineData("81:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:2d:75:01")]
    public void CardsHaveThese(string text) => Assert.Null(MacAddress.Problem(text));
}
