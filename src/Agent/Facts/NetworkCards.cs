namespace Anvil.Agent.Facts;

/// <summary>The machine's network interfaces, from /sys/class/net.</summary>
internal static class NetworkCards
{
    /// <summary>Characters of an InfiniBand address, and of what stands in it before its port's GUID.</summary>
    private const int InfiniBandLength = 59;
    private const int BeforeGuid = 36;

    /// <summary>Names of interfaces that are hardware.</summary>
    /// <param name="root">Where /sys is found.</param>
    public static IReadOnlyList<string> Physical(string root = "")
        => [.. Directory.GetDirectories(root + "/sys/class/net").Where(d => Directory.Exists(d + "/device"))
            .Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    /// <summary>
    /// MAC addresses of the machine's own interfaces, on InfiniBand GUIDs of their ports, the boot interface first. A card that a
    /// management controller shows by USB is none of them: a make has one address for all its boards. Unless the machine booted by it, or
    /// has no other.
    /// </summary>
    /// <param name="boot">Address of the interface that the machine booted by; null when nobody says.</param>
    /// <param name="root">Where /sys is found.</param>
    public static IReadOnlyList<string> Macs(string? boot, string root = "")
    {
        var cards = Physical(root).Select(n => (Name: n, Mac: SysFile.Read($"{root}/sys/class/net/{n}/address")))
            .Select(c => c with { Mac = c.Mac.Length == InfiniBandLength ? c.Mac[BeforeGuid..] : c.Mac })
            .Where(c => c.Mac.Length is 17 or 23 && c.Mac.Trim('0', ':').Length > 0).ToList();
        var own = cards.Where(c => c.Mac == boot || !IsShown(c.Name, root)).ToList();
        return [.. (own.Count > 0 ? own : cards).Select(c => c.Mac).Distinct().OrderBy(m => m != boot)];
    }

    /// <summary>
    /// True for a card on USB of the classes that management controllers show theirs by (CDC Ethernet and its kin, RNDIS). Adapters for a
    /// cable mostly have drivers of their own.
    /// </summary>
    private static bool IsShown(string name, string root)
        => SysFile.LinkName($"{root}/sys/class/net/{name}/device/driver")
            is "cdc_ether" or "rndis_host" or "cdc_ncm" or "cdc_eem" or "cdc_subset";
}
