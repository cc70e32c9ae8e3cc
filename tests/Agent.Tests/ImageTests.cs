using System.Diagnostics;
using System.Text;
using Anvil.Agent.Disks;

namespace Anvil.Agent.Tests;

/// <summary>What is written to a disk is a raw image, by what it begins with and not by its name.</summary>
public sealed class ImageTests
{
    /// <summary>A server's file by any name, and with what stands behind it in a URL.</summary>
    private const string Url = "http://192.0.2.1/images/debian.img?token=x.zst";

    private const int Length = (2 * UnpackedImage.Block) + 12_345;

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task AnImageIsUnpackedByWhatItBeginsWith(string packing)
    {
        var image = new byte[Length];
        new Random(7).NextBytes(image);
        await using var opened = await UnpackedImage.OpenAsync(new MemoryStream(await PackedAsync(packing, image)), Url);
        Assert.Equal(packing, opened.Packing);
        Assert.Equal(image, await AllAsync(opened));
    }

    /// <summary>pzstd begins with a frame that is to be skipped.</summary>
    [Fact]
    public async Task AFrameToBeSkippedIsOfZstd()
    {
        byte[] skipped = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
        await using var opened = await UnpackedImage.OpenAsync(
            new MemoryStream([.. skipped, .. await PackedAsync("zstd", "a disk"u8.ToArray())]), Url);
        Assert.Equal("a disk"u8.ToArray(), await AllAsync(opened));
    }

    [Theory]
    [InlineData("514649fb00000003", "a QCOW2 image")]
    [InlineData("4b444d5601000000", "a VMDK image")]
    [InlineData("23204469736b2044657363726970746f7246696c650a", "a VMDK image")]
    [InlineData("7668647866696c65", "a VHDX image")]
    [InlineData("636f6e6563746978", "a VHD image that grows")]
    [InlineData("3affed26", "")]
    [InlineData("3aff26ed", "a sparse image of Android")]
    [InlineData("425a683931415926535901", "packed by bzip2")]
    [InlineData("04224d18", "packed by lz4")]
    [InlineData("894c5a4f000d0a1a0a", "packed by lzop")]
    [InlineData("5d00008000ffffffffffffffff00", "packed by lzma")]
    [InlineData("504b030414000000", "a ZIP archive")]
    [InlineData("377abcaf271c", "a 7z archive")]
    [InlineData("1f9d90", "packed by compress")]
    [InlineData("0a3c21444f43545950452068746d6c3e", "a web page")]
    [InlineData("3c68746d6c3e", "a web page")]
    [InlineData("eb6390", "")]
    [InlineData("00", "")]
    public async Task WhatIsNoImageIsRefusedBeforeADiskIsTouched(string head, string what)
    {
        byte[] file = [.. Convert.FromHexString(head), .. new byte[1000]];
        foreach (var packing in new[] { "", "gzip", "xz", "zstd" })
        {
            var packed = new MemoryStream(await PackedAsync(packing, file));
            if (what.Length == 0) await (await UnpackedImage.OpenAsync(packed, Url)).DisposeAsync();
            else
            {
                var said = (await Assert.ThrowsAsync<AgentException>(() => UnpackedImage.OpenAsync(packed, Url))).Message;
                Assert.Contains($"is {what}{(packing.Length > 0 ? " within " + packing : "")}, no raw image", said,
                    StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(64, "7f10dabe", "a VDI image")]
    [InlineData(257, "7573746172", "a tar archive")]
    public async Task WhatSaysFurtherOnWhatItIsIsRefused(int at, string magic, string what)
    {
        var file = new byte[1024];
        Convert.FromHexString(magic).CopyTo(file, at);
        var said = await Assert.ThrowsAsync<AgentException>(() => UnpackedImage.OpenAsync(new MemoryStream(file), Url));
        Assert.Contains(what, said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsPackedTwiceOrIsEmptyOrDoesNotUnpackIsRefused()
    {
        async Task IsRefusedAsync(byte[] file, string why)
        {
            var said = await Assert.ThrowsAsync<AgentException>(() => UnpackedImage.OpenAsync(new MemoryStream(file), Url));
            Assert.Contains(why, said.Message, StringComparison.Ordinal);
        }

        await IsRefusedAsync(await PackedAsync("xz", await PackedAsync("gzip", new byte[100])), "packed by gzip within xz");
        await IsRefusedAsync([], "is empty");
        await IsRefusedAsync(await PackedAsync("gzip", []), "is empty within gzip");
        await IsRefusedAsync([0xFD, .. "7zXZ\0"u8, .. new byte[4 * UnpackedImage.Block]], "does not unpack (xz ended with 1)");
        await IsRefusedAsync([0x28, 0xB5, 0x2F, 0xFD, 0xFF, .. Encoding.ASCII.GetBytes(new string('x', 100))], "does not unpack (zstd");
        await IsRefusedAsync([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF], "does not unpack (gzip");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task WhatBreaksOffIsTold(string packing)
    {
        var image = new byte[Length];
        new Random(8).NextBytes(image);
        var packed = await PackedAsync(packing, image);
        await using var opened = await UnpackedImage.OpenAsync(new MemoryStream(packed[..^100_000]), Url);
        var said = await Assert.ThrowsAsync<AgentException>(() => AllAsync(opened));
        Assert.Contains($"does not unpack ({packing}", said.Message, StringComparison.Ordinal);
    }

    private static async Task<byte[]> AllAsync(UnpackedImage image)
    {
        var all = new MemoryStream();
        var block = new byte[UnpackedImage.Block];
        while (await image.ReadAsync(block) is var read and > 0) all.Write(block, 0, read);
        await image.EndAsync();
        return all.ToArray();
    }

    private static async Task<byte[]> PackedAsync(string packing, byte[] content)
    {
        if (packing.Length == 0) return content;
        var packed = new MemoryStream();
        using var process = Process.Start(
            new ProcessStartInfo(packing, "-1c") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var reading = process.StandardOutput.BaseStream.CopyToAsync(packed);
        await process.StandardInput.BaseStream.WriteAsync(content);
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        return packed.ToArray();
    }
}
