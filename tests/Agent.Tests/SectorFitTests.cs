using System.Text;
using Anvil.Agent.Disks;
using Commands = Anvil.Support.Commands;

namespace Anvil.Agent.Tests;

/// <summary>Images for sectors of one length on disks that have another, as util-linux and dosfstools see them afterwards.</summary>
public sealed class SectorFitTests : IDisposable
{
    private const long Size = 400L << 20;
    private const long Image = 340L << 20;
    private readonly string _disk = Path.GetTempFileName();
    private readonly string _part = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_disk);
        File.Delete(_part);
    }

    /// <summary>The disk as an image of a table leaves it: the table's copy at the end of the image, not of the disk.</summary>
    private void Written(string table)
    {
        using (var file = File.Create(_disk)) file.SetLength(Image);
        Commands.Run("sh", "-c", $"printf '{table}' | sfdisk -q {_disk}");
        using var grown = File.OpenWrite(_disk);
        grown.SetLength(Size);
    }

    private string? Apply(int sector)
    {
        using var disk = new FileStream(_disk, FileMode.Open, FileAccess.ReadWrite);
        return SectorFit.Apply(disk, Size, sector, Image);
    }

    /// <summary>The partitions as libblkid finds them on a disk with such sectors, places in 512 octets whatever those are.</summary>
    private string Dump(int sector) => Commands.Run("partx", "--show", "-S", $"{sector}", "-o", "NR,START,SECTORS,UUID,NAME,TYPE", _disk);

    private void Put(string command, int atMiB, int sizeMiB)
    {
        using (var part = File.Create(_part)) part.SetLength((long)sizeMiB << 20);
        Commands.Run("sh", "-c", command.Replace("FILE", _part, StringComparison.Ordinal));
        Commands.Run("dd", $"if={_part}", $"of={_disk}", "bs=1M", $"seek={atMiB}", "conv=notrunc", "status=none");
    }

    private void Take(int atMiB, int sizeMiB)
        => Commands.Run("dd", $"if={_disk}", $"of={_part}", "bs=1M", $"skip={atMiB}", $"count={sizeMiB}", "status=none");

    private const string Gpt = "label: gpt\\nlabel-id: 11111111-2222-4333-8444-555555555555\\n"
        + "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name=bios\\n"
        + "start=4096, size=557056, type=uefi, name=esp\\nstart=561152, size=102400, type=linux, name=root\\n";

    [Fact]
    public void AnImageFor512IsReadOnADiskOf4096()
    {
        Written(Gpt);
        Put("mkfs.vfat -F 32 -s 8 -R 32 -n ESP FILE && mmd -i FILE ::EFI && echo boots | mcopy -i FILE - ::EFI/program", 2, 272);
        Put("mke2fs -q -F -t ext4 -b 4096 -L root FILE", 274, 50);
        var before = Dump(512);
        Assert.Contains("written anew for 4096", Apply(4096), StringComparison.Ordinal);
        Assert.Equal(before, Dump(4096));
        Assert.Contains("root", before, StringComparison.Ordinal);
        using (var disk = File.OpenRead(_disk))
        {
            // Both headers name each other, the second one in the disk's last sector; the old one is gone.
            var header = new byte[64];
            Assert.Equal(("EFI PART", 1, (Size / 4096) - 1, 6, (Size / 4096) - 6), At(4096));
            Assert.Equal(("EFI PART", (Size / 4096) - 1, 1, 6, (Size / 4096) - 6), At(Size - 4096));
            Assert.NotEqual("EFI PART", At(512).Item1);

            (string, long, long, long, long) At(long place)
            {
                disk.Position = place;
                disk.ReadExactly(header);
                return (Encoding.ASCII.GetString(header, 0, 8), BitConverter.ToInt64(header, 24), BitConverter.ToInt64(header, 32),
                    BitConverter.ToInt64(header, 40), BitConverter.ToInt64(header, 48));
            }
        }

        Take(2, 272);
        Assert.Equal("boots\n", Commands.Run("mtype", "-i", _part, "::EFI/program"));
        Commands.Run("fsck.fat", "-n", _part);
        Assert.Contains("4096 bytes per logical sector", Commands.Run("fsck.fat", "-nv", _part), StringComparison.Ordinal);
        // What is right stays as it is.
        Assert.Null(Apply(4096));
    }

    [Fact]
    public void AnImageFor4096IsReadOnADiskOf512()
    {
        Written(Gpt);
        var before = Dump(512);
        Assert.NotNull(Apply(4096));
        Assert.NotNull(Apply(512));
        Assert.Equal(before, Dump(512));
        Assert.Contains("No errors detected", Commands.Run("sfdisk", "--verify", _disk), StringComparison.Ordinal);
    }

    [Fact]
    public void AnMbrFor512IsReadOnADiskOf4096()
    {
        Written("label: dos\nstart=2048, size=614400, type=83, bootable\nstart=616448, size=8192, type=83\n");
        Assert.NotNull(Apply(4096));
        // Of an MBR libblkid does not reckon sectors: it is told as it is written.
        var after = Commands.Run("sfdisk", "-d", _disk);
        Assert.Contains("start=         256, size=       76800, type=83, bootable", after, StringComparison.Ordinal);
        Assert.Contains("start=       77056, size=        1024", after, StringComparison.Ordinal);
        Assert.Null(Apply(4096));
    }

    [Theory]
    [InlineData("label: gpt\\nfirst-lba: 34\\nstart=34, size=100\\n", "sector 34 of 512")]
    [InlineData("label: gpt\\nfirst-lba: 34\\nstart=40, size=96\\n", "no room")]
    [InlineData("label: dos\\nstart=2048, size=614400, type=5\\n", "extended")]
    [InlineData("label: dos\\nstart=63, size=614400, type=83\\n", "sector 63 of 512")]
    public void WhatCannotBeIsRefused(string table, string said)
    {
        Written(table);
        var before = Beginning();
        Assert.Contains(said, Assert.Throws<AgentException>(() => Apply(4096)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Beginning());
    }

    [Theory]
    [InlineData("mkfs.vfat -F 32 -s 1 FILE", 64, "mkfs.vfat -s 8")]
    [InlineData("mke2fs -q -F -t ext4 -b 1024 FILE", 64, "blocks of 1024")]
    [InlineData("printf 'XFSB' | dd of=FILE conv=notrunc; printf '\\002\\000' | dd of=FILE bs=1 seek=102 conv=notrunc", 64, "XFS")]
    public void AFileSystemThatCannotBeMountedIsTold(string make, int sizeMiB, string said)
    {
        Written(Gpt);
        Put(make, 2, sizeMiB);
        Assert.Contains(said, Assert.Throws<AgentException>(() => Apply(4096)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FAT16IsToldItsSectorsToo()
    {
        Written(Gpt);
        Put("mkfs.vfat -F 16 -s 8 -R 8 FILE && echo boots | mcopy -i FILE - ::program", 2, 64);
        Assert.NotNull(Apply(4096));
        Take(2, 64);
        Assert.Equal("boots\n", Commands.Run("mtype", "-i", _part, "::program"));
        Assert.Contains("4096 bytes per logical sector", Commands.Run("fsck.fat", "-nv", _part), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatHasNoTableIsLeftAlone()
    {
        Written("label: gpt\\n");
        Put("mkfs.vfat FILE", 0, 64);
        Assert.Null(Apply(4096));
        Assert.Null(Apply(512));
    }

    /// <summary>No table makes it fail otherwise than by saying what is wrong, or write outside of the disk.</summary>
    [Fact]
    public Task Tables() => Fuzz.FixedAsync(OneTable, cases: 20_000);

    private byte[] Beginning()
    {
        using var file = File.OpenRead(_disk);
        var octets = new byte[65_536];
        file.ReadExactly(octets);
        return octets;
    }

    private static void OneTable(Random random)
    {
        var disk = new byte[32 * 1024];
        "EFI PART"u8.CopyTo(disk.AsSpan(512));
        disk[510] = 0x55;
        disk[511] = 0xAA;
        for (var i = random.Next(64); i > 0; i--)
            disk[random.Next(2) == 0 ? random.Next(446, 610) : random.Next(disk.Length)] = (byte)random.Next(256);
        using var stream = new MemoryStream(disk);
        try
        {
            SectorFit.Apply(stream, disk.Length, random.Next(2) == 0 ? 512 : 4096, random.Next(disk.Length));
        }
        catch (AgentException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
