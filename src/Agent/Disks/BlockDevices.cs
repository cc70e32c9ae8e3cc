using Anvil.Agent.Facts;

namespace Anvil.Agent.Disks;

/// <summary>A disk. Size in octets.</summary>
public sealed record BlockDevice(string Name, long Size, string Model, string Serial, bool Rotational, bool Removable, bool ReadOnly,
    string Transport)
{
    /// <summary>Path of its device file.</summary>
    public string Path => "/dev/" + Name;
}

/// <summary>The machine's disks, from /sys/block.</summary>
public static class BlockDevices
{
    private static readonly string[] Virtual = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"];

    /// <summary>All disks, in order of their names.</summary>
    public static IReadOnlyList<BlockDevice> All()
        => [.. Directory.GetDirectories("/sys/block").Select(d => Path.GetFileName(d))
            .Where(n => !Virtual.Any(v => n.StartsWith(v, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal).Select(Of).Where(d => d.Size > 0)];

    private static BlockDevice Of(string name)
    {
        string Attribute(string file) => Inventory.Read($"/sys/block/{name}/{file}");
        var serial = Attribute("device/serial") is { Length: > 0 } own ? own : Attribute("serial");
        var transport = name.StartsWith("nvme", StringComparison.Ordinal)
            ? "nvme" : name.StartsWith("vd", StringComparison.Ordinal) ? "virtio" : "scsi";
        return new BlockDevice(name, Inventory.Number(Attribute("size")) * 512, Attribute("device/model"), serial,
            Attribute("queue/rotational") == "1", Attribute("removable") == "1", Attribute("ro") == "1", transport);
    }
}
