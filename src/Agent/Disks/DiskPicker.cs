using Anvil.Agent.Facts;

namespace Anvil.Agent.Disks;

/// <summary>Which disk to install on.</summary>
public static class DiskPicker
{
    private const long Smallest = 2L << 30;

    /// <summary>The wanted disk, or the smallest fixed one of at least 2 GiB, so that large data disks are left alone.</summary>
    /// <param name="wanted">
    /// A device file or a link to one, a name, a serial number or WWN in any spelling, or what it is like (<see cref="DiskHints"/>); "":
    /// none is.
    /// </param>
    /// <param name="root">Where /sys and /dev are found.</param>
    /// <exception cref="AgentException">There is no such disk, or more than one.</exception>
    public static string Pick(string wanted, string root = "")
    {
        var all = BlockDevices.All(root);
        wanted = wanted.Trim();
        if (wanted.Length == 0)
            return Least(all.Where(d => d.IsOwn && d.Size >= Smallest))?.Path
                ?? throw new AgentException($"there is no fixed disk of at least 2 GiB; there are: {Names(all)}");
        if (DiskHints.Of(wanted) is { } hints)
            return Least(all.Where(hints.Fit))?.Path ?? throw new AgentException($"there is no disk {wanted}; there are: {Names(all)}");
        var named = Named(all, wanted, root);
        if (named.Count == 0) throw new AgentException($"there is no disk {wanted}; there are: {Names(all)}");
        // One disk that is reached by several ways is the same whichever is taken.
        if (named.Count > 1 && (named[0].Wwn.Length == 0 || named.Any(d => d.Wwn != named[0].Wwn)))
            throw new AgentException($"{wanted} is said of more than one disk: {Names(named)}");
        return named[0].ReadOnly ? throw new AgentException($"{named[0].Path} ({wanted}) is read-only") : named[0].Path;
    }

    /// <summary>Disks for a message.</summary>
    public static string Names(IReadOnlyList<BlockDevice> all) => all.Count == 0 ? "none" : string.Join(", ", all.Select(Name));

    private static string Name(BlockDevice disk)
    {
        var notes = new List<string> { $"{disk.Size >> 20} MiB" };
        if (disk.Kind is not DiskKind.Fixed) notes.Add(disk.Kind switch
        {
            DiskKind.Usb => "USB",
            DiskKind.Card => "memory card",
            DiskKind.Memory => "persistent memory",
            DiskKind.Network => "network",
            _ => "no hardware",
        });
        if (disk.Removable) notes.Add("removable");
        if (disk.ReadOnly) notes.Add("read-only");
        return $"{disk.Path} ({string.Join(", ", notes)})";
    }

    /// <summary>The smallest; of equal ones the first; a memory card only where there is nothing else.</summary>
    private static BlockDevice? Least(IEnumerable<BlockDevice> disks)
        => disks.OrderBy(d => d.Kind).ThenBy(d => d.Size).ThenBy(d => d.Name, DiskName.Order).FirstOrDefault();

    private static List<BlockDevice> Named(IReadOnlyList<BlockDevice> all, string wanted, string root)
    {
        var path = wanted.StartsWith('/') ? wanted : "/dev/" + wanted;
        var target = SysFile.Target(root + path) is { } found && found.StartsWith(root, StringComparison.Ordinal)
            ? found[root.Length..] : path;
        if (all.Where(d => d.Path == BlockDevice.PathOf(target)).ToList() is { Count: > 0 } byPath) return byPath;
        foreach (var text in Spellings(wanted))
        {
            foreach (var says in (Func<BlockDevice, bool>[])[d => Plain(d.Wwn) is { Length: > 0 } wwn && wwn == Plain(text),
                d => d.Serial.Length > 0 && Same(d.Serial, text), d => d.Places.Contains(text, StringComparer.OrdinalIgnoreCase)])
            {
                if (all.Where(says).ToList() is { Count: > 0 } told) return told;
            }
        }

        // udev's link ends with model and serial number: ata-MODEL_SERIAL. What says more says which of several.
        if (!wanted.Contains("/by-id/", StringComparison.Ordinal)) return [];
        var fit = (from disk in all
                   from end in disk.IdEnds
                   where wanted.EndsWith(end, StringComparison.Ordinal)
                   select (Disk: disk, end.Length)).ToList();
        return [.. fit.Where(f => f.Length == fit.Max(o => o.Length)).Select(f => f.Disk).Distinct()];
    }

    /// <summary>What may be said by a text: of a link in /dev/disk that nobody made, what its name says.</summary>
    private static IEnumerable<string> Spellings(string wanted)
    {
        if (!wanted.StartsWith('/')) return [wanted];
        if (!wanted.StartsWith("/dev/disk/", StringComparison.Ordinal)) return [];
        var name = Path.GetFileName(wanted);
        var after = name.IndexOf('-', StringComparison.Ordinal) + 1;
        return wanted.Contains("/by-id/", StringComparison.Ordinal) ? [name, name[after..]]
            : wanted.Contains("/by-path/", StringComparison.Ordinal) ? [name] : [];
    }

    /// <summary>Serial numbers are copied from labels, in either case.</summary>
    internal static bool Same(string one, string other) => one.Trim().Equals(other.Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>A WWN without what tells its kind: 0x (lsblk), wwn-0x or scsi-3 (udev), naa. (the kernel), 3 (scsi_id).</summary>
    internal static string Plain(string wwn)
    {
        var text = wwn.Trim().ToLowerInvariant();
        foreach (var prefix in (ReadOnlySpan<string>)["wwn-", "nvme-", "scsi-", "0x", "naa.", "eui.", "uuid."])
            if (text.StartsWith(prefix, StringComparison.Ordinal)) text = text[prefix.Length..];
        text = text.Replace(":", "", StringComparison.Ordinal);
        // SCSI counts the kinds of names (2: EUI-64, 3: NAA), which have 8, 12 or 16 octets: a digit more is the kind.
        return text.Length is 17 or 25 or 33 && text[0] is '2' or '3' && text.All(char.IsAsciiHexDigit) ? text[1..] : text;
    }
}
