using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

/// <summary>A reservation's token is what DHCP makes of the client's packets.</summary>
public sealed class ReservationTokenTests
{
    [Theory]
    [InlineData("02-CA-5E-00-04-01", "02:ca:5e:00:04:01")]
    [InlineData("02CA5E000401", "02:ca:5e:00:04:01")]
    [InlineData("80000048FE80000000000000F4521403002CB981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:2c:b9:81", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("00:61:62:63:64:65:66:67:68:69:6a:6b:6c:6d:6e:6f:70:71:72:73",
        "00:61:62:63:64:65:66:67:68:69:6a:6b:6c:6d:6e:6f:70:71:72:73")]
    [InlineData("f4:52:14:03:00:2c:b9:81", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("AA-BB", "aa:bb")]
    [InlineData("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f")]
    [InlineData("ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:02:ca:5e",
        "ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:02:ca:5e")]
    [InlineData("ff", "")]
    [InlineData("aabb", "")]
    [InlineData("aa:bb-cc", "")]
    [InlineData("aa:b", "")]
    [InlineData("aa:bb:", "")]
    [InlineData("printer", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void OfEachLengthThatDhcpAnswers(string? text, string token)
    {
        Assert.Equal(token.Length > 0, ReservationToken.TryNormalize(text, out var read));
        Assert.Equal(token, read);
        Assert.Equal(token.Length > 0, ReservationToken.Problem(text) is null);
    }

    [Theory]
    [InlineData("00:00:00", "zero")]
    [InlineData("ff:ff", "broadcast")]
    [InlineData("01:00:5e:00:00:fb", "group")]
    public void NoClientHasThese(string text, string why)
        => Assert.Contains(why, ReservationToken.Problem(text), StringComparison.Ordinal);

    [Fact]
    public void TheLongestIdentifierIsThirtyTwoOctets()
    {
        Assert.True(ReservationToken.TryNormalize(string.Join(':', Enumerable.Repeat("ab", 32)), out _));
        Assert.False(ReservationToken.TryNormalize(string.Join(':', Enumerable.Repeat("ab", 33)), out _));
    }
}
