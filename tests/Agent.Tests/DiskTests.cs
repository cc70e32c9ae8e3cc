using System.Text;
using System.Text.Json.Nodes;
using Anvil.Agent.Disks;

namespace Anvil.Agent.Tests;

/// <summary>Which disk is taken, of machines as they were seen: each line of `disks.jsonl`, and their neighbours.</summary>
public sealed class DiskTests
{
    private const string Sata = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0";
    private const string Nvme = "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0";
    private const string Usb = "pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/host6/target6:0:0/6:0:0:0";

    private static IReadOnlyList<JsonObject> All { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "disks.jsonl")).Select(l => (JsonObject)JsonNode.Parse(l)!)];

    /// <summary>The cases' names.</summary>
    public static TheoryData<string> Names { get; } = [.. All.Select(c => c["id"]!.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatOnceWentWrongIsRight(string id)
    {
        var one = All.Single(c => c["id"]!.ToString() == id);
        using var sys = new FakeSys();
        foreach (var (name, disk) in one["disks"]!.AsObject())
            sys.Disk(name, $"{disk!["path"]}.{name}", [.. disk["attributes"]!.AsObject().Select(a => (a.Key, a.Value!.ToString()))]);
        foreach (var node in one["nodes"]?.AsArray() ?? []) sys.Node(node!.ToString());
        foreach (var (link, target) in one["links"]?.AsObject() ?? []) sys.Link(link, target!.ToString());
        if (one["error"]?.ToString() is { } error)
        {
            var said = Assert.Throws<AgentException>(() => DiskPicker.Pick(one["wanted"]!.ToString(), sys.Root)).Message;
            Assert.Matches(error, said);
            Assert.DoesNotContain('\n', said);
        }
        else
        {
            Assert.Equal(one["expect"]!.ToString(), DiskPicker.Pick(one["wanted"]!.ToString(), sys.Root));
        }
    }

    /// <summary>A machine with one of each, told by every way of saying which is meant.</summary>
    [Theory]
    [InlineData("", "/dev/nvme0n1")]
    [InlineData("naa.5000c500ca5e0001", "/dev/sda")]
    [InlineData("0X5000C500CA5E0001", "/dev/sda")]
    [InlineData("wwn-0x5000c500ca5e0001", "/dev/sda")]
    [InlineData("5000c500ca5e0001", "/dev/sda")]
    [InlineData("5000:c500:ca5e:0001", "/dev/sda")]
    [InlineData("eui.0025385b71b0a4c9", "/dev/nvme0n1")]
    [InlineData("0025385B71B0A4C9", "/dev/nvme0n1")]
    [InlineData("nvme-eui.0025385b71b0a4c9", "/dev/nvme0n1")]
    [InlineData("20025385b71b0a4c9", "/dev/nvme0n1")]
    [InlineData("scsi-35000c500ca5e0001", "/dev/sda")]
    [InlineData("35000C500CA5E0001", "/dev/sda")]
    [InlineData("wwn=35000c500ca5e0001", "/dev/sda")]
    [InlineData("wwn=scsi-35000c500ca5e0001", "/dev/sda")]
    [InlineData("wwn=nvme-eui.0025385b71b0a4c9", "/dev/nvme0n1")]
    [InlineData("s5xxna0r", "/dev/nvme0n1")]
    [InlineData("wd-page80", "/dev/sda")]
    [InlineData(" sda ", "/dev/sda")]
    [InlineData("/dev/disk/by-id/wwn-0x5000c500ca5e0001", "/dev/sda")]
    [InlineData("/dev/disk/by-id/scsi-35000c500ca5e0001", "/dev/sda")]
    [InlineData("/dev/disk/by-id/ata-BIG_DISK_WD-PAGE80", "/dev/sda")]
    [InlineData("/dev/disk/by-id/nvme-eui.0025385b71b0a4c9", "/dev/nvme0n1")]
    [InlineData("/dev/disk/by-path/pci-0000:00:17.0-ata-1", "/dev/sda")]
    [InlineData("/dev/disk/by-path/pci-0000:03:00.0-nvme-1", "/dev/nvme0n1")]
    [InlineData("0.0.0200", "/dev/dasda")]
    [InlineData("ccw-0.0.0200", "/dev/dasda")]
    [InlineData("/dev/disk/by-path/ccw-0.0.0200", "/dev/dasda")]
    [InlineData("pmem0", "/dev/pmem0")]
    [InlineData("sdb", "/dev/sdb")]
    [InlineData("/dev/cciss/c0d0", "/dev/cciss/c0d0")]
    [InlineData("cciss/c0d0", "/dev/cciss/c0d0")]
    [InlineData("cciss!c0d0", "/dev/cciss/c0d0")]
    [InlineData("/dev/cciss!c0d0", "/dev/cciss/c0d0")]
    [InlineData("name=cciss!c0d0", "/dev/cciss/c0d0")]
    [InlineData("name=cciss/c0d0", "/dev/cciss/c0d0")]
    [InlineData("name=/dev/cciss/c0d0", "/dev/cciss/c0d0")]
    [InlineData("md127", "/dev/md127")]
    [InlineData("model=big*", "/dev/sda")]
    [InlineData("rotational=yes", "/dev/sda")]
    [InlineData("rotational=no,size>=1G", "/dev/nvme0n1")]
    [InlineData("size>=2T", "/dev/sda")]
    [InlineData("size=512G", "/dev/nvme0n1")]
    [InlineData("size=512110190592", "/dev/nvme0n1")]
    [InlineData("size>=4294967296000", "/dev/sda")]
    [InlineData("size=500107608Ki", "/dev/nvme0n1")]
    [InlineData("size=0.512T", "/dev/nvme0n1")]
    [InlineData("size=476.9GiB", "/dev/nvme0n1")]
    [InlineData("size=4.29TB", "/dev/sda")]
    [InlineData("size>=0.004P, size<=0.004Pi", "/dev/sda")]
    [InlineData("size<=100GiB, transport=usb", "/dev/sdb")]
    [InlineData("transport=NVMe", "/dev/nvme0n1")]
    [InlineData("path=pci-0000:00:17.0-ata-1", "/dev/sda")]
    public void EveryWayOfSayingWhichIsUnderstood(string wanted, string expected)
    {
        using var sys = Rich();
        Assert.Equal(expected, DiskPicker.Pick(wanted, sys.Root));
    }

    [Theory]
    [InlineData("model=USB*", "model=USB")]
    [InlineData("size>=100T", "size>=100T")]
    [InlineData("size=many", "many is no size")]
    [InlineData("size=9223372036854775808", "9223372036854775808 is no size")]
    [InlineData("size>=9223372036854776K", "9223372036854776K is no size")]
    [InlineData("size=1.T", "1.T is no size")]
    [InlineData("size=.5T", ".5T is no size")]
    [InlineData("size=1.2.3T", "1.2.3T is no size")]
    [InlineData("size=5i", "5i is no size")]
    [InlineData("size<=9223372036854775807,size>=100T", "there is no disk size<=")]
    [InlineData("colour=red", "colour=red is no hint")]
    [InlineData("rotational=maybe", "neither yes nor no")]
    [InlineData("15000c500ca5e0001", "there is no disk 15000c500ca5e0001")]
    [InlineData("nvme0c0n1", "there is no disk nvme0c0n1")]
    [InlineData("mmcblk0boot0", "there is no disk")]
    [InlineData("sr0", "there is no disk")]
    [InlineData("sdc", "read-only")]
    [InlineData("../sda", "there is no disk")]
    [InlineData("/dev/../dev/gone", "there is no disk")]
    [InlineData("/dev/disk/by-path/pci-0000:00:99.0-ata-1", "there is no disk")]
    [InlineData("a\0b", "there is no disk")]
    [InlineData("/", "there is no disk")]
    public void WhatIsNotThereIsTold(string wanted, string said)
    {
        using var sys = Rich();
        var message = Assert.Throws<AgentException>(() => DiskPicker.Pick(wanted, sys.Root)).Message;
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    /// <summary>Two paths to one disk are one disk; two disks that say the same of themselves are not.</summary>
    [Fact]
    public void OneNameOfTwoDisksIsRefusedUnlessTheyAreOne()
    {
        using var sys = new FakeSys();
        (string, string)[] same = [("size", "8388608000"), ("device/serial", "SAME")];
        sys.Disk("sda", Sata + ".a", same).Disk("sdb", Sata + ".b", same);
        var said = Assert.Throws<AgentException>(() => DiskPicker.Pick("same", sys.Root)).Message;
        Assert.Contains("more than one", said, StringComparison.Ordinal);
        sys.Disk("sdc", Sata + ".c", [("size", "8388608000"), ("device/wwid", "naa.6001")])
            .Disk("sdd", Sata + ".d", [("size", "8388608000"), ("device/wwid", "naa.6001")]);
        Assert.Equal("/dev/sdc", DiskPicker.Pick("0x6001", sys.Root));
    }

    [Theory]
    [InlineData("/dev/cciss/c0d0", "cciss!c0d0", "/dev/cciss/c0d0p2")]
    [InlineData("/dev/nvme0n1", "nvme0n1", "/dev/nvme0n1p2")]
    public void TheLastPartitionIsFoundUnderTheKernelsName(string disk, string name, string expected)
    {
        using var sys = Rich();
        Assert.Contains("no partitions", Assert.Throws<AgentException>(() => RootPartition.Of(disk, sys.Root)).Message,
            StringComparison.Ordinal);
        for (var i = 1; i <= 2; i++)
        {
            var partition = Directory.CreateDirectory($"{sys.Root}/sys/block/{name}/{name}p{i}").FullName;
            File.WriteAllText(partition + "/partition", $"{i}\n");
            File.WriteAllText(partition + "/start", $"{i * 2048}\n");
        }

        sys.Node(expected);
        Assert.Equal(expected, RootPartition.Of(disk, sys.Root));
        Assert.Throws<AgentException>(() => RootPartition.Of(disk + "x", sys.Root));
        Assert.Throws<AgentException>(() => RootPartition.Of("nothing", sys.Root));
    }

    /// <summary>The kernel counts the ports of all controllers, udev's links those of each.</summary>
    [Fact]
    public void APortIsCountedWithinItsController()
    {
        using var sys = new FakeSys();
        (string Name, string Path, string Port)[] disks =
        [
            ("sda", "0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "1"),
            ("sdb", "0000:00:18.0/ata7/host6/target6:0:0/6:0:0:0", "1"),
            ("sdc", "0000:00:18.0/ata8/host7/target7:0:1/7:0:1:0", "2"),
            ("sdd", "0000:00:18.0/ata9/host8/target8:2:0/8:2:0:0", "3"),
            ("sde", "0000:00:19.0/ata10/host9/target9:0:0/9:0:0:0", ""),
        ];
        foreach (var (name, path, port) in disks)
        {
            sys.Disk(name, "pci0000:00/" + path, ("size", "8388608"));
            if (port.Length == 0) continue;
            var parts = path.Split('/');
            var folder = $"{sys.Root}/sys/devices/pci0000:00/{parts[0]}/{parts[1]}/ata_port/{parts[1]}";
            Directory.CreateDirectory(folder);
            File.WriteAllText(folder + "/port_no", port + "\n");
        }

        string Picked(string place) => DiskPicker.Pick("/dev/disk/by-path/pci-0000:00:" + place, sys.Root);
        Assert.Equal("/dev/sda", Picked("17.0-ata-1.0"));
        Assert.Equal("/dev/sdb", Picked("18.0-ata-1"));
        Assert.Equal("/dev/sdb", Picked("18.0-ata-1.0"));
        Assert.Equal("/dev/sdc", Picked("18.0-ata-2.1"));
        Assert.Equal("/dev/sdd", Picked("18.0-ata-3.2.0"));
        Assert.Equal("/dev/sde", Picked("19.0-ata-10"));
        Assert.Throws<AgentException>(() => Picked("18.0-ata-7"));
    }

    /// <summary>What the network leads to is another machine's: neither taken nor erased unless it is named.</summary>
    [Theory]
    [InlineData("sda", "platform/host3/session1/target3:0:0/3:0:0:1", "", "iscsi")]
    [InlineData("sda", "pci0000:00/0000:00:02.0/0000:01:00.2/host5/session2/target5:0:0/5:0:0:0", "", "iscsi")]
    [InlineData("sda", "pci0000:00/0000:00:02.0/0000:04:00.0/host7/rport-7:0-2/target7:0:0/7:0:0:0", "", "fc")]
    [InlineData("sda", "pci0000:00/0000:00:03.0/0000:05:00.0/infiniband_srp/srp-mlx5_0-1/host9/target9:0:0/9:0:0:0", "", "srp")]
    [InlineData("nvme1n1", "virtual/nvme-fabrics/ctl/nvme1", "", "nvmeof")]
    [InlineData("nvme1n1", "virtual/nvme-fabrics/ctl/nvme1", "device/transport=tcp", "nvmeof")]
    [InlineData("nvme1n1", "pci0000:00/0000:00:02.0/nvme/nvme1", "device/transport=rdma", "nvmeof")]
    [InlineData("nvme1n1", "virtual/nvme-subsystem/nvme-subsys1", "device/nvme1/transport=tcp", "nvmeof")]
    [InlineData("nvme1n1", "virtual/nvme-subsystem/nvme-subsys1", "device/nvme1/transport=pcie device/nvme2/transport=fc", "nvmeof")]
    public void ADiskOfTheNetworkIsNotTheMachinesOwn(string name, string path, string transports, string transport)
    {
        using var sys = new FakeSys();
        sys.Disk(name, path, [("size", "8388608"), .. Attributes(transports)]);
        Assert.False(BlockDevices.All(sys.Root).Single().IsOwn);
        Assert.Contains("network", Assert.Throws<AgentException>(() => DiskPicker.Pick("", sys.Root)).Message, StringComparison.Ordinal);
        Assert.Throws<AgentException>(() => DiskPicker.Pick("size>=1G", sys.Root));
        Assert.Throws<AgentException>(() => DiskPicker.Pick(name == "sda" ? "transport=scsi" : "transport=nvme", sys.Root));
        Assert.Equal("/dev/" + name, DiskPicker.Pick("transport=" + transport, sys.Root));
        Assert.Equal("/dev/" + name, DiskPicker.Pick(name, sys.Root));
    }

    /// <summary>A LUN by Fibre Channel is named as udev names it: remote port and number, a large one in hexadecimal.</summary>
    [Theory]
    [InlineData("0", "0")]
    [InlineData("255", "255")]
    [InlineData("256", "0x0100000000000000")]
    [InlineData("1074282512", "0x4010400800000000")]
    public void ALunIsNamedByItsRemotePort(string number, string lun)
    {
        using var sys = new FakeSys();
        const string Host = "pci0000:00/0000:00:02.0/0000:04:00.0/host7/";
        sys.Disk("sda", $"{Host}rport-7:0-2/target7:0:0/7:0:0:{number}", ("size", "8388608"));
        var port = $"{sys.Root}/sys/devices/{Host}rport-7:0-2/fc_remote_ports/rport-7:0-2";
        Directory.CreateDirectory(port);
        File.WriteAllText(port + "/port_name", "0x5006016844600198\n");
        Assert.Equal("/dev/sda", DiskPicker.Pick($"/dev/disk/by-path/pci-0000:04:00.0-fc-0x5006016844600198-lun-{lun}", sys.Root));
        Assert.Throws<AgentException>(() => DiskPicker.Pick("/dev/disk/by-path/pci-0000:04:00.0-scsi-0:0:0:0", sys.Root));
    }

    private const string Hba = "pci0000:16/0000:16:02.0/0000:18:00.0/host0";

    /// <summary>Places on SAS are named by phys, as udev names them; of a port of several phys by the disk's own address.</summary>
    [Theory]
    [InlineData(Hba + "/port-0:0", "end_device-0:0", "1", "0", "sas-phy0-lun-0")]
    [InlineData(Hba + "/port-0:0", "end_device-0:0", "1", "257", "sas-phy0-lun-0x0101000000000000")]
    [InlineData(Hba + "/port-0:3", "end_device-0:3", "2", "0", "sas-0x5000c500aabbcc01-lun-0")]
    [InlineData(Hba + "/port-0:0/expander-0:0/port-0:0:4", "end_device-0:0:4", "1", "0", "sas-exp0x500056b3abcdef00-phy0-lun-0")]
    [InlineData(Hba + "/port-0:0/expander-0:0/port-0:0:4", "end_device-0:0:4", "2", "0", "sas-0x5000c500aabbcc01-lun-0")]
    public void APlaceOnSasIsNamedByItsPhy(string port, string device, string phys, string lun, string place)
    {
        using var sys = new FakeSys();
        void Put(string path, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{sys.Root}/sys/devices/{path}")!);
            File.WriteAllText($"{sys.Root}/sys/devices/{path}", text + "\n");
        }

        sys.Disk("sda", $"{port}/{device}/target0:0:0/0:0:0:{lun}", ("size", "8388608"));
        Put($"{port}/sas_port/{Path.GetFileName(port)}/num_phys", phys);
        Put($"{port}/{device}/sas_device/{device}/phy_identifier", "0");
        Put($"{port}/{device}/sas_device/{device}/sas_address", "0x5000c500aabbcc01");
        Put($"{Hba}/port-0:0/expander-0:0/sas_device/expander-0:0/sas_address", "0x500056b3abcdef00");
        Assert.Equal("/dev/sda", DiskPicker.Pick("/dev/disk/by-path/pci-0000:18:00.0-" + place, sys.Root));
        Assert.Equal("/dev/sda", DiskPicker.Pick("path=pci-0000:18:00.0-" + place, sys.Root));
        Assert.Throws<AgentException>(() => DiskPicker.Pick("path=pci-0000:18:00.0-scsi-0:0:0:" + lun, sys.Root));
    }

    /// <summary>Buses beside PCI, as udev names them.</summary>
    [Theory]
    [InlineData("sda", Usb, "pci-0000:00:14.0-usb-0:3:1.0-scsi-0:0:0:0")]
    [InlineData("sda", "pci0000:00/0000:00:14.0/usb1/1-3/1-3.4/1-3.4:1.0/host6/target6:0:0/6:0:0:1",
        "pci-0000:00:14.0-usb-0:3.4:1.0-scsi-0:0:0:1")]
    [InlineData("mmcblk0", "platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:0001", "platform-fe340000.mmc")]
    [InlineData("nvme0n1", "platform/axi/1000110000.pcie/pci0001:00/0001:00:00.0/0001:01:00.0/nvme/nvme0",
        "platform-1000110000.pcie-pci-0001:01:00.0-nvme-1")]
    [InlineData("vda", "platform/a003e00.virtio_mmio/virtio0", "platform-a003e00.virtio_mmio")]
    // Intel VMD: a device on PCI bears a PCI of its own, with bridges of its own.
    [InlineData("nvme0n1", "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0",
        "pci-0000:00:0e.0-pci-10000:e1:00.0-nvme-1")]
    [InlineData("nvme0n1", "pci0000:64/0000:64:00.0/0000:65:05.5/pci10001:80/10001:80:01.0/10001:81:00.0/nvme/nvme0",
        "pci-0000:65:05.5-pci-10001:81:00.0-nvme-1")]
    [InlineData("sda", "pci0000:00/0000:00:0e.0/pci10000:00/10000:00:17.0/ata3/host2/target2:0:0/2:0:0:0",
        "pci-0000:00:0e.0-pci-10000:00:17.0-ata-3")]
    [InlineData("vda", "pci0000:00/0000:00:02.0/0000:01:00.0/virtio1", "virtio-pci-0000:01:00.0")]
    public void APlaceIsNamedByItsBus(string name, string path, string place)
    {
        using var sys = new FakeSys();
        sys.Disk(name, path, ("size", "8388608"));
        Assert.Equal("/dev/" + name, DiskPicker.Pick("/dev/disk/by-path/" + place, sys.Root));
    }

    /// <summary>Names under by-id, as newer and older versions of udev make them.</summary>
    [Theory]
    [InlineData("nvme-SAMSUNG_MZQL21T9HCJR-00A07_S64GNE0R123456", null)]
    [InlineData("nvme-SAMSUNG_MZQL21T9HCJR-00A07_S64GNE0R123456_1", "/dev/nvme0n1")]
    [InlineData("nvme-SAMSUNG_MZQL21T9HCJR-00A07_S64GNE0R123456_7", "/dev/nvme0n2")]
    [InlineData("nvme-SAMSUNG_MZQL21T9HCJR-00A07_S64GNE0R123456_2", null)]
    [InlineData("usb-SanDisk_Ultra_4C530001_1-0:0", "/dev/sdb")]
    [InlineData("usb-SanDisk_Ultra_4C530001_1-0:1", null)]
    public void ANameOfUdevsSaysWhichOfSeveral(string name, string? expected)
    {
        using var sys = new FakeSys();
        const string Two = "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0";
        sys.Disk("nvme0n1", Two + ".1", ("size", "8388608"), ("device/serial", "S64GNE0R123456      "), ("nsid", "1"));
        sys.Disk("nvme0n2", Two + ".2", ("size", "8388608"), ("device/serial", "S64GNE0R123456      "), ("nsid", "7"));
        sys.Disk("sdb", Usb, ("size", "8388608"));
        File.WriteAllText($"{sys.Root}/sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/serial", "4C530001 1\n");
        if (expected is null) Assert.Throws<AgentException>(() => DiskPicker.Pick("/dev/disk/by-id/" + name, sys.Root));
        else Assert.Equal(expected, DiskPicker.Pick("/dev/disk/by-id/" + name, sys.Root));
    }

    /// <summary>Another disk's name may begin with this one's; what is made of a partition is a part of its disk.</summary>
    [Theory]
    [InlineData("sda", "36 1 65:161 / /mnt rw - ext4 /dev/sdaa1 rw", "")]
    [InlineData("sda", "36 1 8:1 / /mnt rw - ext4 /dev/disk/by-label/x rw", "/dev/sda1")]
    [InlineData("sda", "36 1 0:42 / /mnt rw shared:1 - btrfs /dev/sda1 rw", "/dev/sda1")]
    [InlineData("sda", "36 1 253:0 / /mnt rw - xfs /dev/mapper/vg-root rw", "/dev/dm-0")]
    [InlineData("sdaa", "36 1 65:161 / /mnt rw - ext4 /dev/sdaa1 rw", "/dev/sdaa1")]
    [InlineData("nvme1n1", "36 1 259:9 / /mnt rw - ext4 /dev/nvme1n10p1 rw", "")]
    [InlineData("mmcblk1", "36 1 179:97 / /mnt rw - ext4 /dev/mmcblk10p1 rw", "")]
    [InlineData("sda", "36 1 8:0 / /mnt rw - vfat /dev/sda rw", "/dev/sda")]
    [InlineData("sda", "36 1 0:5 / /proc rw - proc proc rw", "")]
    [InlineData("sda", "", "")]
    public void OnlyWhatIsOfTheDiskCountsAsMounted(string disk, string mount, string expected)
    {
        using var sys = new FakeSys();
        foreach (var name in new[] { "sda", "sdaa", "nvme1n1", "mmcblk1" })
        {
            sys.Disk(name, $"{Hba}/target0:0:0/0:0:0:0.{name}", ("size", "8388608"), ("dev", name == "sda" ? "8:0" : "259:0"));
            var part = Directory.CreateDirectory($"{sys.Root}/sys/block/{name}/{name}{(name[0] == 's' ? "" : "p")}1").FullName;
            File.WriteAllText(part + "/partition", "1\n");
            File.WriteAllText(part + "/dev", name == "sda" ? "8:1\n" : name == "sdaa" ? "65:161\n" : "259:1\n");
        }

        var mapped = Directory.CreateDirectory(sys.Root + "/sys/devices/virtual/block/dm-0").FullName;
        File.WriteAllText(mapped + "/dev", "253:0\n");
        Directory.CreateDirectory(sys.Root + "/sys/block/sda/sda1/holders");
        Directory.CreateSymbolicLink(sys.Root + "/sys/block/sda/sda1/holders/dm-0", mapped);
        Directory.CreateDirectory(sys.Root + "/proc/self");
        File.WriteAllText(sys.Root + "/proc/self/mountinfo", mount + "\n");
        Assert.Equal(expected, MountedParts.Of(disk, sys.Root));
    }

    [Theory]
    [InlineData("pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0", "device/transport=pcie")]
    [InlineData("virtual/nvme-subsystem/nvme-subsys0", "device/nvme0/transport=pcie device/nvme1/transport=pcie")]
    public void AnNvmeDiskOnThisMachinesBusIsItsOwn(string path, string transports)
    {
        using var sys = new FakeSys();
        sys.Disk("nvme0n1", path, [("size", "8388608"), .. Attributes(transports)]);
        Assert.Equal("/dev/nvme0n1", DiskPicker.Pick("", sys.Root));
        Assert.Equal("/dev/nvme0n1", DiskPicker.Pick("transport=nvme", sys.Root));
    }

    [Fact]
    public void AMemoryCardIsTakenWhereThereIsNothingElse()
    {
        using var sys = new FakeSys();
        sys.Disk("mmcblk1", "platform/mmc1/mmc1:0001", ("size", "62333952"), ("device/type", "SD"));
        Assert.Equal("/dev/mmcblk1", DiskPicker.Pick("", sys.Root));
        sys.Disk("mmcblk0", "platform/mmc0/mmc0:0001", ("size", "122142720"), ("device/type", "MMC"));
        Assert.Equal("/dev/mmcblk0", DiskPicker.Pick("", sys.Root));
    }

    [Fact]
    public void AMachineWithoutSysHasNoDisks()
        => Assert.EndsWith("there are: none", Assert.Throws<AgentException>(() => DiskPicker.Pick("", "/nowhere")).Message,
            StringComparison.Ordinal);

    /// <summary>Names in their order, whatever order they come in.</summary>
    [Fact]
    public void NamesHaveAnOrder()
    {
        string[] ordered = ["dasda", "dasdb", "dasdaa", "mmcblk0", "mmcblk10", "nvme0n1", "nvme0n2", "nvme0n10", "nvme2n1", "nvme10n1",
            "sda", "sdb", "sdz", "sdaa", "sdab", "sdba", "sdaaa", "vda", "xvda", "xvdb"];
        Assert.Equal(ordered, ordered.Reverse().Order(DiskName.Order));
        Assert.All(ordered, n => Assert.Equal(0, DiskName.Order.Compare(n, n)));
    }

    private static IEnumerable<(string File, string Value)> Attributes(string text)
        => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Split('=')).Select(a => (a[0], a[1]));

    private static FakeSys Rich()
    {
        var sys = new FakeSys();
        sys.Disk("sda", Sata, ("size", "8388608000"), ("queue/rotational", "1"), ("device/model", "BIG DISK"),
            ("device/wwid", "naa.5000c500ca5e0001"));
        File.WriteAllBytes($"{sys.Root}/sys/devices/{Sata}/vpd_pg80", [0, 0x80, 0, 16, .. Encoding.ASCII.GetBytes("       WD-PAGE80")]);
        sys.Disk("nvme0n1", Nvme, ("size", "1000215216"), ("queue/rotational", "0"), ("device/model", "FAST DISK"),
            ("device/serial", "S5XXNA0R      "), ("wwid", "eui.0025385b71b0a4c9"));
        sys.Disk("nvme0c0n1", Nvme + ".c", ("size", "1000215216"), ("hidden", "1"));
        sys.Disk("sdb", Usb, ("size", "33554432"), ("device/model", "USB DISK"));
        sys.Disk("sdc", Sata.Replace("ata1", "ata2", StringComparison.Ordinal), ("size", "16777216"), ("ro", "1"));
        sys.Disk("sr0", Sata.Replace("ata1", "ata3", StringComparison.Ordinal), ("size", "16777216"));
        sys.Disk("mmcblk0boot0", "platform/mmc0/mmc0:0001", ("size", "8388608"));
        sys.Disk("pmem0", "LNXSYSTM:00/ndbus0/region0/namespace0.0", ("size", "16777216"));
        sys.Disk("md127", "virtual/block/md127", ("size", "16777216"));
        sys.Disk("dasda", "css0/0.0.0000/0.0.0200", ("size", "14424480000"));
        return sys.Disk("cciss!c0d0", "pci0000:00/0000:00:05.0/cciss0/c0d0", ("size", "14424480000"));
    }
}
