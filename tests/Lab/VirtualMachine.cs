using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Lab;

/// <summary>Which firmware a machine has.</summary>
public enum Firmware
{
    /// <summary>SeaBIOS, with iPXE as the network card's ROM.</summary>
    Bios,

    /// <summary>SeaBIOS, with a network card that is a PXE ROM of the old kind, to a server's eye: no iPXE.</summary>
    BiosPxe,

    /// <summary>OVMF (UEFI), which boots by PXE of its own.</summary>
    Uefi,

    /// <summary>OVMF that boots by UEFI HTTP boot alone.</summary>
    UefiHttp,

    /// <summary>OVMF with Secure Boot enforced, by PXE.</summary>
    SecureBoot,

    /// <summary>OVMF with Secure Boot enforced, by UEFI HTTP boot alone.</summary>
    SecureBootHttp,

    /// <summary>AAVMF (UEFI on arm64), by PXE.</summary>
    Arm64,

    /// <summary>AAVMF (UEFI on arm64), by UEFI HTTP boot alone.</summary>
    Arm64Http,

    /// <summary>OVMF of 32 bits on a processor of 64, by PXE.</summary>
    Uefi32,

    /// <summary>AAVMF of 32 bits on a processor of as many, by PXE.</summary>
    Arm32,

    /// <summary>U-Boot on arm64.</summary>
    UBoot,
}

/// <summary>A machine of the lab: QEMU with real firmware, an empty disk, and a serial console that is kept in a file.</summary>
public sealed class VirtualMachine : IAsyncDisposable
{
    private readonly LabNetwork _network;
    private readonly string _folder;
    private readonly string _tap;
    private readonly List<(string Mac, string Tap)> _further = [];
    private readonly StringBuilder _console = new();
    private Process? _process;
    private Socket? _serial;

    /// <summary>A machine that is not powered on yet.</summary>
    public VirtualMachine(LabNetwork network, string folder, Firmware firmware, string mac, int memory = 1024, int disk = 6144,
        int processors = 1, string bridge = "br0")
    {
        (_network, _folder, Firmware, Mac, Memory, DiskSize, Processors) = (network, folder, firmware, mac, memory, disk, processors);
        Directory.CreateDirectory(folder);
        _tap = network.AddTap(bridge);
        using var file = File.Create(DiskFile);
        file.SetLength((long)disk << 20);
    }

    /// <summary>Its port on the switch.</summary>
    public string Tap => _tap;

    /// <summary>Its firmware.</summary>
    public Firmware Firmware { get; }

    /// <summary>Its MAC address.</summary>
    public string Mac { get; }

    /// <summary>Memory in MiB.</summary>
    public int Memory { get; }

    /// <summary>Disk in MiB.</summary>
    public int DiskSize { get; }

    /// <summary>Virtual processors.</summary>
    public int Processors { get; }

    /// <summary>Octets in a sector of its disk: 512 or 4096.</summary>
    public int SectorSize { get; init; } = 512;

    /// <summary>File of its disk.</summary>
    public string DiskFile => Path.Combine(_folder, "disk.raw");

    /// <summary>File of all that its serial console printed.</summary>
    public string ConsoleFile => Path.Combine(_folder, "console.log");

    /// <summary>What the serial console has printed since power-on.</summary>
    public string Console
    {
        get
        {
            lock (_console) return _console.ToString();
        }
    }

    /// <summary>True while QEMU runs.</summary>
    public bool IsOn => _process is { HasExited: false };

    /// <summary>Adds a network card that the firmware does not boot from.</summary>
    public void AddCard(string mac, string bridge = "br0") => _further.Add((mac, _network.AddTap(bridge)));

