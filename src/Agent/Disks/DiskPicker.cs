namespace Anvil.Agent.Disks;

/// <summary>Which disk to install on.</summary>
public static class DiskPicker
{
    private const long Smallest = 2L << 30;

    /// <summary>The wanted disk, or the smallest fixed one of at least 2 GiB, so that large data disks are left alone.</summary>
    /// <exception cref="AgentException">There is no such disk.</exception>
    public static string Pick(string wanted)
    {
        var all = BlockDevices.All();
        if (wanted.Length > 0)
        {
            var name = wanted.StartsWith("/dev/", StringComparison.Ordinal)
                ? new FileInfo(wanted).ResolveLinkTarget(true)?.FullName ?? wanted : "/dev/" + wanted;
            return all.FirstOrDefault(d => d.Path == name || d.Serial == wanted)?.Path
                ?? throw new AgentException($"there is no disk {wanted}; there are: {Names(all)}");
        }

        return all.Where(d => !d.Removable && !d.ReadOnly && d.Size >= Smallest).OrderBy(d => d.Size)
            .ThenBy(d => d.Name, StringComparer.Ordinal).FirstOrDefault()?.Path
            ?? throw new AgentException($"there is no fixed disk of at least 2 GiB; there are: {Names(all)}");
    }

    private static string Names(IReadOnlyList<BlockDevice> all)
        => all.Count == 0 ? "none" : string.Join(", ", all.Select(d => $"{d.Path} ({d.Size >> 20} MiB)"));
}
