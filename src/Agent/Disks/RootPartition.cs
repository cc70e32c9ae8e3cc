using System.Globalization;

namespace Anvil.Agent.Disks;

/// <summary>The root file system of a deployed image: the last partition of its disk, ext4.</summary>
public static class RootPartition
{
    /// <summary>Device file of the disk's last partition.</summary>
    /// <exception cref="AgentException">The disk has no partitions.</exception>
    public static string Of(string disk)
    {
        var name = Path.GetFileName(disk);
        var last = Directory.GetDirectories($"/sys/block/{name}").Where(d => File.Exists(d + "/partition"))
            .OrderBy(d => long.Parse(File.ReadAllText(d + "/start"), CultureInfo.InvariantCulture)).LastOrDefault()
            ?? throw new AgentException($"{disk} has no partitions");
        var path = "/dev/" + Path.GetFileName(last);
        for (var wait = 0; !File.Exists(path) && wait < 50; wait++) Thread.Sleep(100);
        return File.Exists(path) ? path : throw new AgentException($"{path} does not appear");
    }

    /// <summary>Grows the last partition to the end of the disk, and its ext4 file system with it.</summary>
    public static void Grow(string disk)
    {
        var root = Of(disk);
        var number = File.ReadAllText($"/sys/class/block/{Path.GetFileName(root)}/partition").Trim();
        Commands.Run("sfdisk", $"--no-reread --relocate gpt-bak-std {disk}");
        Commands.Run("sfdisk", $"--no-reread --no-tell-kernel -N {number} {disk}", ", +\n");
        Commands.Run("blockdev", $"--rereadpt {disk}");
        root = Of(disk);
        Commands.Run("e2fsck", $"-f -p {root}", mostCode: 1);
        Commands.Run("resize2fs", root);
        var size = long.Parse(File.ReadAllText($"/sys/class/block/{Path.GetFileName(root)}/size"), CultureInfo.InvariantCulture) * 512;
        Console.WriteLine($"{root} has {size >> 20} MiB now");
    }
}
