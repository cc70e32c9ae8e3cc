using System.Buffers.Binary;
using System.Text;

namespace Anvil.Agent.Disks;

/// <summary>What the first octets of a file say that it is, whatever it is called.</summary>
internal static class ImageKind
{
    /// <summary>As many octets as are looked at.</summary>
    public const int Octets = 512;

    private const int LzmaHeader = 13;

    /// <summary>A length beyond this is none of LZMA's.</summary>
    private const long MostUnpacked = 1L << 48;

    /// <summary>
    /// Programs that unpack, by what they make. A frame of zstd that is to be skipped may come first (RFC 8878 section 3.1.2).
    /// </summary>
    private static readonly (byte[] Octets, string What)[] Packings =
    [
        ([0x1F, 0x8B], "gzip"), ([0xFD, .. "7zXZ\0"u8], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        .. Enumerable.Range(0x50, 16).Select(o => ((byte[])[(byte)o, 0x2A, 0x4D, 0x18], "zstd")),
    ];

    /// <summary>What is no raw image of a disk: virtual machines' images, archives, and what nothing here unpacks.</summary>
    private static readonly (int At, byte[] Octets, string What)[] Others =
    [
        (0, [.. "QFI"u8, 0xFB], "a QCOW2 image"), (0, [.. "QED\0"u8], "a QED image"),
        (0, [.. "KDMV"u8], "a VMDK image"), (0, [.. "COWD"u8], "a VMDK image"), (0, [.. "# Disk DescriptorFile"u8], "a VMDK image"),
        (0, [.. "vhdxfile"u8], "a VHDX image"), (0, [.. "conectix"u8], "a VHD image that grows"),
        (64, [0x7F, 0x10, 0xDA, 0xBE], "a VDI image"),
        (0, [.. "WithoutFreeSpace"u8], "a Parallels image"), (0, [.. "WithouFreSpacExt"u8], "a Parallels image"),
        (0, [0x3A, 0xFF, 0x26, 0xED], "a sparse image of Android"), (0, [.. "MSWIM\0\0\0"u8], "a WIM image"),
        (4, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "packed by bzip2"), (4, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90], "packed by bzip2"),
        (0, [0x04, 0x22, 0x4D, 0x18], "packed by lz4"), (0, [0x02, 0x21, 0x4C, 0x18], "packed by lz4"),
        (0, [0x89, .. "LZO\0\r\n"u8], "packed by lzop"), (0, [.. "LZIP"u8], "packed by lzip"), (0, [0x1F, 0x9D], "packed by compress"),
        (0, [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive"), (0, [.. "Rar!"u8, 0x1A, 0x07], "a RAR archive"),
        (0, [.. "PK"u8, 3, 4], "a ZIP archive"), (0, [.. "PK"u8, 5, 6], "a ZIP archive"),
        (257, [.. "ustar"u8], "a tar archive"), (0, [.. "070701"u8], "a cpio archive"), (0, [.. "070702"u8], "a cpio archive"),
    ];

    /// <summary>The program that unpacks it: gzip, xz or zstd; "" for what is not packed by one of these.</summary>
    public static string Packing(ReadOnlySpan<byte> head)
    {
        foreach (var (octets, what) in Packings)
        {
            if (head.StartsWith(octets)) return what;
        }

        return "";
    }

    /// <summary>What it is that is no raw image of a disk; "" for what may be one.</summary>
    /// <param name="head">Its first octets.</param>
    public static string NoDisk(ReadOnlySpan<byte> head)
    {
        foreach (var (at, octets, what) in Others)
        {
            if (head.Length > at && head[at..].StartsWith(octets)) return what;
        }

        var text = head.TrimStart(" \t\r\n"u8);
        return IsLzma(head) ? "packed by lzma" : IsTag(text, "<!doctype html"u8) || IsTag(text, "<html"u8) ? "a web page" : "";
    }

    /// <summary>It has no magic number: its usual properties, a dictionary, and the length, which may be unknown.</summary>
    private static bool IsLzma(ReadOnlySpan<byte> head)
        => head.Length > LzmaHeader && head[0] == 0x5D && BinaryPrimitives.ReadUInt32LittleEndian(head[1..]) is var dictionary
            && BinaryPrimitives.ReadInt64LittleEndian(head[5..]) is var length && (uint.IsPow2(dictionary) || dictionary == uint.MaxValue)
            && length is -1 or (> 0 and < MostUnpacked);

    private static bool IsTag(ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag)
        => text.Length > tag.Length && Ascii.EqualsIgnoreCase(text[..tag.Length], tag);
}