    /// <summary>Powers the machine on.</summary>
    /// <param name="boot">False: the network card is no boot device.</param>
    public async Task PowerOnAsync(bool boot = true)
    {
        var socket = Path.Combine(_folder, "serial.sock");
        File.Delete(socket);
        var isArm = Firmware is Firmware.Arm64 or Firmware.Arm64Http or Firmware.Arm32 or Firmware.UBoot;
        // QEMU's card brings an iPXE of its own for UEFI as well, which goes before the firmware's PXE, and past Secure Boot.
        var rom = (boot && Firmware != Firmware.BiosPxe ? ",bootindex=1" : "") + (Firmware == Firmware.Bios ? "" : ",romfile=");
        var arguments = new List<string>
        {
            "netns", "exec", _network.Switch, isArm ? "qemu-system-aarch64" : "qemu-system-x86_64", "-smp", $"{Processors}", "-m",
            $"{Memory}",
            "-display", "none", "-monitor", "none", "-uuid", Uuid(),
            "-netdev", $"tap,id=n0,ifname={_tap},script=no,downscript=no", "-device", $"virtio-net-pci,netdev=n0,mac={Mac}{rom}",
            "-drive", $"file={DiskFile},format=raw,if=none,id=d0,cache=unsafe,discard=unmap,detect-zeroes=unmap", "-device",
            $"virtio-blk-pci,drive=d0,bootindex=2,serial=LAB0001,logical_block_size={SectorSize},physical_block_size={SectorSize}",
            "-device", "virtio-rng-pci", "-chardev", $"socket,id=s0,path={socket},server=on,wait=off", "-serial", "chardev:s0",
            "-smbios", "type=1,manufacturer=Anvil,product=Lab,serial=SN-" + Mac[^2..],
        };
        // Several processors share one thread: with a thread each, QEMU's emulation shows a guest half-patched kernel code (an int3 that
        // panics it).
        var threads = Processors > 1 ? "single" : "multi";
        if (isArm) arguments.AddRange(["-accel", $"tcg,thread={threads}", "-cpu", Firmware == Firmware.Arm32 ? "cortex-a15" : "cortex-a57",
            "-machine", Firmware == Firmware.Arm32 ? "virt,highmem=off" : "virt"]);
        // A plain processor: of one with AVX (max), QEMU emulates what programs choose because it is fast on real ones.
        else arguments.AddRange(
            ["-accel", $"tcg,thread={threads}", "-cpu", "qemu64", "-machine", $"q35,graphics=off{(IsSecure ? ",smm=on" : "")}", "-device",
                "ipmi-bmc-sim,id=bmc0", "-device", "isa-ipmi-kcs,bmc=bmc0"]);
        foreach (var (card, (mac, tap)) in _further.Index())
            arguments.AddRange(["-netdev", $"tap,id=n{card + 1},ifname={tap},script=no,downscript=no", "-device",
                $"virtio-net-pci,netdev=n{card + 1},mac={mac},romfile="]);
        arguments.AddRange(FirmwareArguments());
        lock (_console) _console.Clear();
        _process = Commands.Start("ip", [.. arguments]);
        await Wait.UntilAsync(() => Task.FromResult(_process.HasExited || File.Exists(socket)), TimeSpan.FromMinutes(3),
            () => "QEMU did not start");
        if (_process.HasExited)
            throw new SetupException($"QEMU ended with {_process.ExitCode}: {await _process.StandardError.ReadToEndAsync()}");
        _serial = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await _serial.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        _ = ListenAsync(_serial);
    }

    /// <summary>Pulls the plug.</summary>
    public async Task PowerOffAsync()
    {
        if (_process is null) return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _serial?.Dispose();
        _process = null;
    }

    /// <summary>Waits until the serial console has printed a text after a position; the position behind it.</summary>
    /// <exception cref="SetupException">It did not in time.</exception>
    public async Task<int> ExpectAsync(string text, TimeSpan deadline, int after = 0, CancellationToken cancellation = default)
        => (await ExpectAnyAsync([text], deadline, after, cancellation)).At;

