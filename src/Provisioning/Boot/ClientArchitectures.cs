namespace Anvil.Provisioning.Boot;

/// <summary>The numbers of option 93 (RFC 4578 section 2.1; IANA's registry "Processor Architecture Types").</summary>
public static class ClientArchitectures
{
    /// <summary>Raspberry Pi's own boot loader.</summary>
    public const int RaspberryPi = 41;

    /// <summary>Firmware family: pcbios, uefi, uboot, rpi, or the number for one that is not known.</summary>
    public static string Firmware(int architecture) => architecture switch
    {
        0 => "pcbios",
        6 or 7 or 9 or 10 or 11 or 15 or 16 or 17 or 18 or 19 or 27 or 28 or 39 or 40 => "uefi",
        >= 21 and <= 24 => "uboot",
        RaspberryPi => "rpi",
        _ => $"arch {architecture}",
    };

    /// <summary>DRP's name of an architecture; null for one that Anvil cannot boot.</summary>
    public static string? Arch(int architecture) => architecture switch
    {
        0 or 7 or 9 or 16 or 17 => "amd64",
        11 or 19 or 22 or 24 or RaspberryPi => "arm64",
        6 or 15 => "386",
        10 or 18 or 21 or 23 => "arm",
        27 or 28 => "riscv64",
        39 or 40 => "loong64",
        _ => null,
    };

    /// <summary>True for firmware that asks for its boot program by HTTP.</summary>
    public static bool IsHttp(int architecture) => architecture is 15 or 16 or 17 or 18 or 19 or 23 or 24 or 28 or 40;

    /// <summary>
    /// The boot program of an architecture, below the file root; null where there is none. 32-bit UEFI is given GRUB, for which Debian
    /// has no iPXE.
    /// </summary>
    /// <param name="architecture">Option 93's number.</param>
    /// <param name="wanted">The param boot-loader: ipxe, grub, pxelinux or lpxelinux; null for none.</param>
    public static string? Program(int architecture, string? wanted) => (architecture, wanted) switch
    {
        (0, "pxelinux") => "pxelinux.0",
        (0, "lpxelinux") => "lpxelinux.0",
        (0, _) => "undionly.kpxe",
        (7 or 9 or 16 or 17, "grub") => "shimx64.efi",
        (7 or 9 or 16 or 17, _) => "ipxe.efi",
        (11 or 19, "grub") => "shimaa64.efi",
        (11 or 19 or 22 or 24, _) => "ipxe-arm64.efi",
        (6 or 15, _) => "grubia32.efi",
        (10 or 18 or 21 or 23, _) => "grubarm.efi",
        (27 or 28, _) => "ipxe-riscv64.efi",
        (39 or 40, _) => "ipxe-loong64.efi",
        // It asks for its files by their own names; the oldest boards for this one first.
        (RaspberryPi, _) => "bootcode.bin",
        _ => null,
    };
}
