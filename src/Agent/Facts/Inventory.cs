using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Anvil.Agent.Facts;

/// <summary>Facts about the hardware, from /proc and /sys. Sizes are octets, speeds Mbit/s.</summary>
public static class Inventory
{
    /// <summary>pcbios or uefi.</summary>
    public static string FirmwareMode => Directory.Exists("/sys/firmware/efi") ? "uefi" : "pcbios";

    /// <summary>DRP's name of the architecture.</summary>
    public static string Architecture
        => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>All facts, by the name of the param that holds them.</summary>
    public static JsonObject Gather() => new()
    {
        ["hardware/cpu"] = Cpu(),
        ["hardware/memory"] = Memory(),
        ["hardware/disks"] = Disks(),
        ["hardware/nics"] = Nics(),
        ["hardware/system"] = SystemFacts(),
        ["hardware/bmc"] = Bmc.Gather(),
        ["detected-bios-mode"] = FirmwareMode,
    };

    /// <summary>One line for a person.</summary>
    public static string Summary(JsonObject facts)
        => $"{facts["hardware/cpu"]!["Model"]}, {facts["hardware/cpu"]!["Threads"]} "
            + $"threads; {facts["hardware/memory"]!["Total"]!.GetValue<long>() >> 20} MiB; "
            + $"{((JsonArray)facts["hardware/disks"]!).Count} disks; {((JsonArray)facts["hardware/nics"]!).Count} network "
            + $"interfaces; {facts["detected-bios-mode"]}";

    /// <summary>MAC address of the interface that the machine booted by (kernel argument BOOTIF).</summary>
    public static string? BootMac()
        => KernelArguments.Get("BOOTIF") is { Length: 20 } text ? text[3..].Replace('-', ':').ToLowerInvariant() : null;

    /// <summary>The machine's IPv4 address.</summary>
    public static string? Address()
        => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().Where(n => n.Name != "lo")
            .SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)?.ToString();

    /// <summary>Network interfaces, with what LLDP has heard on them.</summary>
    public static JsonArray Nics()
    {
        var nics = new JsonArray();
        foreach (var name in NetworkCards.Physical())
        {
            var folder = $"/sys/class/net/{name}";
            var nic = new JsonObject
            {
                ["Name"] = name,
                ["Mac"] = SysFile.Read($"{folder}/address"),
                ["Driver"] = SysFile.LinkName($"{folder}/device/driver"),
                ["Bus"] = SysFile.LinkName($"{folder}/device"),
                ["Vendor"] = SysFile.Read($"{folder}/device/vendor"),
                ["Device"] = SysFile.Read($"{folder}/device/device"),
                ["Carrier"] = SysFile.Read($"{folder}/carrier") == "1",
                ["Speed"] = SysFile.Number(SysFile.Read($"{folder}/speed")) is var speed and > 0 ? speed : 0,
            };
            if (LldpListener.Heard(name) is { } neighbour) nic["Lldp"] = neighbour;
            nics.Add((JsonNode)nic);
        }

        return nics;
    }

    private static JsonObject Cpu()
    {
        var blocks = File.ReadAllText("/proc/cpuinfo").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(b => b.Split('\n').Select(l => l.Split(':', 2)).Where(p => p.Length == 2).GroupBy(p => p[0].Trim())
            .ToDictionary(g => g.Key, g => g.First()[1].Trim(), StringComparer.Ordinal))
            .Where(b => b.ContainsKey("processor")).ToList();
        var first = blocks.FirstOrDefault() ?? new Dictionary<string, string>(StringComparer.Ordinal);
        return new JsonObject
        {
            ["Model"] = first.GetValueOrDefault("model name", first.GetValueOrDefault("CPU part", "")),
            ["Vendor"] = first.GetValueOrDefault("vendor_id", ""),
            ["Sockets"] = blocks.Select(b => b.GetValueOrDefault("physical id", "0")).Distinct().Count(),
            ["Cores"] = blocks.Select(b => (b.GetValueOrDefault("physical id", "0"), b.GetValueOrDefault("core id", b["processor"])))
                .Distinct().Count(),
            ["Threads"] = blocks.Count,
            ["Architecture"] = Architecture,
        };
    }

    private static JsonObject Memory()
    {
        var total = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) ?? "";
        var modules = new JsonArray();
        foreach (var module in Smbios.MemoryModules(Smbios.Table())) modules.Add((JsonNode)module);
        return new JsonObject
        {
            ["Total"] = SysFile.Number(new string([.. total.Where(char.IsAsciiDigit)])) * 1024,
            ["Modules"] = modules,
        };
    }

    private static JsonArray Disks()
    {
        var disks = new JsonArray();
        foreach (var disk in Agent.Disks.BlockDevices.All().Where(d => d.Kind != Agent.Disks.DiskKind.Made))
        {
            disks.Add((JsonNode)new JsonObject
            {
                ["Name"] = disk.Name,
                ["Path"] = disk.Path,
                ["Size"] = disk.Size,
                ["Model"] = disk.Model,
                ["Serial"] = disk.Serial,
                ["Rotational"] = disk.Rotational,
                ["Removable"] = disk.Removable,
                ["Transport"] = disk.Transport,
                ["Wwn"] = disk.Wwn,
                ["SectorSize"] = disk.SectorSize,
            });
        }

        return disks;
    }

    private static JsonObject SystemFacts()
    {
        var facts = new JsonObject();
        foreach (var (name, file) in new[]
            {
                ("Vendor", "sys_vendor"), ("Product", "product_name"), ("Serial", "product_serial"), ("Uuid", "product_uuid"),
                ("BoardSerial", "board_serial"),
                ("ChassisSerial", "chassis_serial"), ("AssetTag", "chassis_asset_tag"), ("BiosVendor", "bios_vendor"),
                ("BiosVersion", "bios_version"), ("BiosDate", "bios_date"),
            })
            facts[name] = SysFile.Read("/sys/class/dmi/id/" + file);
        return facts;
    }
}
