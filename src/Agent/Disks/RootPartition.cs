using System.Globalization;

namespace Anvil.Agent.Disks;

/// <summary>The root file system of a deployed image: the last partition of its disk, ext4.</summary>
public static class RootPartition
{
    /// <summary>Device file of the disk's last partition.</summary>
    /// <param name="disk">The disk's device file.</param>
    /// <param name="root">Where /sys and /dev are found.</param>
    /// <exception cref="AgentException">There is no such disk, or it has no partitions.</exception>
    public static string Of(string disk, string root = "")
    {
        var folder = $"{root}/sys/block/{BlockDevice.NameOf(disk)}";
        if (!Directory.Exists(folder)) throw new AgentException($"{disk} is no disk");
        var last = Directory.GetDirectories(folder).Where(d => File.Exists(d + "/partition"))
            .OrderBy(d => long.Parse(File.ReadAllText(d + "/start"), CultureInfo.InvariantCulture)).LastOrDefault()
            ?? throw new AgentException($"{disk} has no partitions");
        var path = BlockDevice.PathOf(Path.GetFileName(last));
        for (var wait = 0; !File.Exists(root + path) && wait < 50; wait++) Thread.Sleep(100);
        return File.Exists(root + path) ? path : throw new AgentException($"{path} does not appear");
    }

    /// <summary>Grows the last partition to the end of the disk, and its ext4 file system with it.</summary>
    public static void Grow(string disk)
    {
        var root = Of(disk);
        var number = File.ReadAllText($"/sys/class/block/{BlockDevice.NameOf(root)}/partition").Trim();
        Commands.Run("sfdisk", $"--no-reread --relocate gpt-bak-std {disk}");
        Commands.Run("sfdisk", $"--no-reread --no-tell-kernel -N {number} {disk}", ", +\n");
        Commands.Run("blockdev", $"--rereadpt {disk}");
        root = Of(disk);
        Commands.Run("e2fsck", $"-f -p {root}", mostCode: 1);
        Commands.Run("resize2fs", root);
        var size = long.Parse(File.ReadAllText($"/sys/class/block/{BlockDevice.NameOf(root)}/size"), CultureInfo.InvariantCulture) * 512;
        Console.WriteLine($"{root} has {size >> 20} MiB now");
    }
}
