using System.Text;
using Anvil.Protocols.Tftp;

namespace Anvil.Edge.Tests.Tftp;

public sealed class TftpTests
{
    private static byte[] Packet(int opcode, string fields) => [0, (byte)opcode, .. Encoding.ASCII.GetBytes(fields.Replace('|', '\0'))];

    [Fact]
    public void ReadsARequestWithOptions()
    {
        var request = TftpRequest.Read(Packet(1, "ipxe.efi|OCTET|BlkSize|1468|windowsize|4|tsize|0|"), out _)!;
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

    /// <summary>What is no request has a fault that its sender is told; an error, and what is too short, have none.</summary>
    [Theory]
    [InlineData(1, "noend", TftpError.IllegalOperation)]
    [InlineData(1, "|octet|", TftpError.IllegalOperation)]
    [InlineData(1, "a|", TftpError.IllegalOperation)]
    [InlineData(1, "a||", TftpError.IllegalOperation)]
    [InlineData(1, "a|octet", TftpError.IllegalOperation)]
    [InlineData(1, "a|octet|blksize", TftpError.IllegalOperation)]
    [InlineData(1, "a|octet|blksize|", TftpError.IllegalOperation)]
    [InlineData(1, "a|octet|blksize|1024", TftpError.IllegalOperation)]
    [InlineData(1, "a|octet||1024|", TftpError.IllegalOperation)]
    [InlineData(2, "", TftpError.IllegalOperation)]
    [InlineData(1, "", TftpError.IllegalOperation)]
    [InlineData(0, "a|octet|", TftpError.IllegalOperation)]
    [InlineData(7, "", TftpError.IllegalOperation)]
    [InlineData(3, "a|octet|", TftpError.UnknownTransfer)]
    [InlineData(4, "|", TftpError.UnknownTransfer)]
    [InlineData(6, "blksize|512|", TftpError.UnknownTransfer)]
    [InlineData(5, "||x|", null)]
    [InlineData(5, "", null)]
    public void RefusesWhatIsNoRequest(int opcode, string fields, TftpError? code)
    {
        Assert.Null(TftpRequest.Read(Packet(opcode, fields), out var fault));
        Assert.Equal(code, fault?.Code);
        Assert.True(fault is null || fault.Text.Length is > 0 and < 64);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void WhatIsTooShortIsNotAnswered(int length)
    {
        Assert.Null(TftpRequest.Read(new byte[length], out var fault));
        Assert.Null(fault);
    }

    /// <summary>Clients that fill their packets up with NULs, or ask for more options than there are.</summary>
    [Theory]
    [InlineData("a|octet|||||", 0)]
    [InlineData("a|octet|tsize|0||||", 1)]
    [InlineData("a|octet|tsize||", 1)]
    public void ReadsARequestThatIsFilledUp(string fields, int options)
        => Assert.Equal(options, TftpRequest.Read(Packet(1, fields), out _)!.Options.Count);

    [Fact]
    public void OptionsBeyondTheFirstAreLeftOut()
    {
        var many = string.Concat(Enumerable.Range(0, 100).Select(i => $"o{i}|1|"));
        Assert.Equal(16, TftpRequest.Read(Packet(1, "a|octet|" + many), out _)!.Options.Count);
    }

    [Fact]
    public void NetasciiEndsLinesWithCrLf()
    {
        using var stream = new NetasciiStream(new MemoryStream("a\nb\rc"u8.ToArray()));
        using var read = new MemoryStream();
        stream.CopyTo(read, 1);
        Assert.Equal("a\r\nb\r\0c"u8.ToArray(), read.ToArray());
    }

    /// <summary>However it is read, and however what is read from comes, it is what an octet at a time gives.</summary>
    [Fact]
    public void NetasciiIsTheSameInPiecesOfAnySize()
    {
        var random = new Random(9);
        for (var i = 0; i < 200; i++)
        {
            var file = new byte[random.Next(40_000)];
            for (var at = 0; at < file.Length; at++) file[at] = random.Next(i % 5 == 0 ? 300 : 4) switch { 0 => 10, 1 => 13, _ => 97 };
            byte[] expected = [.. file.SelectMany(o => o switch { 10 => [13, 10], 13 => [13, 0], _ => new[] { o } })];
            using var stream = new NetasciiStream(new MemoryStream(file));
            using var read = new MemoryStream();
            var buffer = new byte[random.Next(1, 30_000)];
            while (stream.Read(buffer, 0, random.Next(1, buffer.Length + 1)) is var count and > 0) read.Write(buffer, 0, count);
            Assert.True(expected.AsSpan().SequenceEqual(read.ToArray()));
        }
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
            packet[1] = (byte)random.Next(8);
            for (var zeros = random.Next(8); zeros > 0; zeros--) packet[random.Next(2, 64)] = 0;
            if (TftpRequest.Read(packet.AsSpan(0, random.Next(65)), out _) is { } request) _ = TftpOptions.Negotiate(request.Options, 5);
        }
    }
}
