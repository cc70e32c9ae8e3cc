using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Anvil.Agent.Facts;

namespace Anvil.Agent.Disks;

/// <summary>What a disk is to the machine.</summary>
public enum DiskKind
{
    /// <summary>The machine's own.</summary>
    Fixed,

    /// <summary>A memory card: the machine's own where it has nothing else.</summary>
    Card,

    /// <summary>It hangs on USB: somebody's stick, or what a BMC shows.</summary>
    Usb,

    /// <summary>Persistent memory.</summary>
    Memory,

    /// <summary>Another machine's or a storage system's, by iSCSI, Fibre Channel, SRP or NVMe over fabrics.</summary>
    Network,

    /// <summary>No hardware: made by the kernel, of memory, files, other disks or another machine's.</summary>
    Made,
}

/// <summary>A disk. Sizes in octets.</summary>
public sealed record BlockDevice(string Name, long Size, string Model, string Serial, bool Rotational, bool Removable, bool ReadOnly,
    string Transport)
{
    /// <summary>Path of its device file.</summary>
    public string Path => PathOf(Name);

    /// <summary>What it is to the machine.</summary>
    public DiskKind Kind { get; init; }

    /// <summary>Its world wide name as the kernel writes it (naa.…, eui.…, t10.…); "" when it has none.</summary>
    public string Wwn { get; init; } = "";

    /// <summary>Octets of the sectors that it is addressed by.</summary>
    public int SectorSize { get; init; } = 512;

    /// <summary>Names under /dev/disk/by-path that say where it is plugged in, and the bus address of a DASD.</summary>
    public IReadOnlyList<string> Places { get; init; } = [];

    /// <summary>True for what is taken without being named.</summary>
    public bool IsOwn => Kind is DiskKind.Fixed or DiskKind.Card && !Removable && !ReadOnly;

    /// <summary>Path of the device file that a name or a path stands for: in names the kernel writes ! for /.</summary>
    public static string PathOf(string name) => (name.StartsWith('/') ? name : "/dev/" + name).Replace('!', '/');

    /// <summary>The kernel's name of a device file.</summary>
    public static string NameOf(string path)
        => (path.StartsWith("/dev/", StringComparison.Ordinal) ? path["/dev/".Length..] : path).Replace('/', '!');
}

/// <summary>The machine's disks, from /sys/block.</summary>
public static partial class BlockDevices
{
    /// <summary>All disks, in order of their names: those made by the kernel, USB's and persistent memory among them.</summary>
    /// <param name="root">Where /sys is found.</param>
    public static IReadOnlyList<BlockDevice> All(string root = "")
    {
        var folder = root + "/sys/block";
        return !Directory.Exists(folder) ? [] : [.. Directory.GetFileSystemEntries(folder).Select(d => Path.GetFileName(d))
            .Where(n => !IsNone(n) && SysFile.Read($"{folder}/{n}/hidden") != "1")
            .Order(DiskName.Order).Select(n => Of(root, n)).Where(d => d.Size > 0)];
    }

    /// <summary>
    /// What is no disk whatever is asked for: drives for media, the boot and key areas of an eMMC, which hold firmware, and the paths
    /// of an NVMe device that has several.
    /// </summary>
    private static bool IsNone(string name) => NoDisk().IsMatch(name);

    private static BlockDevice Of(string root, string name)
    {
        var folder = $"{root}/sys/block/{name}";
        string Attribute(string file) => SysFile.Read($"{folder}/{file}");
        string First(params string[] files) => files.Select(Attribute).FirstOrDefault(t => t.Length > 0, "");
        var place = SysFile.Target(folder) ?? folder;
        var kind = KindOf(name, place, $"{folder}/device");
        var transport = TransportOf(name, place, kind);
        return new BlockDevice(name, SysFile.Number(Attribute("size")) * 512,
            // An eMMC has a name, a DASD a type.
            First("device/model", transport is "mmc" ? "device/name" : "device/devtype"),
            First("device/serial", "serial", transport == "dasd" ? "device/uid" : "device/serial") is { Length: > 0 } serial ? serial
                : SerialPage($"{folder}/device/vpd_pg80"),
            Attribute("queue/rotational") == "1", Attribute("removable") == "1", Attribute("ro") == "1", transport)
        {
            Kind = kind,
            Wwn = First("wwid", "device/wwid"),
            SectorSize = SysFile.Number(Attribute("queue/logical_block_size")) is > 512 and <= 65_536 and var size ? (int)size : 512,
            // How udev calls what is reached by the network says where the network leads.
            Places = kind is DiskKind.Network ? FibrePlacesOf(place) : PlacesOf(name, place, SysFile.Target(place + "/device")),
        };
    }

