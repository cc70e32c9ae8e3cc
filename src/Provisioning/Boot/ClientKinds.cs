using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Boot;

/// <summary>
/// What tells clients of a kind, and what is said to them. Of the marks that are set each must hold; texts match by their beginnings.
/// </summary>
/// <param name="Name">What it is, for a person.</param>
public sealed record ClientKindRow(string Name)
{
    /// <summary>Beginning of the vendor class (option 60); "" for any.</summary>
    public string VendorClass { get; init => field = value ?? ""; } = "";

    /// <summary>Beginning of a user class (option 77, which may hold several); "" for any.</summary>
    public string UserClass { get; init => field = value ?? ""; } = "";

    /// <summary>Beginnings of MAC addresses, such as b8:27:eb; none for any.</summary>
    public IReadOnlyList<string> Macs { get; init => field = value ?? []; } = [];

    /// <summary>Beginning of the machine identifier (option 97), in hex; "" for any.</summary>
    public string MachineId { get; init => field = value ?? ""; } = "";

    /// <summary>Option 93's number that it is taken for, whatever it says itself; null for what it says.</summary>
    public int? Architecture { get; init; }

    /// <summary>Whether it is given a boot answer: none, pxe (a path), http (a URL); "" for what its vendor class asks for.</summary>
    public string Boots { get; init => field = value ?? ""; } = "";

    /// <summary>Its boot program, below the file root; "" for that of its architecture.</summary>
    public string File { get; init => field = value ?? ""; } = "";

    /// <summary>Item of the PXE boot menu (option 43) that its firmware looks for.</summary>
    public string Menu { get; init => field = value ?? ""; } = "";

    /// <summary>DHCP options that it is sent where it asks for them, and neither subnet nor reservation set others.</summary>
    public IReadOnlyList<DhcpOptionSetting> Options { get; init => field = value ?? []; } = [];

    /// <summary>True when it names no mark, and would hold for everybody.</summary>
    public bool IsBlank => VendorClass.Length + UserClass.Length + Macs.Count + MachineId.Length == 0;

    /// <summary>True for a client of the kind.</summary>
    public bool Holds(string mac, string vendorClass, IReadOnlyList<string> userClasses, ReadOnlySpan<byte> machineId)
        => !IsBlank && vendorClass.StartsWith(VendorClass, StringComparison.Ordinal) && IsOf(userClasses) && IsOf(mac) && IsOf(machineId);

    private bool IsOf(IReadOnlyList<string> userClasses)
    {
        foreach (var userClass in userClasses)
        {
            if (userClass.StartsWith(UserClass, StringComparison.Ordinal)) return true;
        }

        return UserClass.Length == 0;
    }

    private bool IsOf(string mac)
    {
        foreach (var own in Macs)
        {
            if (mac.StartsWith(own, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return Macs.Count == 0;
    }

    private bool IsOf(ReadOnlySpan<byte> machineId)
    {
        const int Longest = 64;
        if (MachineId.Length == 0) return true;
        Span<char> hex = stackalloc char[2 * Longest];
        return Convert.TryToHexStringLower(machineId[..Math.Min(machineId.Length, Longest)], hex, out var length)
            && hex[..length].StartsWith(MachineId, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>
/// The kinds of clients that are told apart beside PXE, iPXE and HTTP boot, in order: the first row that holds counts. Those of the param
/// <see cref="Param"/> on profile global go before Anvil's own.
/// </summary>
public sealed class ClientKinds(IReadOnlyList<ClientKindRow> own)
{
    /// <summary>The param that holds further rows: a list of objects with the names of <see cref="ClientKindRow"/>.</summary>
    public const string Param = "dhcp/client-kinds";

    /// <summary>Most rows that are read of the param.</summary>
    public const int MostRows = 256;

    private const string PiMenu = "Raspberry Pi Boot";

    /// <summary>
    /// Anvil's own rows. Raspberry Pis call themselves PXE ROMs of a PC, and take only an answer with their own menu item; models 4 and 5
    /// say what they are in option 97, older ones only by their maker's addresses.
    /// </summary>
    private static readonly ClientKindRow[] Known =
    [
        // They ask as PXE ROMs do, for the script of their zero touch provisioning: none of the boot programs is for them.
        CiscoXr("exr-config"),
        CiscoXr("xr-config"),
        Pi("Raspberry Pi 4") with { MachineId = "0052506934" },
        Pi("Raspberry Pi 5") with { MachineId = "0052506935" },
        Pi("Raspberry Pi") with
        {
            VendorClass = "PXEClient:Arch:00000:UNDI:002001",
            Macs = ["b8:27:eb", "dc:a6:32", "e4:5f:01", "28:cd:c1", "d8:3a:dd", "2c:cf:67", "88:a2:9e"],
        },
        new("a switch with ONIE") { VendorClass = "onie_vendor:" },
        new("U-Boot") { VendorClass = "U-Boot" },
        new("a Cisco device") { VendorClass = "Cisco" },
        new("a Juniper device") { VendorClass = "Juniper" },
        new("an Arista switch") { VendorClass = "Arista" },
    ];

    /// <summary>Anvil's own rows alone.</summary>
    public static ClientKinds BuiltIn { get; } = new([]);

    /// <summary>The row of a client; null for none.</summary>
    /// <param name="mac">Its MAC address, in its written form.</param>
    /// <param name="vendorClass">Option 60, or "".</param>
    /// <param name="userClasses">Option 77's text, and its classes where it holds several, or none.</param>
    /// <param name="machineId">Option 97, or none.</param>
    public ClientKindRow? Find(string mac, string vendorClass, IReadOnlyList<string> userClasses, ReadOnlySpan<byte> machineId)
        => Find(own, mac, vendorClass, userClasses, machineId) ?? Find(Known, mac, vendorClass, userClasses, machineId);

    private static ClientKindRow? Find(IReadOnlyList<ClientKindRow> rows, string mac, string vendorClass,
        IReadOnlyList<string> userClasses, ReadOnlySpan<byte> machineId)
    {
        foreach (var row in rows)
        {
            if (row.Holds(mac, vendorClass, userClasses, machineId)) return row;
        }

        return null;
    }

    private static ClientKindRow CiscoXr(string userClass)
        => new("a Cisco device with IOS XR") { VendorClass = "PXEClient", UserClass = userClass, Boots = "none" };

    private static ClientKindRow Pi(string name) => new(name)
    {
        Architecture = ClientArchitectures.RaspberryPi,
        Boots = "pxe",
        Menu = PiMenu,
    };
}
