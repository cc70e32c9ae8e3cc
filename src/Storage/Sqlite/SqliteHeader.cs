using System.Buffers.Binary;

namespace Anvil.Storage.Sqlite;

/// <summary>The first 100 octets of a database file (sqlite.org/fileformat2.html, 1.3).</summary>
/// <param name="PageSize">Octets of a page.</param>
/// <param name="Pages">Pages that the file says it has; 0 where it does not say.</param>
/// <param name="Id">Which database it is (PRAGMA application_id); 0 where it does not say.</param>
internal sealed record SqliteHeader(int PageSize, long Pages, uint Id)
{
    /// <summary>Octets of the header.</summary>
    public const int Length = 100;

    /// <summary>Where in it the database's own number is.</summary>
    public const int IdAt = 68;

    /// <summary>Reads a file's header; null where it is none.</summary>
    public static SqliteHeader? Read(string path)
    {
        Span<byte> header = stackalloc byte[Length];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.ReadAtLeast(header, Length, throwOnEndOfStream: false) < Length || !header[..16].SequenceEqual("SQLite format 3\0"u8))
            return null;
        int size = BinaryPrimitives.ReadUInt16BigEndian(header[16..]);
        if (size == 1) size = 65536;
        if (size < 512 || (size & (size - 1)) != 0) return null;
        // A program that does not keep the number of pages leaves the two counters different.
        var isKept = header[24..28].SequenceEqual(header[92..96]);
        return new SqliteHeader(size, isKept ? BinaryPrimitives.ReadUInt32BigEndian(header[28..]) : 0,
            BinaryPrimitives.ReadUInt32BigEndian(header[IdAt..]));
    }
}