    private static DiskKind KindOf(string name, string place, string device)
        => PersistentMemory().IsMatch(name) || place.Contains("/ndbus", StringComparison.Ordinal) ? DiskKind.Memory
            // An NVMe device with several paths is virtual, too, but lies elsewhere there.
            : MadeNames().IsMatch(name) || place.Contains("/devices/virtual/block/", StringComparison.Ordinal) ? DiskKind.Made
            : IscsiPlace().IsMatch(place) || FibrePlace().IsMatch(place) || SrpPlace().IsMatch(place) || IsOfFabrics(name, place, device)
                ? DiskKind.Network
            : UsbPlace().IsMatch(place) ? DiskKind.Usb
            : SysFile.Read(device + "/type") == "SD" ? DiskKind.Card : DiskKind.Fixed;

    /// <summary>
    /// True for NVMe that is reached by a network. A device with several paths hangs on a subsystem, whose controllers say how.
    /// </summary>
    private static bool IsOfFabrics(string name, string place, string device)
    {
        if (!name.StartsWith("nvme", StringComparison.Ordinal)) return false;
        if (place.Contains("/nvme-fabrics/", StringComparison.Ordinal)) return true;
        var controllers = Directory.Exists(device)
            ? Directory.GetFileSystemEntries(device).Where(e => NvmeController().IsMatch(Path.GetFileName(e))) : [];
        return controllers.Prepend(device).Any(c => SysFile.Read(c + "/transport") is "tcp" or "rdma" or "fc" or "loop");
    }

    private static string TransportOf(string name, string place, DiskKind kind)
        => kind is DiskKind.Network ? (name.StartsWith("nvme", StringComparison.Ordinal) ? "nvmeof"
            : FibrePlace().IsMatch(place) ? "fc" : SrpPlace().IsMatch(place) ? "srp" : "iscsi")
            : UsbPlace().IsMatch(place) ? "usb"
            : name.StartsWith("nvme", StringComparison.Ordinal) ? "nvme"
            : name.StartsWith("vd", StringComparison.Ordinal) ? "virtio"
            : name.StartsWith("mmcblk", StringComparison.Ordinal) ? "mmc"
            : name.StartsWith("dasd", StringComparison.Ordinal) ? "dasd" : "scsi";

