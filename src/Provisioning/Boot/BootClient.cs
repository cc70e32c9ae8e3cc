using System.Globalization;
using Anvil.Provisioning.Network;

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
    /// <summary>
    /// Numbers of option 93 that are looked at: each may cost a boot decision. Firmware names one, seldom two; there are some forty.
    /// </summary>
    public const int MostArchitectures = 16;

    /// <summary>Digits of the architecture in a class text: PXEClient:Arch:00007:UNDI:003016 (PXE 2.1 section 2.2.3).</summary>
    private const int ArchDigits = 5;

    /// <summary>
    /// The further architectures of option 93, which is a list (RFC 4578 section 2.1): those after the first, of the first
    /// <see cref="MostArchitectures"/>.
    /// </summary>
    public IReadOnlyList<int> Others { get; init; } = [];

    /// <summary>The row of its kind; null where it is none of <see cref="ClientKinds"/>.</summary>
    public ClientKindRow? Row { get; init; }

    /// <summary>The boot menu's item that its firmware looks for; "" for none.</summary>
    public string Menu => Kind == ClientKind.Pxe ? Row?.Menu ?? "" : "";

    /// <summary>The boot program of its kind, as a path below the file root or a URL; "" for its architecture's.</summary>
    public string File => Kind is ClientKind.Pxe or ClientKind.Http ? Row?.File ?? "" : "";

    /// <summary>Firmware family: pcbios, uefi, uboot, rpi, or the number for one that is not known.</summary>
    public string Firmware => ClientArchitectures.Firmware(Architecture);

    /// <summary>DRP's name of the architecture; null for one that Anvil cannot boot.</summary>
    public string? Arch => ClientArchitectures.Arch(Architecture);

    /// <summary>Key of the loader in a boot environment's Loaders (DRP v4).</summary>
    public string LoaderKey => $"{(Arch == "amd64" && Architecture == 0 ? "386" : Arch)}-{Firmware}";

    /// <summary>The client, taken for one of one architecture.</summary>
    public BootClient As(int architecture)
        => architecture == Architecture && Others.Count == 0 ? this : this with { Architecture = architecture, Others = [] };

    /// <summary>Reads the client out of DHCP: vendor class (60), user class (77), iPXE's features (175), architecture (93).</summary>
    /// <param name="vendorClass">Option 60, or null.</param>
    /// <param name="isIpxe">Option 77 is `iPXE`.</param>
    /// <param name="ipxeFeatures">Sub-option codes found in option 175.</param>
    /// <param name="architectures">Option 93: numbers of two octets each; where it is absent or broken, the class text says.</param>
    /// <param name="row">The row of its kind; null for none.</param>
    public static BootClient From(string? vendorClass, bool isIpxe, IReadOnlySet<byte> ipxeFeatures, ReadOnlySpan<byte> architectures,
        ClientKindRow? row = null)
    {
        var text = vendorClass ?? "";
        var isPxe = text.StartsWith("PXEClient", StringComparison.Ordinal);
        var isHttp = text.StartsWith("HTTPClient", StringComparison.Ordinal);
        var isList = architectures.Length > 0 && architectures.Length % 2 == 0;
        // iPXE says itself what it was built for, whatever started it.
        var set = isIpxe ? null : row?.Architecture;
        var first = set ?? (isList ? (architectures[0] << 8) | architectures[1] : isPxe || isHttp ? OfClass(text) : 0);
        var kind = row?.Boots switch
        {
            "none" => ClientKind.None,
            // An iPXE that such a client was given goes on with its script.
            "http" when !isIpxe => ClientKind.Http,
            "pxe" when !isIpxe => ClientKind.Pxe,
            _ when isHttp => ClientKind.Http,
            _ when !isPxe && row?.Boots is not ("pxe" or "http") => ClientKind.None,
            _ when !isIpxe => ClientKind.Pxe,
            _ => IsAble(ipxeFeatures, first) ? ClientKind.Ipxe : ClientKind.LimitedIpxe,
        };
        var client = new BootClient(kind, first) { Row = row };
        return isList && architectures.Length > 2 && set is null ? client with { Others = After(architectures, first) } : client;
    }

    private static bool IsAble(IReadOnlySet<byte> features, int architecture)
    {
        const byte Http = 19, BzImage = 24, Efi = 36;
        return features.Contains(Http) && (architecture == 0 ? features.Contains(BzImage) : features.Contains(Efi));
    }

    private static List<int> After(ReadOnlySpan<byte> octets, int first)
    {
        var numbers = new List<int>();
        for (var at = 2; at < Math.Min(octets.Length, 2 * MostArchitectures); at += 2)
        {
            var number = (octets[at] << 8) | octets[at + 1];
            if (number != first && !numbers.Contains(number)) numbers.Add(number);
        }

        return numbers;
    }

    private static int OfClass(string text)
    {
        const string Mark = ":Arch:";
        var at = text.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length;
        return at >= Mark.Length && at + ArchDigits <= text.Length && int.TryParse(text.AsSpan(at, ArchDigits), NumberStyles.None,
            CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
