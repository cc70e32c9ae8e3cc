using System.Buffers.Binary;

namespace Anvil.Agent.Disks;

/// <summary>
/// Makes an image's partition table right for a disk whose sectors have another length than those that the image was made for: both GPT
/// and MBR count in sectors, and GPT's header lies in the second one. What is in the partitions stays where it is.
/// File systems that depend on
/// the length are looked at: FAT is told the new one where its parts lie so that it can be, and what could not be mounted is refused.
/// </summary>
public static class SectorFit
{
    private const int Small = 512;
    private const int Large = 4096;
    private const int HeaderLength = 92;
    private const int LongestEntries = 1 << 20;
    private static readonly Guid NoType = Guid.Empty;

    /// <summary>Looks at the table, and writes it anew when it is made for other sectors.</summary>
    /// <param name="stream">The disk, or a file of its length.</param>
    /// <param name="size">Its octets.</param>
    /// <param name="sector">Octets of its sectors.</param>
    /// <param name="image">Octets of the image that was written to it.</param>
    /// <returns>What was done, for a person; null when nothing had to be.</returns>
    /// <exception cref="AgentException">The image cannot be used with such sectors.</exception>
    public static string? Apply(Stream stream, long size, int sector, long image)
    {
        var disk = new Medium(stream, size);
        if (sector is not (Small or Large)) throw new AgentException($"the disk has sectors of {sector} octets");
        var other = sector == Small ? Large : Small;
        if (Header(disk, sector) is not null) return null;
        if (Header(disk, other) is { } header)
        {
            var partitions = Gpt(disk, header, other, sector);
            foreach (var (at, length) in partitions) FileSystem(disk, at, length, sector);
            return $"the partition table (GPT) was made for sectors of {other} octets: written anew for {sector}";
        }

        var mbr = Read(disk, 0, Small);
        if (!IsMbr(mbr)) return null;
        var entries = Enumerable.Range(0, 4).Select(i => 446 + (16 * i)).Where(e => mbr[e + 4] != 0).ToList();
        // An MBR does not say its sectors: it is made for these when it ends within the image.
        if (sector == Small || entries.TrueForAll(e => End(mbr, e) * sector <= image)) return null;
        foreach (var entry in entries)
        {
            if (mbr[entry + 4] is 0x05 or 0x0F or 0x85)
                throw new AgentException($"the image has extended partitions for sectors of {other} octets; the disk has {sector}");
            foreach (var field in (ReadOnlySpan<int>)[8, 12])
            {
                var value = BinaryPrimitives.ReadUInt32LittleEndian(mbr.AsSpan(entry + field));
                BinaryPrimitives.WriteUInt32LittleEndian(mbr.AsSpan(entry + field), (uint)Sectors(value, other, sector));
            }
        }

        Write(disk, 0, mbr);
        foreach (var entry in entries)
        {
            var start = BinaryPrimitives.ReadUInt32LittleEndian(mbr.AsSpan(entry + 8));
            FileSystem(disk, (long)start * sector, (End(mbr, entry) - start) * sector, sector);
        }

        return $"the partition table (MBR) was made for sectors of {other} octets: written anew for {sector}";
    }

    private static long End(byte[] mbr, int entry)
        => (long)BinaryPrimitives.ReadUInt32LittleEndian(mbr.AsSpan(entry + 8))
            + BinaryPrimitives.ReadUInt32LittleEndian(mbr.AsSpan(entry + 12));

    private static bool IsMbr(byte[] sector)
        => sector[510] == 0x55 && sector[511] == 0xAA
            && Enumerable.Range(0, 4).All(i => sector[446 + (16 * i)] is 0 or 0x80)
            && Enumerable.Range(0, 4).Any(i => sector[450 + (16 * i)] != 0);

