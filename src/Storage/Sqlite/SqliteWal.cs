using System.Buffers.Binary;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// What a write-ahead log holds, and what of it SQLite will take (sqlite.org/fileformat2.html, 4): it reads frames up to the first whose
/// checksum is wrong, and leaves out all that follow without a word. Frames with other salts are rests of an earlier use of the file.
/// </summary>
/// <param name="IsHeaderRight">The header's checksum is right; else nothing of the file is taken.</param>
/// <param name="Taken">Frames up to the last commit that SQLite takes.</param>
/// <param name="Left">Frames of this use of the file that it leaves out, behind those.</param>
/// <param name="LeftCommits">Ends of transactions among those.</param>
internal sealed record SqliteWal(bool IsHeaderRight, long Taken, long Left, long LeftCommits)
{
    private const int HeaderLength = 32;
    private const int FrameLength = 24;
    private const uint Magic = 0x377f0682;
    private const int IndexLength = 136;
    private const int IndexVersion = 3007000;

    /// <summary>
    /// True when what a transaction has ended is left out, or all is. A frame alone at the end was being written when the process ended:
    /// nobody was told that it was done.
    /// </summary>
    public bool IsDamaged => (!IsHeaderRight && Left > 0) || (LeftCommits > 0 && Left > 1) || Cut > 0;

    /// <summary>Which database the log makes of a file (<see cref="SqliteHeader.Id"/>); null where it leaves that as it is.</summary>
    public uint? Id { get; private init; }

    /// <summary>Frames that the index beside the log (-shm) has, and that are neither in the log nor in the database.</summary>
    public long Cut { get; private init; }

    /// <summary>Reads a log; null where there is none, or an empty one.</summary>
    /// <param name="path">The log.</param>
    /// <param name="index">The index beside it.</param>
    public static SqliteWal? Read(string path, string index)
    {
        if (!File.Exists(path)) return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        if (file.Length == 0) return null;
        var header = new byte[HeaderLength];
        if (file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength) return new SqliteWal(false, 0, 0, 0);
        var magic = Big(header, 0);
        var pageSize = (int)Big(header, 8);
        var isBig = (magic & 1) == 1;
        var sum = Sum(header.AsSpan(0, 24), isBig, (0, 0));
        if ((magic & ~1u) != Magic || pageSize is < 512 or > 65536 || (pageSize & (pageSize - 1)) != 0
            || sum != (Big(header, 24), Big(header, 28)))
            return new SqliteWal(false, 0, (file.Length - HeaderLength) / (FrameLength + 4096), 0);
        var frame = new byte[FrameLength + pageSize];
        var (number, taken, left, commits, isRight) = (0L, 0L, 0L, 0L, true);
        var (id, idSoFar) = ((uint?)null, (uint?)null);
        while (file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length)
        {
            number++;
            var isOwn = frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8));
            var isCommit = Big(frame, 4) != 0;
            if (isRight)
            {
                sum = Sum(frame.AsSpan(FrameLength), isBig, Sum(frame.AsSpan(0, 8), isBig, sum));
                isRight = isOwn && Big(frame, 0) != 0 && sum == (Big(frame, 16), Big(frame, 20));
                if (isRight)
                {
                    // The first page begins with the file's header.
                    if (Big(frame, 0) == 1) idSoFar = Big(frame, FrameLength + SqliteHeader.IdAt);
                    if (isCommit) (taken, id) = (number, idSoFar);
                    continue;
                }
            }

            if (!isOwn) continue;
            left++;
            if (isCommit) commits++;
        }

        return new SqliteWal(true, taken, left, commits) { Cut = CutOff(index, header, taken, left), Id = id };
    }

    /// <summary>The index is of the process that wrote last; its numbers are in the machine's order, the salts as in the log.</summary>
    private static long CutOff(string index, byte[] header, long taken, long left)
    {
        if (left > 0 || !File.Exists(index)) return 0;
        var shared = new byte[IndexLength];
        using var file = new FileStream(index, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        if (file.ReadAtLeast(shared, IndexLength, throwOnEndOfStream: false) < IndexLength) return 0;
        var isOfThisLog = BitConverter.ToUInt32(shared, 0) == IndexVersion && shared.AsSpan(32, 8).SequenceEqual(header.AsSpan(16, 8))
            && shared.AsSpan(0, 48).SequenceEqual(shared.AsSpan(48, 48));
        // What a checkpoint has put into the database is lost to nobody.
        var known = Math.Max(taken, BitConverter.ToUInt32(shared, 96));
        return isOfThisLog ? Math.Max(0, BitConverter.ToUInt32(shared, 16) - known) : 0;
    }

    private static uint Big(byte[] octets, int at) => BinaryPrimitives.ReadUInt32BigEndian(octets.AsSpan(at));

    private static (uint, uint) Sum(ReadOnlySpan<byte> octets, bool isBig, (uint A, uint B) before)
    {
        var (a, b) = before;
        for (var i = 0; i < octets.Length; i += 8)
        {
            a += Word(octets[i..], isBig) + b;
            b += Word(octets[(i + 4)..], isBig) + a;
        }

        return (a, b);
    }

    private static uint Word(ReadOnlySpan<byte> octets, bool isBig)
        => isBig ? BinaryPrimitives.ReadUInt32BigEndian(octets) : BinaryPrimitives.ReadUInt32LittleEndian(octets);
}
