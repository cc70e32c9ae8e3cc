using System.Text.RegularExpressions;
using Anvil.Agent.Facts;

namespace Anvil.Agent.Disks;

/// <summary>What of a disk is mounted.</summary>
public static partial class MountedParts
{
    private const int MostLayers = 8;

    /// <summary>
    /// The device file of the disk, of one of its partitions, or of what is made of them (RAID, LVM, crypt), that is mounted; "" where
    /// none is.
    /// </summary>
    /// <param name="name">The disk's name for the kernel.</param>
    /// <param name="root">Where /sys and /proc are found.</param>
    public static string Of(string name, string root = "")
    {
        var file = root + "/proc/self/mountinfo";
        var mounts = File.Exists(file) ? File.ReadAllLines(file).Select(Mount).ToList() : [];
        // A file system of several devices has a number of its own, and names one of them; a source may be a link to another name.
        return Parts($"{root}/sys/block/{name}", MostLayers).DistinctBy(p => p.Name)
            .Where(p => mounts.Exists(m => (p.Number.Length > 0 && m.Number == p.Number) || m.Source == BlockDevice.PathOf(p.Name)))
            .Select(p => BlockDevice.PathOf(p.Name)).FirstOrDefault("");
    }

    private static IEnumerable<(string Name, string Number)> Parts(string folder, int layers)
    {
        if (layers == 0 || !Directory.Exists(folder)) yield break;
        yield return (Path.GetFileName(folder), SysFile.Read(folder + "/dev"));
        var inner = Directory.GetDirectories(folder).Where(d => File.Exists(d + "/partition"))
            .Concat(Directory.Exists(folder + "/holders") ? Directory.GetFileSystemEntries(folder + "/holders") : []);
        foreach (var part in inner.Order(StringComparer.Ordinal).SelectMany(d => Parts(d, layers - 1))) yield return part;
    }

    /// <summary>A line of mountinfo: the third field is the device's number, the second one behind the dash its source.</summary>
    private static (string Number, string Source) Mount(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-");
        var source = dash > 0 && dash + 2 < fields.Length ? fields[dash + 2] : "";
        return (fields.Length > 2 ? fields[2] : "",
            Octal().Replace(source, m => ((char)Convert.ToInt32(m.Groups[1].Value, 8)).ToString()));
    }

    [GeneratedRegex(@"\\([0-7]{3})", RegexOptions.CultureInvariant)]
    private static partial Regex Octal();
}
