namespace Anvil.Provisioning.Boot;

/// <summary>What asks for a boot program.</summary>
public enum ClientKind
{
    /// <summary>No network boot is asked for.</summary>
    None,

    /// <summary>A PXE ROM (option 60 PXEClient).</summary>
    Pxe,

    /// <summary>iPXE that can fetch by HTTP.</summary>
    Ipxe,

    /// <summary>iPXE without HTTP or without the image formats of its platform: it is given a fuller iPXE.</summary>
    LimitedIpxe,

    /// <summary>UEFI HTTP boot (option 60 HTTPClient).</summary>
    Http,
}

/// <summary>A client as its packets show it.</summary>
/// <param name="Kind">What asks.</param>
/// <param name="Architecture">Option 93's number (RFC 4578 section 2.1; IANA's registry).</param>
public sealed record BootClient(ClientKind Kind, int Architecture)
{
    /// <summary>Firmware family: pcbios, uefi, or the number for one that is not known.</summary>
    public string Firmware => Architecture switch
    {
        0 => "pcbios",
        6 or 7 or 9 or 10 or 11 or 15 or 16 or 19 => "uefi",
        var other => $"arch {other}",
    };

    /// <summary>DRP's name of the architecture; null for one that Anvil cannot boot.</summary>
    public string? Arch => Architecture switch
    {
        0 or 7 or 9 or 16 => "amd64",
        11 or 19 => "arm64",
        6 or 15 => "386",
        _ => null,
    };

    /// <summary>Key of the loader in a boot environment's Loaders (DRP v4).</summary>
    public string LoaderKey => $"{(Arch == "amd64" && Architecture == 0 ? "386" : Arch)}-{Firmware}";

    /// <summary>Reads the client out of DHCP: vendor class (60), user class (77), iPXE's features (175), architecture (93).</summary>
    /// <param name="vendorClass">Option 60, or null.</param>
    /// <param name="isIpxe">Option 77 is `iPXE`.</param>
    /// <param name="ipxeFeatures">Sub-option codes found in option 175.</param>
    /// <param name="architecture">Option 93, or null.</param>
    public static BootClient From(string? vendorClass, bool isIpxe, IReadOnlySet<byte> ipxeFeatures, int? architecture)
    {
        var arch = architecture ?? 0;
        if (vendorClass?.StartsWith("HTTPClient", StringComparison.Ordinal) == true) return new BootClient(ClientKind.Http, arch);
        if (vendorClass?.StartsWith("PXEClient", StringComparison.Ordinal) != true) return new BootClient(ClientKind.None, arch);
        if (!isIpxe) return new BootClient(ClientKind.Pxe, arch);
        const byte Http = 19, BzImage = 24, Efi = 36;
        var able = ipxeFeatures.Contains(Http) && (arch == 0 ? ipxeFeatures.Contains(BzImage) : ipxeFeatures.Contains(Efi));
        return new BootClient(able ? ClientKind.Ipxe : ClientKind.LimitedIpxe, arch);
    }
}
