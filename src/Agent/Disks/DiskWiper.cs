namespace Anvil.Agent.Disks;

/// <summary>Erases disks: by the device's own means where it has them, else by zeros over the whole of it.</summary>
public static class DiskWiper
{
    /// <summary>Erases one disk, or every one that is the machine's own.</summary>
    public static void Wipe(string only)
    {
        var all = BlockDevices.All();
        var chosen = only.Length > 0 ? DiskPicker.Pick(only) : "";
        var disks = all.Where(d => only.Length > 0 ? d.Path == chosen : d.IsOwn).ToList();
        if (only.Length == 0 && all.Where(d => !d.IsOwn && d.Kind != DiskKind.Made).ToList() is { Count: > 0 } left)
            Console.WriteLine($"leaves alone {DiskPicker.Names(left)}");
        if (disks.Count == 0) throw new AgentException("there is no disk to erase");
        foreach (var disk in disks)
        {
            Console.WriteLine($"erases {disk.Path} ({disk.Model} {disk.Size >> 20} MiB)");
            try
            {
                Commands.Run("blkdiscard", $"-f -z {disk.Path}");
            }
            catch (AgentException)
            {
                Zero(disk);
            }

            Commands.Run("blockdev", $"--rereadpt {disk.Path}");
        }
    }

    private static void Zero(BlockDevice disk)
    {
        var zeros = new byte[4 << 20];
        using var target = new FileStream(disk.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1);
        for (var at = 0L; at < disk.Size; at += zeros.Length)
        {
            target.Write(zeros, 0, (int)Math.Min(zeros.Length, disk.Size - at));
            if (at % (1L << 30) == 0) Console.WriteLine($"{at * 100 / disk.Size} %");
        }

        target.Flush(flushToDisk: true);
    }
}
