using Anvil.Provisioning.Network;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class OptionTextTests
{
    [Theory]
    [InlineData(1, "255.255.255.0", new byte[] { 255, 255, 255, 0 })]
    [InlineData(3, "10.0.0.1, 10.0.0.2", new byte[] { 10, 0, 0, 1, 10, 0, 0, 2 })]
    [InlineData(15, "ab", new byte[] { 97, 98 })]
    [InlineData(51, "3600", new byte[] { 0, 0, 14, 16 })]
    [InlineData(26, "1500", new byte[] { 5, 220 })]
    [InlineData(23, "64", new byte[] { 64 })]
    [InlineData(43, "6,1,8,255", new byte[] { 6, 1, 8, 255 })]
    [InlineData(53, "req", new byte[] { 3 })]
    [InlineData(200, "string:x", new byte[] { 120 })]
    [InlineData(1, "hex:ff:ff 0000", new byte[] { 255, 255, 0, 0 })]
    [InlineData(119, "ab.c, d", new byte[] { 2, 97, 98, 1, 99, 0, 1, 100, 0 })]
    [InlineData(119, "1,97,0", new byte[] { 1, 97, 0 })]
    [InlineData(121, "10.1.0.0/16 10.0.0.1, 0.0.0.0/0 10.0.0.2", new byte[] { 16, 10, 1, 10, 0, 0, 1, 0, 10, 0, 0, 2 })]
    public void EncodesByCode(byte code, string text, byte[] expected) => Assert.Equal(expected, OptionText.Encode(code, text));

    [Theory]
    [InlineData(1, "255.255.255")]
    [InlineData(26, "70000")]
    [InlineData(43, "300")]
    [InlineData(51, "-1")]
    [InlineData(9, "hex:0")]
    [InlineData(53, "discover")]
    [InlineData(119, "a..b")]
    [InlineData(121, "10.1.0.0/33 10.0.0.1")]
    public void RefusesWhatDoesNotFit(byte code, string text) => Assert.Throws<FormatException>(() => OptionText.Encode(code, text));

    [Theory]
    [InlineData(3, "10.0.0.1,10.0.0.2")]
    [InlineData(60, "PXEClient")]
    [InlineData(53, "dis")]
    [InlineData(93, "7")]
    [InlineData(43, "6,1,8")]
    public void DecodesWhatItEncoded(byte code, string text) => Assert.Equal(text, OptionText.Decode(code, OptionText.Encode(code, text)));
}