    /// <summary>
    /// The serial number that SCSI and SATA disks tell (vital product data, page 80h): a header of four octets, its length in the last
    /// two.
    /// </summary>
    private static string SerialPage(string path)
    {
        try
        {
            var page = File.Exists(path) ? File.ReadAllBytes(path) : [];
            if (page.Length < 4) return "";
            var length = Math.Min((page[2] << 8) | page[3], page.Length - 4);
            return new string([.. Encoding.ASCII.GetString(page, 4, length).Where(c => !char.IsControl(c))]).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>
    /// The names that udev gives such a disk under /dev/disk/by-path, for where no udev runs, as in Sledgehammer; and of a DASD its bus
    /// address alone.
    /// </summary>
    private static List<string> PlacesOf(string name, string place, string? device)
    {
        var places = new List<string>();
        if (name.StartsWith("dasd", StringComparison.Ordinal) && device is not null && CcwAddress().IsMatch(Path.GetFileName(device)))
            return [Path.GetFileName(device), "ccw-" + Path.GetFileName(device)];
        if (PciAddress().Matches(place) is not { Count: > 0 } pci) return places;
        var bus = "pci-" + pci[^1].Groups[1].Value;
        if (NvmeName().Match(name) is { Success: true } nvme) places.Add($"{bus}-nvme-{nvme.Groups[1].Value}");
        var scsi = ScsiPlace().Match(place);
        var (channel, target) = scsi.Success ? (scsi.Groups[1].Value, scsi.Groups[2].Value) : ("0", "0");
        if (AtaPlace().Match(place) is { Success: true } ata)
        {
            // The kernel counts the ports of all controllers, udev those of each; behind a multiplier the channel is its port.
            var (link, number) = ($"ata{ata.Groups[1].Value}", ata.Groups[1].Value);
            var port = SysFile.Read($"{place[..ata.Index]}/{link}/ata_port/{link}/port_no") is { Length: > 0 } own ? own : number;
            places.AddRange([$"{bus}-ata-{port}", $"{bus}-ata-{port}.{(channel == "0" ? target : channel + ".0")}"]);
        }
        else if (scsi.Success)
        {
            places.Add($"{bus}-scsi-0:{channel}:{target}:{scsi.Groups[3].Value}");
        }

        if (name.StartsWith("vd", StringComparison.Ordinal)) places.AddRange([bus, "virtio-" + bus]);
        if (name.StartsWith("mmcblk", StringComparison.Ordinal)) places.Add(bus);
        return places;
    }

    /// <summary>udev's name of a LUN by Fibre Channel: the adapter's bus, the remote port's world wide name, and the LUN.</summary>
    private static List<string> FibrePlacesOf(string place)
    {
        if (FibrePlace().Match(place) is not { Success: true } port || ScsiPlace().Match(place) is not { Success: true } scsi
            || PciAddress().Matches(place[..port.Index]) is not { Count: > 0 } pci
            || !ulong.TryParse(scsi.Groups[3].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var lun)) return [];
        var remote = port.Groups[1].Value;
        var name = SysFile.Read($"{place[..port.Index]}/{remote}/fc_remote_ports/{remote}/port_name");
        if (name.Length == 0) return [];
        var unit = lun < 256 ? lun.ToString(CultureInfo.InvariantCulture) : $"0x{lun & 0xFFFF:x4}{lun >> 16 & 0xFFFF:x4}00000000";
        return [$"pci-{pci[^1].Groups[1].Value}-fc-{name}-lun-{unit}"];
    }

    [GeneratedRegex("^(sr[0-9]|fd[0-9]|mmcblk[0-9]+(boot|rpmb|gp)|nvme[0-9]+c[0-9]+n)", RegexOptions.CultureInvariant)]
    private static partial Regex NoDisk();

    [GeneratedRegex("^(loop|ram|zram|dm-|md|nbd|rbd|rnbd|drbd|bcache|nullb|zd|ublkb|ubiblock|mtdblock)[0-9_]",
        RegexOptions.CultureInvariant)]
    private static partial Regex MadeNames();

    [GeneratedRegex("^(pmem|scm|dcssblk)", RegexOptions.CultureInvariant)]
    private static partial Regex PersistentMemory();

    [GeneratedRegex("/usb[0-9]+/", RegexOptions.CultureInvariant)]
    private static partial Regex UsbPlace();

    [GeneratedRegex("/session[0-9]+/", RegexOptions.CultureInvariant)]
    private static partial Regex IscsiPlace();

    [GeneratedRegex("/(rport-[0-9:-]+)/", RegexOptions.CultureInvariant)]
    private static partial Regex FibrePlace();

    [GeneratedRegex("/infiniband_srp/", RegexOptions.CultureInvariant)]
    private static partial Regex SrpPlace();

    [GeneratedRegex("^nvme[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex NvmeController();

    [GeneratedRegex("/([0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-9a-f])(?=/)", RegexOptions.CultureInvariant)]
    private static partial Regex PciAddress();

    [GeneratedRegex("^nvme[0-9]+n([0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex NvmeName();

    [GeneratedRegex("/ata([0-9]+)/", RegexOptions.CultureInvariant)]
    private static partial Regex AtaPlace();

    [GeneratedRegex("/[0-9]+:([0-9]+):([0-9]+):([0-9]+)/", RegexOptions.CultureInvariant)]
    private static partial Regex ScsiPlace();

    [GeneratedRegex("^[0-9a-f]\\.[0-9a-f]\\.[0-9a-f]{4}$", RegexOptions.CultureInvariant)]
    private static partial Regex CcwAddress();
}
