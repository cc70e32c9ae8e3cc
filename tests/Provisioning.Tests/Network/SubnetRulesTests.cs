using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

public sealed class SubnetRulesTests
{
    [Fact]
    public void AnOrdinarySubnetIsTaken() => Assert.Empty(SubnetRules.Problems(TestCatalog.Subnet(), null));

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(52)]
    [InlineData(53)]
    [InlineData(54)]
    [InlineData(55)]
    [InlineData(61)]
    [InlineData(82)]
    [InlineData(255)]
    public void OptionsOfTheProtocolCannotBeSet(byte code)
        => Assert.Equal([$"/Options/1: option {code} belongs to the protocol itself and cannot be set"],
            Problems(new(3, "10.0.0.1"), new(code, "1")));

    /// <summary>DRP takes these and computes them itself; 58 and 59 are honoured.</summary>
    [Theory]
    [InlineData(1, "255.255.255.0")]
    [InlineData(28, "10.0.0.255")]
    [InlineData(51, "600")]
    [InlineData(58, "300")]
    [InlineData(59, "500")]
    [InlineData(67, "")]
    [InlineData(6, "10.0.0.1, 10.0.0.2")]
    [InlineData(43, "hex:0104")]
    [InlineData(3, "hex:0a000001")]
    [InlineData(2, "-18000")]
    [InlineData(33, "10.0.0.1, 10.0.0.2")]
    [InlineData(114, "http://10.0.0.1/onie")]
    [InlineData(150, "10.0.0.1, 10.0.0.2")]
    [InlineData(150, "10,0,0,1")]
    [InlineData(121, "16,10,1,10,0,0,1")]
    [InlineData(150, "string:/boot/grub.cfg")]
    [InlineData(25, "68, 296, 508")]
    [InlineData(211, "30")]
    [InlineData(211, "0,0,0,30")]
    [InlineData(108, "hex:00000708")]
    [InlineData(91, "600")]
    [InlineData(152, "1700000000")]
    [InlineData(118, "10.0.0.0")]
    [InlineData(118, "10,0,0,0")]
    [InlineData(138, "10.0.0.1, 10.0.0.2")]
    [InlineData(116, "1")]
    [InlineData(157, "1")]
    [InlineData(78, "0,10,0,0,1")]
    [InlineData(117, "0,6,0,44")]
    [InlineData(208, "hex:f100747e")]
    [InlineData(80, "hex:")]
    [InlineData(12, "{{ index . \"12\" }}")]
    public void WhatDrpTakesIsTaken(byte code, string value) => Assert.Empty(Problems(new DhcpOptionSetting(code, value)));

    [Theory]
    [InlineData(3, "gateway", "is not an IPv4 address")]
    [InlineData(3, ",", "it holds nothing")]
    [InlineData(51, "soon", "is not a number")]
    [InlineData(26, "70000", "is not a number up to 65535")]
    [InlineData(43, "hex:0", "is not hexadecimal")]
    [InlineData(121, "10.0.0.0/99 10.0.0.1", "is not a route")]
    [InlineData(3, "string:gateway", "a text is none of its values")]
    [InlineData(3, "string:four", "a text is none of its values")]
    [InlineData(6, "hex:0a0b", "4 octets each")]
    [InlineData(3, "hex:", "4 octets each")]
    [InlineData(51, "hex:01", "a number of 4 octets")]
    [InlineData(26, "hex:01", "a number of 2 octets")]
    [InlineData(33, "10.0.0.1", "pairs of addresses")]
    [InlineData(121, "1,2,3", "no routes")]
    [InlineData(19, "7", "0 or 1")]
    [InlineData(2, "-3000000000", "is not a number from")]
    [InlineData(25, "0,68,1,40", "numbers of 2 octets each, of at least 68")]
    [InlineData(25, "hex:0044ff", "numbers of 2 octets each, of at least 68")]
    [InlineData(211, "hex:1e", "a number of 4 octets")]
    [InlineData(211, "0,30", "a number of 4 octets")]
    [InlineData(211, "string:30", "a text is none of its values")]
    [InlineData(108, "4294967296", "is not a number up to 4294967295")]
    [InlineData(91, "1,2", "a number of 4 octets")]
    [InlineData(155, "hex:0102", "a number of 4 octets")]
    [InlineData(118, "10.0.0.0, 10.1.0.0", "one address")]
    [InlineData(85, "10,0,0", "4 octets each")]
    [InlineData(112, "hex:0a0000", "4 octets each")]
    [InlineData(138, "string:ac.example", "a text is none of its values")]
    [InlineData(116, "2", "0 or 1")]
    [InlineData(156, "1,2", "is not a number up to 255")]
    [InlineData(78, "10,0,0,1", "0 or 1, and addresses")]
    [InlineData(117, "6", "numbers of 2 octets each")]
    [InlineData(94, "1,2", "it has 3 octets")]
    [InlineData(97, "hex:00", "it has 17 octets")]
    [InlineData(109, "hex:20010db8", "it has 16 octets")]
    [InlineData(208, "string:pxe", "it has 4 octets")]
    [InlineData(12, "{{ if }}", "option 12 cannot be set to that")]
    public void AValueThatTheOptionCannotHaveIsRefused(byte code, string value, string cause)
    {
        var problem = Assert.Single(Problems(new DhcpOptionSetting(code, value)));
        Assert.StartsWith($"/Options/0: option {code} cannot be set to that: ", problem, StringComparison.Ordinal);
        Assert.Contains(cause, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(211, "30", "0000001e")]
    [InlineData(108, "1800", "00000708")]
    [InlineData(25, "68,296", "00440128")]
    [InlineData(118, "10.0.0.0", "0a000000")]
    public void ANumberHasTheOctetsThatAClientReads(byte code, string value, string octets)
    {
        Assert.Equal(octets, Convert.ToHexStringLower(OptionText.Encode(code, value)));
        Assert.Equal(code == 118 ? "10,0,0,0" : value, OptionText.Decode(code, OptionText.Encode(code, value)));
    }

    [Fact]
    public void AnOptionIsSetOnce()
        => Assert.Equal(["/Options/1: option 3 is set twice"],
            Problems(new DhcpOptionSetting(3, "10.0.0.1"), new DhcpOptionSetting(3, "10.0.0.2")));

    [Fact]
    public void WorkWithOptionsIsBounded()
    {
        Assert.Equal("/Options: 255 options are more than the 254 that can be set",
            Problems([.. Enumerable.Repeat(new DhcpOptionSetting(3, "10.0.0.1"), 255)]).Single());
        Assert.Equal(["/Options/0: the value of option 12 has more than 4096 characters"],
            Problems(new DhcpOptionSetting(12, new string('x', 4097))));
    }

    /// <summary>What an older version took can be kept while something else is changed.</summary>
    [Fact]
    public void WhatStoodBeforeMayStay()
    {
        var old = TestCatalog.Subnet() with { Options = [new DhcpOptionSetting(3, "gateway")], ActiveLeaseTime = int.MaxValue };
        Assert.Empty(SubnetRules.Problems(old with { Description = "new" }, old));
        Assert.Single(SubnetRules.Problems(old with { ActiveLeaseTime = int.MaxValue - 1 }, old));
    }

    [Theory]
    [InlineData(-600, "ActiveLeaseTime must be greater than or equal to 60 seconds, not -600")]
    [InlineData(59, "ActiveLeaseTime must be greater than or equal to 60 seconds, not 59")]
    [InlineData(int.MaxValue, "ActiveLeaseTime must be at most 315360000 seconds (ten years)")]
    public void LeaseTimesAreBounded(int seconds, string problem)
        => Assert.Equal([problem], SubnetRules.Problems(TestCatalog.Subnet() with { ActiveLeaseTime = seconds }, null));

    [Theory]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("01:00:5e:00:00:fb")]
    [InlineData("33:33:00:00:00:01")]
    [InlineData("03:00:00:00:00:01")]
    [InlineData("printer")]
    public void AReservationIsForOneNetworkCard(string token)
        => Assert.StartsWith($"Token `{token}` is", Assert.Single(Problems(Reservation with { Token = token })), StringComparison.Ordinal);

    [Fact]
    public void AReservationsFieldsAreChecked()
    {
        Assert.Empty(Problems(Reservation));
        Assert.Equal(["Duration cannot be negative"], Problems(Reservation with { Duration = -1 }));
        Assert.Equal(["Duration must be at most 315360000 seconds (ten years)"], Problems(Reservation with { Duration = int.MaxValue }));
        Assert.Equal(["NextServer boot is not an IPv4 address"], Problems(Reservation with { NextServer = "boot" }));
        Assert.Equal(["/Options/0: option 53 belongs to the protocol itself and cannot be set"],
            Problems(Reservation with { Options = [new DhcpOptionSetting(53, "1")] }));
        Assert.Equal(["Addr 10.0.0.255 is the network or broadcast address of subnet net"],
            Problems(Reservation with { Addr = "10.0.0.255" }));
    }

    [Fact]
    public void ATokenHasOneReservation()
    {
        var other = Reservation with { Addr = "10.0.0.51" };
        Assert.Equal(["Reservation 0A000033 already has Strategy MAC: Token 02:00:00:00:00:0a"],
            ReservationRules.Problems(Reservation, null, TestCatalog.Subnet(), new ReservationBook(other)));
        var scoped = Reservation with { Scoped = true };
        Assert.Empty(ReservationRules.Problems(scoped, null, TestCatalog.Subnet(),
            new ReservationBook(other with { Scoped = true, Subnet = "elsewhere" })));
        Assert.Single(ReservationRules.Problems(scoped, null, TestCatalog.Subnet(),
            new ReservationBook(other with { Scoped = true, Subnet = "net" })));
        Assert.Equal(["Addr 10.0.0.50 is in no subnet"], ReservationRules.Problems(scoped, null, null, new ReservationBook()));
    }

    private static Reservation Reservation => new() { Addr = "10.0.0.50", Token = "02:00:00:00:00:0a", Strategy = "MAC" };

    private static List<string> Problems(params DhcpOptionSetting[] options)
        => [.. SubnetRules.Problems(TestCatalog.Subnet() with { Options = options }, null)];

    private static List<string> Problems(Reservation reservation)
        => [.. ReservationRules.Problems(reservation, null, TestCatalog.Subnet(), new ReservationBook())];
}
