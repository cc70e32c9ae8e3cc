namespace Anvil.Provisioning.Files;

/// <summary>What kinds of archives are read.</summary>
public enum ArchiveKind
{
    /// <summary>None that is read.</summary>
    Unknown,

    /// <summary>An ISO 9660 image (ECMA-119).</summary>
    Iso,

    /// <summary>A tar archive (POSIX ustar and pax, GNU).</summary>
    Tar,

    /// <summary>The same, packed by gzip (RFC 1952).</summary>
    TarGzip,

    /// <summary>A zip archive.</summary>
    Zip,

    /// <summary>A 7-Zip archive.</summary>
    SevenZip,
}

/// <summary>
/// Tells archives apart by what is in them, before a program is asked to read one. That is not left to the program: libarchive takes a
/// text of file names (mtree) for an archive, packed or not, and reads the files that it names from this host's disk.
/// </summary>
public static class ArchiveFormat
{
    /// <summary>Octets at the beginning of a file by which it is told.</summary>
    public const int Head = SystemArea + 6;

    /// <summary>
    /// Octets at the beginning of an ISO 9660 image that are no part of its file system (ECMA-119 section 6.2.1): boot programs, or
    /// whatever somebody put there.
    /// </summary>
    public const int SystemArea = 32768;

    private const int TarMagic = 257;

    /// <summary>Tells the kind of an archive by its first octets.</summary>
    /// <param name="head">As many as <see cref="Head"/>, or the whole file.</param>
    public static ArchiveKind Of(ReadOnlySpan<byte> head)
    {
        if (head.Length >= Head && head[(SystemArea + 1)..].StartsWith("CD001"u8)) return ArchiveKind.Iso;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b])) return ArchiveKind.TarGzip;
        if (head.StartsWith((ReadOnlySpan<byte>)[(byte)'P', (byte)'K', 3, 4])) return ArchiveKind.Zip;
        if (head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c])) return ArchiveKind.SevenZip;
        return head.Length >= TarMagic + 5 && head[TarMagic..].StartsWith("ustar"u8) ? ArchiveKind.Tar : ArchiveKind.Unknown;
    }

    /// <summary>What is read, for people.</summary>
    public static string Known => "ISO 9660, tar, tar packed by gzip, zip and 7-Zip are read";
}