    /// <summary>GPT's header for sectors of a length; null when there is none.</summary>
    private static byte[]? Header(Medium disk, int sector)
    {
        if (disk.Size < 2L * sector) return null;
        var header = Read(disk, sector, Small);
        if (!header.AsSpan(0, 8).SequenceEqual("EFI PART"u8)) return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        if (length is < HeaderLength or > Small || BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(24)) != 1) return null;
        var told = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16));
        var own = header.AsSpan(0, (int)length).ToArray();
        own.AsSpan(16, 4).Clear();
        return Crc32(own) == told ? header : null;
    }

    private static List<(long At, long Length)> Gpt(Medium disk, byte[] header, int from, int to)
    {
        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        var (count, each) = (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)),
            BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84)));
        if (each < 128 || count == 0 || (ulong)count * each > LongestEntries) throw new AgentException("the image's GPT is damaged");
        var entries = Read(disk, (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72)) * from, (int)(count * each));
        if (Crc32(entries) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(88)))
            throw new AgentException("the image's GPT is damaged");
        var table = (entries.Length + to - 1) / to;
        var last = (disk.Size / to) - 1;
        var (firstUsable, lastUsable) = (2L + table, last - table - 1);
        var partitions = new List<(long, long)>();
        for (var i = 0; i < count; i++)
        {
            var entry = entries.AsSpan((int)(i * each), (int)each);
            if (new Guid(entry[..16]) == NoType) continue;
            var begin = Sectors(BinaryPrimitives.ReadInt64LittleEndian(entry[32..]), from, to);
            var end = Sectors(BinaryPrimitives.ReadInt64LittleEndian(entry[40..]) + 1, from, to);
            if (begin < firstUsable || end - 1 > lastUsable || end <= begin)
                throw new AgentException($"partition {i + 1} of the image leaves no room for a table of sectors of {to} octets");
            BinaryPrimitives.WriteInt64LittleEndian(entry[32..], begin);
            BinaryPrimitives.WriteInt64LittleEndian(entry[40..], end - 1);
            partitions.Add((begin * to, (end - begin) * to));
        }

        // The old header would be found by who takes the sectors for what they were.
        var mbr = Read(disk, 0, Small);
        Write(disk, from, new byte[from]);
        Write(disk, Small, new byte[to - Small]);
        Protect(mbr, last);
        var whole = new byte[table * to];
        entries.CopyTo(whole, 0);
        // The copy at the end first: a table that was begun is never the only one.
        Write(disk, (last - table) * to, whole);
        Write(disk, last * to, Sector(last, 1, last - table));
        Write(disk, 2L * to, whole);
        Write(disk, to, Sector(1, last, 2));
        Write(disk, 0, mbr);
        return partitions;

        byte[] Sector(long own, long alternate, long entriesAt)
        {
            var made = new byte[to];
            header.AsSpan(0, length).CopyTo(made);
            BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(24), own);
            BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(32), alternate);
            BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(40), firstUsable);
            BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(48), lastUsable);
            BinaryPrimitives.WriteInt64LittleEndian(made.AsSpan(72), entriesAt);
            BinaryPrimitives.WriteUInt32LittleEndian(made.AsSpan(88), Crc32(entries));
            made.AsSpan(16, 4).Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(made.AsSpan(16), Crc32(made.AsSpan(0, length)));
            return made;
        }
    }

    /// <summary>The MBR that keeps who does not know GPT off the disk covers all of it.</summary>
    private static void Protect(byte[] mbr, long last)
    {
        for (var entry = 446; entry < 510; entry += 16)
        {
            if (mbr[entry + 4] != 0xEE) continue;
            BinaryPrimitives.WriteUInt32LittleEndian(mbr.AsSpan(entry + 8), 1);
            BinaryPrimitives.WriteUInt32LittleEndian(mbr.AsSpan(entry + 12), (uint)Math.Min(last, uint.MaxValue));
        }
    }

    private static long Sectors(long value, int from, int to)
        => value * from % to == 0 && value >= 0 && value < long.MaxValue / Large ? value * from / to
            : throw new AgentException($"the image has a partition at sector {value} of {from} octets: no sector of {to} begins there");

    private static void FileSystem(Medium disk, long at, long length, int sector)
    {
        if (sector != Large || length < 2 * Large || at + length > disk.Size) return;
        var first = Read(disk, at, Large);
        if (first.AsSpan(0, 4).SequenceEqual("XFSB"u8))
            Refuse("XFS", BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(102)), at);
        // ext2 to ext4: the superblock is at 1024; its magic, and the logarithm of its blocks' length less 10.
        if (BinaryPrimitives.ReadUInt16LittleEndian(first.AsSpan(1024 + 56)) == 0xEF53
            && BinaryPrimitives.ReadUInt32LittleEndian(first.AsSpan(1024 + 24)) is < 6 and var log) Refuse("ext4", 1024 << (int)log, at);
        if (first[510] == 0x55 && first[511] == 0xAA && first[0] is 0xEB or 0xE9
            && BinaryPrimitives.ReadUInt16LittleEndian(first.AsSpan(11)) == Small) Fat(disk, at, first);
    }

    private static void Refuse(string what, int has, long at)
    {
        if (has < Large)
            throw new AgentException($"the image's {what} at {at >> 20} MiB has blocks of {has} octets, and cannot be mounted from a disk "
                + $"with sectors of {Large}");
    }

    /// <summary>
    /// FAT with sectors of 4096 octets instead of 512: all its parts (the sectors before the tables, the tables, the root folder, the
    /// clusters) have to be whole ones already; then it is its first sector alone that says otherwise.
    /// </summary>
    private static void Fat(Medium disk, long at, byte[] first)
    {
        const int Ratio = Large / Small;
        ushort Short(int field) => BinaryPrimitives.ReadUInt16LittleEndian(first.AsSpan(field));
        uint Long(int field) => BinaryPrimitives.ReadUInt32LittleEndian(first.AsSpan(field));
        var (cluster, reserved, table, root) = (first[13], Short(14), Short(22) is not 0 and var small ? small : Long(36), Short(17) * 32);
        var total = Short(19) is not 0 and var few ? few : Long(32);
        var is32 = Short(22) == 0;
        if (cluster == 0 || reserved == 0 || table == 0 || total == 0) return;
        if (cluster % Ratio != 0 || reserved % Ratio != 0 || table % Ratio != 0 || root % Large != 0)
            throw new AgentException($"the image's FAT at {at >> 20} MiB has sectors of {Small} octets, and cannot be mounted from a disk "
                + $"with sectors of {Large}: make it with clusters of 4096 octets (mkfs.vfat -s 8 -R 32) or for such sectors (-S 4096)");
        // FSINFO, of FAT32, is the sector that is named, wherever that begins now.
        var info = is32 && Short(48) is not 0 and not 0xFFFF ? Read(disk, at + (Short(48) * Small), Small) : null;
        BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(11), Large);
        first[13] = (byte)(cluster / Ratio);
        BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(14), (ushort)(reserved / Ratio));
        BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(19), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(first.AsSpan(28), (uint)(at / Large));
        BinaryPrimitives.WriteUInt32LittleEndian(first.AsSpan(32), total / Ratio);
        if (is32) BinaryPrimitives.WriteUInt32LittleEndian(first.AsSpan(36), table / Ratio);
        else BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(22), (ushort)(table / Ratio));
        // What follows the boot sector within the new first one (FSINFO, a copy of the boot sector) says what no longer is.
        first.AsSpan(Small).Clear();
        if (is32)
        {
            var hasRoom = info is not null && reserved / Ratio > 1;
            BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(48), (ushort)(hasRoom ? 1 : 0));
            // The copy of the boot sector, and room for FSINFO's behind it.
            var hasCopy = reserved / Ratio > 3;
            BinaryPrimitives.WriteUInt16LittleEndian(first.AsSpan(50), (ushort)(hasCopy ? 2 : 0));
            if (hasCopy) Write(disk, at + (2 * Large), first);
            if (hasRoom)
            {
                var sector = new byte[Large];
                info!.CopyTo(sector, 0);
                Write(disk, at + Large, sector);
            }
        }

        Write(disk, at, first);
    }

    private static byte[] Read(Medium disk, long at, int length)
    {
        if (at < 0 || at + length > disk.Size) throw new AgentException("the image's partition table leads out of the disk");
        var read = new byte[length];
        disk.Stream.Position = at;
        disk.Stream.ReadExactly(read);
        return read;
    }

    private static void Write(Medium disk, long at, byte[] octets)
    {
        disk.Stream.Position = at;
        disk.Stream.Write(octets);
    }

    /// <summary>CRC-32 as GPT has it (ISO 3309, as in Ethernet).</summary>
    private static uint Crc32(ReadOnlySpan<byte> octets)
    {
        var crc = ~0u;
        foreach (var octet in octets)
        {
            crc ^= octet;
            for (var i = 0; i < 8; i++) crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }

        return ~crc;
    }

    /// <summary>A disk with its size, which a device file does not tell.</summary>
    private sealed record Medium(Stream Stream, long Size);
}
