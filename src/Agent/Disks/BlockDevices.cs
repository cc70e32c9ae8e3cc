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

    /// <summary>What udev's names of it under /dev/disk/by-id end with, behind its model.</summary>
    public IReadOnlyList<string> IdEnds { get; init; } = [];

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
        var usb = UsbInterface().Match(place);
        // What hangs on USB is named by the serial number of its bridge or stick.
        var usbSerial = usb.Success ? SysFile.Read(place[..(usb.Groups[1].Index + usb.Groups[1].Length)] + "/serial") : "";
        var serial = First("device/serial", "serial", transport == "dasd" ? "device/uid" : "device/serial");
        if (serial.Length == 0) serial = SerialPage($"{folder}/device/vpd_pg80");
        if (serial.Length == 0) serial = usbSerial;
        return new BlockDevice(name, SysFile.Number(Attribute("size")) * 512,
            // An eMMC has a name, a DASD a type.
            First("device/model", transport is "mmc" ? "device/name" : "device/devtype"),
            serial, Attribute("queue/rotational") == "1", Attribute("removable") == "1", Attribute("ro") == "1", transport)
        {
            Kind = kind,
            Wwn = First("wwid", "device/wwid"),
            SectorSize = SysFile.Number(Attribute("queue/logical_block_size")) is > 512 and <= 65_536 and var size ? (int)size : 512,
            // How udev calls what is reached by the network says where the network leads.
            Places = kind is DiskKind.Network ? FibrePlacesOf(place) : PlacesOf(name, place, SysFile.Target(place + "/device")),
            IdEnds = IdEndsOf(name, place, serial, usbSerial, Attribute("nsid")),
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
    /// What udev puts behind the model: the serial number; of an NVMe namespace its number as well, as newer versions do; of what hangs on
    /// USB its own serial number with target and LUN.
    /// </summary>
    private static List<string> IdEndsOf(string name, string place, string serial, string usbSerial, string namespaceId)
    {
        var ends = new List<string>();
        if (serial.Length > 0) ends.Add("_" + InName(serial));
        if (serial.Length > 0 && NvmeName().Match(name) is { Success: true } nvme)
            ends.Add($"_{InName(serial)}_{(namespaceId.Length > 0 ? namespaceId : nvme.Groups[1].Value)}");
        if (usbSerial.Length > 0 && ScsiPlace().Match(place) is { Success: true } scsi)
            ends.Add($"_{InName(usbSerial)}-{scsi.Groups[2].Value}:{scsi.Groups[3].Value}");
        return ends;
    }

    /// <summary>A text as udev writes it in a name: blanks once, and an underline for them and for what no name holds.</summary>
    private static string InName(string text) => NotInName().Replace(text.Trim(), "_");

    /// <summary>
    /// The names that udev gives such a disk under /dev/disk/by-path, for where no udev runs, as in Sledgehammer; and of a DASD its bus
    /// address alone.
    /// </summary>
    private static List<string> PlacesOf(string name, string place, string? device)
    {
        if (name.StartsWith("dasd", StringComparison.Ordinal) && device is not null && CcwAddress().IsMatch(Path.GetFileName(device)))
            return [Path.GetFileName(device), "ccw-" + Path.GetFileName(device)];
        var bus = BusOf(place);
        if (bus.Length == 0) return [];
        var places = new List<string>();
        if (NvmeName().Match(name) is { Success: true } nvme) places.Add($"{bus}-nvme-{nvme.Groups[1].Value}");
        var scsi = ScsiPlace().Match(place);
        var (channel, target) = scsi.Success ? (scsi.Groups[1].Value, scsi.Groups[2].Value) : ("0", "0");
        if (SasPlace().Match(place) is { Success: true } sas)
        {
            if (scsi.Success && SasPlaceOf(place, sas, scsi.Groups[3].Value) is { Length: > 0 } own) places.Add($"{bus}-{own}");
        }
        else if (AtaPlace().Match(place) is { Success: true } ata)
        {
            // The kernel counts the ports of all controllers, udev those of each; behind a multiplier the channel is its port.
            var (link, number) = ($"ata{ata.Groups[1].Value}", ata.Groups[1].Value);
            var port = SysFile.Read($"{place[..ata.Index]}/{link}/ata_port/{link}/port_no") is { Length: > 0 } own ? own : number;
            places.AddRange([$"{bus}-ata-{port}", $"{bus}-ata-{port}.{(channel == "0" ? target : channel + ".0")}"]);
        }
        else if (scsi.Success)
        {
            var usb = UsbInterface().Match(place) is { Success: true } port ? $"-usb-0:{port.Groups[2].Value}" : "";
            places.Add($"{bus}{usb}-scsi-0:{channel}:{target}:{scsi.Groups[3].Value}");
        }

        if (name.StartsWith("vd", StringComparison.Ordinal)) places.AddRange([bus, "virtio-" + bus]);
        if (name.StartsWith("mmcblk", StringComparison.Ordinal)) places.Add(bus);
        return places;
    }

    /// <summary>
    /// The controller: the last address on PCI, behind what bears that bus where it is a part of a board, or else that part itself. Where
    /// a device on PCI bears a PCI of its own (Intel VMD), the last address of each.
    /// </summary>
    private static string BusOf(string place)
    {
        if (PciAddress().Matches(place) is not { Count: > 0 } pci)
            return PlatformPlace().Match(place) is { Success: true } part ? "platform-" + part.Groups[1].Value : "";
        // Bridges follow one another; what stands between two addresses ends a PCI.
        var lasts = pci.Where((a, i) => i == pci.Count - 1 || pci[i + 1].Index != a.Index + a.Length);
        return (PciBearer().Match(place) is { Success: true } bearer ? $"platform-{bearer.Groups[1].Value}-" : "")
            + string.Join('-', lasts.Select(a => "pci-" + a.Groups[1].Value));
    }

    /// <summary>
    /// udev's name of a place on SAS: the adapter's or the expander's phy; of a port with several phys the disk's own address; and the
    /// LUN. "" where /sys does not tell it.
    /// </summary>
    private static string SasPlaceOf(string place, Match sas, string lun)
    {
        var (port, device) = (sas.Groups[2].Value, sas.Groups[3].Value);
        var above = place[..sas.Groups[2].Index];
        string Of(string kind, string folder, string name, string file) => SysFile.Read($"{above}{folder}/{kind}/{name}/{file}");
        if (UnitOf(lun) is not { Length: > 0 } unit) return "";
        if (Of("sas_port", port, port, "num_phys") != "1")
            return Of("sas_device", $"{port}/{device}", device, "sas_address") is { Length: > 0 } own ? $"sas-{own}-{unit}" : "";
        if (Of("sas_device", $"{port}/{device}", device, "phy_identifier") is not { Length: > 0 } phy) return "";
        var expander = sas.Groups[1].Value;
        if (!expander.StartsWith("expander-", StringComparison.Ordinal)) return $"sas-phy{phy}-{unit}";
        return SysFile.Read($"{above}sas_device/{expander}/sas_address") is { Length: > 0 } address
            ? $"sas-exp{address}-phy{phy}-{unit}" : $"sas-phy{phy}-{unit}";
    }

    /// <summary>A LUN in udev's names; "" for what is no number.</summary>
    private static string UnitOf(string number)
        => !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var lun) ? ""
            : lun < 256 ? "lun-" + number : $"lun-0x{lun & 0xFFFF:x4}{lun >> 16 & 0xFFFF:x4}00000000";

    /// <summary>udev's name of a LUN by Fibre Channel: the adapter's bus, the remote port's world wide name, and the LUN.</summary>
    private static List<string> FibrePlacesOf(string place)
    {
        if (FibrePlace().Match(place) is not { Success: true } port || ScsiPlace().Match(place) is not { Success: true } scsi
            || BusOf(place[..(port.Index + 1)]) is not { Length: > 0 } bus || UnitOf(scsi.Groups[3].Value) is not { Length: > 0 } unit)
            return [];
        var remote = port.Groups[1].Value;
        var name = SysFile.Read($"{place[..port.Index]}/{remote}/fc_remote_ports/{remote}/port_name");
        return name.Length == 0 ? [] : [$"{bus}-fc-{name}-{unit}"];
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

    [GeneratedRegex("(/usb[0-9]+/(?:[^/]+/)*[0-9]+-[0-9.]+)/[0-9]+-([0-9.]+:[0-9]+\\.[0-9]+)/", RegexOptions.CultureInvariant)]
    private static partial Regex UsbInterface();

    [GeneratedRegex("/([^/]+)/(port-[0-9:]+)/(end_device-[0-9:]+)/", RegexOptions.CultureInvariant)]
    private static partial Regex SasPlace();

    [GeneratedRegex("/platform/(?:[^/]+/)*?([^/]+)/pci[0-9a-f]{4,}:[0-9a-f]{2}/", RegexOptions.CultureInvariant)]
    private static partial Regex PciBearer();

    [GeneratedRegex("/platform/(?:[^/]+/)*?([^/]+)/(?:mmc_host|ata[0-9]+|host[0-9]+|virtio[0-9]+|usb[0-9]+|nvme)/",
        RegexOptions.CultureInvariant)]
    private static partial Regex PlatformPlace();

    [GeneratedRegex(@"\s+|[^0-9A-Za-z#+.:=@_-]", RegexOptions.CultureInvariant)]
    private static partial Regex NotInName();

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
