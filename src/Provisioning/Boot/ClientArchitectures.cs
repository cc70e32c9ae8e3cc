namespace Anvil.Provisioning.Boot;

/// <summary>The numbers of option 93 (RFC 4578 section 2.1; IANA's registry "Processor Architecture Types").</summary>
public static class ClientArchitectures
{
    /// <summary>Raspberry Pi's own boot loader.</summary>
    public const int RaspberryPi = 41;

    /// <summary>Firmware family: pcbios, uefi, uboot, rpi, or the number for one that is not known.</summary>
    public static string Firmware(int architecture) => Of(architecture).Firmware ?? $"arch {architecture}";

    /// <summary>DRP's name of an architecture; null for one that Anvil cannot boot.</summary>
    public static string? Arch(int architecture) => Of(architecture).Arch;

    /// <summary>True for firmware that asks for its boot program by HTTP.</summary>
    public static bool IsHttp(int architecture) => Of(architecture).IsHttp;

    /// <summary>
    /// The boot program of an architecture, below the file root; null where there is none. 32-bit UEFI is given GRUB, for which Debian
    /// has no iPXE.
    /// </summary>
    /// <param name="architecture">Option 93's number.</param>
    /// <param name="wanted">The param boot-loader: ipxe, grub, pxelinux or lpxelinux; null for none.</param>
    public static string? Program(int architecture, string? wanted) => (Of(architecture), wanted) switch
    {
        (("pcbios", _, _), "pxelinux") => "pxelinux.0",
        (("pcbios", _, _), "lpxelinux") => "lpxelinux.0",
        (("pcbios", _, _), _) => "undionly.kpxe",
        // It asks for its files by their own names; the oldest boards for this one first.
        (("rpi", _, _), _) => "bootcode.bin",
        ((_, "amd64", _), "grub") => "shimx64.efi",
        ((_, "amd64", _), _) => "ipxe.efi",
        (("uefi", "arm64", _), "grub") => "shimaa64.efi",
        ((_, "arm64", _), _) => "ipxe-arm64.efi",
        ((_, "386", _), _) => "grubia32.efi",
        ((_, "arm", _), _) => "grubarm.efi",
        ((_, "riscv64", _), _) => "ipxe-riscv64.efi",
        ((_, "loong64", _), _) => "ipxe-loong64.efi",
        _ => null,
    };

    private static (string? Firmware, string? Arch, bool IsHttp) Of(int architecture) => architecture switch
    {
        0 => ("pcbios", "amd64", false),
        7 or 9 => ("uefi", "amd64", false),
        16 or 17 => ("uefi", "amd64", true),
        11 => ("uefi", "arm64", false),
        19 => ("uefi", "arm64", true),
        6 => ("uefi", "386", false),
        15 => ("uefi", "386", true),
        10 => ("uefi", "arm", false),
        18 => ("uefi", "arm", true),
        27 => ("uefi", "riscv64", false),
        28 => ("uefi", "riscv64", true),
        39 => ("uefi", "loong64", false),
        40 => ("uefi", "loong64", true),
        21 => ("uboot", "arm", false),
        23 => ("uboot", "arm", true),
        22 => ("uboot", "arm64", false),
        24 => ("uboot", "arm64", true),
        RaspberryPi => ("rpi", "arm64", false),
        _ => default,
    };
}