    /// <summary>Waits until it has printed one of some texts after a position: the first of them, and the position behind it.</summary>
    /// <exception cref="SetupException">It did not in time.</exception>
    public async Task<(string Text, int At)> ExpectAnyAsync(IReadOnlyList<string> texts, TimeSpan deadline, int after = 0,
        CancellationToken cancellation = default)
    {
        (string Text, int At) found = ("", -1);
        await Wait.UntilAsync(
            () =>
            {
                var (console, from) = (Console, Math.Min(after, Console.Length));
                found = texts.Select(t => (Text: t, At: console.IndexOf(t, from, StringComparison.Ordinal))).Where(f => f.At >= 0)
                    .DefaultIfEmpty((Text: "", At: -1)).MinBy(f => f.At);
                return Task.FromResult(found.At >= 0);
            },
            deadline, () => $"{Mac}'s console did not print \"{string.Join("\" or \"", texts)}\"; its end is: …{Tail()}", cancellation);
        return (found.Text, found.At + found.Text.Length);
    }

    /// <summary>Types on the serial console.</summary>
    public async Task TypeAsync(string text) => await _serial!.SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>The end of what the console printed.</summary>
    public string Tail()
    {
        var text = Console;
        return text[Math.Max(0, text.Length - 1500)..];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await PowerOffAsync();

    private async Task ListenAsync(Socket serial)
    {
        var buffer = new byte[4096];
        await using var log = new FileStream(ConsoleFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        try
        {
            while (await serial.ReceiveAsync(buffer) is var read and > 0)
            {
                await log.WriteAsync(buffer.AsMemory(0, read));
                await log.FlushAsync();
                lock (_console) _console.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Powered off.
        }
    }

    /// <summary>
    /// True for firmware that protects its variables; Debian's of 32 bits is built so, and enforces nothing as it comes.
    /// </summary>
    private bool IsSecure => Firmware is Firmware.SecureBoot or Firmware.SecureBootHttp or Firmware.Uefi32;

    private List<string> FirmwareArguments()
    {
        switch (Firmware)
        {
            case Firmware.UBoot: return ["-bios", "/usr/lib/u-boot/qemu_arm64/u-boot.bin"];
            case Firmware.Bios: return ["-boot", "reboot-timeout=3000"];
            case Firmware.BiosPxe:
                // QEMU's ROM for BIOS is always iPXE. One that is loaded as a kernel, and says that it is something else, is treated as an
                // old ROM.
                var script = Path.Combine(_folder, "rom.ipxe");
                File.WriteAllText(script, "#!ipxe\nset user-class PLAINROM\nautoboot net0\n");
                return ["-boot", "reboot-timeout=3000", "-kernel", "/usr/lib/ipxe/ipxe.lkrn", "-initrd", script];
        }

        var (code, vars) = Firmware switch
        {
            Firmware.Arm64 or Firmware.Arm64Http => ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
            Firmware.Arm32 => ("/usr/share/AAVMF/AAVMF32_CODE.fd", "/usr/share/AAVMF/AAVMF32_VARS.fd"),
            Firmware.Uefi32 => ("/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF32_VARS_4M.fd"),
            Firmware.SecureBoot or Firmware.SecureBootHttp => ("/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"),
            _ => ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        };
        var own = Path.Combine(_folder, "vars.fd");
        if (!File.Exists(own)) File.Copy(vars, own);
        List<string> arguments = ["-drive", $"if=pflash,format=raw,unit=0,readonly=on,file={code}", "-drive",
            $"if=pflash,format=raw,unit=1,file={own}", "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"];
        if (IsSecure) arguments.AddRange(["-global", "driver=cfi.pflash01,property=secure,value=on"]);
        if (Firmware is Firmware.UefiHttp or Firmware.SecureBootHttp or Firmware.Arm64Http)
            arguments.AddRange(["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"]);
        return arguments;
    }

    private string Uuid() => "4c414200-0000-4000-8000-" + Mac.Replace(":", "", StringComparison.Ordinal);
}
