using System.Text;
using Anvil.Protocols.Tftp;

namespace Anvil.Edge.Tests.Tftp;

public sealed class TftpTests
{
    private static byte[] Packet(int opcode, string fields) => [0, (byte)opcode, .. Encoding.ASCII.GetBytes(fields.Replace('|', '\0'))];

    [Fact]
    public void ReadsARequestWithOptions()
    {
        var request = TftpRequest.TryParse(Packet(1, "ipxe.efi|OCTET|BlkSize|1468|windowsize|4|tsize|0|"))!;
        Assert.Equal(("ipxe.efi", "octet"), (request.File, request.Mode));
        var options = TftpOptions.Negotiate(request.Options, 1000);
        Assert.Equal((1468, 4), (options.BlockSize, options.WindowSize));
        Assert.Equal(["blksize=1468", "windowsize=4", "tsize=1000"], options.Accepted.Select(o => $"{o.Key}={o.Value}"));
    }

    [Theory]
    [InlineData("blksize", "7")]
    [InlineData("blksize", "99999")]
    [InlineData("windowsize", "0")]
    [InlineData("timeout", "256")]
    [InlineData("blksize", "-5")]
    [InlineData("blksize", "1e3")]
    [InlineData("other", "1")]
    public void AnOptionOutOfRangeIsLeftOut(string name, string value)
        => Assert.Empty(TftpOptions.Negotiate(new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value }, 1).Accepted);

    [Fact]
    public void ABlockNeverExceedsWhatThePathCarries()
    {
        var request = new Dictionary<string, string>(StringComparer.Ordinal) { ["blksize"] = "65464", ["windowsize"] = "64" };
        Assert.Equal((1468, 64), (TftpOptions.Negotiate(request, 1).BlockSize, TftpOptions.Negotiate(request, 1).WindowSize));
        var jumbo = TftpOptions.Negotiate(request, 1, 65504);
        Assert.Equal((65464, 16), (jumbo.BlockSize, jumbo.WindowSize));
    }

    [Theory]
    [InlineData(1, "noend")]
    [InlineData(1, "|octet|")]
    [InlineData(3, "a|octet|")]
    [InlineData(1, "")]
    public void RefusesWhatIsNoRequest(int opcode, string fields) => Assert.Null(TftpRequest.TryParse(Packet(opcode, fields)));

    [Fact]
    public void NetasciiEndsLinesWithCrLf()
    {
        using var stream = new NetasciiStream(new MemoryStream("a\nb\rc"u8.ToArray()));
        using var read = new MemoryStream();
        stream.CopyTo(read, 1);
        Assert.Equal("a\r\nb\r\0c"u8.ToArray(), read.ToArray());
    }

    [Fact]
    public void NoPacketMakesTheParserFail()
    {
        var random = new Random(5);
        var packet = new byte[64];
        for (var i = 0; i < 100_000; i++)
        {
            random.NextBytes(packet);
            packet[0] = 0;
            packet[1] = (byte)random.Next(1, 3);
            for (var zeros = random.Next(8); zeros > 0; zeros--) packet[random.Next(2, 64)] = 0;
            if (TftpRequest.TryParse(packet.AsSpan(0, random.Next(65))) is { } request) _ = TftpOptions.Negotiate(request.Options, 5);
        }
    }
}
