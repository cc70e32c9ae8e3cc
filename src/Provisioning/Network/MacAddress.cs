namespace Anvil.Provisioning.Network;

/// <summary>Hardware addresses in their one written form: lower-case hex octets with colons.</summary>
public static class MacAddress
{
    private const int GroupBit = 1;
    private const int Octets = 6;
    private const int Eui64Octets = 8;

    /// <summary>Characters of an InfiniBand address in its one written form.</summary>
    internal const int InfiniBandLength = 59;

    /// <summary>Of them those before its port's GUID.</summary>
    private const int BeforeGuid = 36;

    /// <summary>
    /// Reads an address of 6, 8 (EUI-64) or 20 (InfiniBand) octets in the forms that people and switches write: octets with colons or
    /// dashes, groups of four digits with dots (Cisco) or dashes (H3C, Huawei), of six with a dash (HPE, Aruba), or bare digits. Of an
    /// InfiniBand address the port is taken (<see cref="Port"/>).
    /// </summary>
    /// <param name="text">What a client wrote.</param>
    /// <param name="mac">The one written form; "" when it is none.</param>
    public static bool TryNormalize(string? text, out string mac)
    {
        var isRead = TryRead(text, out mac);
        mac = Port(mac);
        return isRead;
    }

    /// <summary>
    /// An InfiniBand address's port: its GUID, the last 8 of the 20 octets. What stands before it (flags, the queue pair and the subnet's
    /// prefix: RFC 4391 section 9.1.1) is another one after each start; DHCP knows the port by its GUID. Other addresses are as they are.
    /// </summary>
    /// <param name="mac">An address in its one written form.</param>
    public static string Port(string mac) => mac.Length == InfiniBandLength ? mac[BeforeGuid..] : mac;

    /// <summary>The ports of addresses, each once; the list itself where none is an InfiniBand address.</summary>
    public static IReadOnlyList<string> Ports(IReadOnlyList<string> macs)
        => macs.Any(m => m is { Length: InfiniBandLength }) ? [.. macs.Select(m => m is null ? m! : Port(m)).Distinct()] : macs;

    /// <summary>Reads an address as <see cref="TryNormalize"/> does, and keeps all octets.</summary>
    internal static bool TryRead(string? text, out string mac)
    {
        mac = "";
        if (text is null || text.Length > 64) return false;
        var at = text.AsSpan().IndexOfAny(':', '-', '.');
        var hex = at < 0 ? text : (text[at], at) is (':' or '-', 2) or ('.' or '-', 4) or ('-', 6) ? Joined(text, text[at], at) : "";
        if (hex.Length is not (12 or 16 or 40) || !hex.All(char.IsAsciiHexDigit)) return false;
        mac = string.Join(':', hex.ToLowerInvariant().Chunk(2).Select(pair => new string(pair)));
        return true;
    }

    /// <summary>What keeps a text from being the address of one network card; null when nothing does.</summary>
    public static string? Problem(string? text)
        => TryNormalize(text, out var mac) ? IsUsable(mac, out var problem) ? null : problem : "is no hardware address";

    /// <summary>
    /// True when one network card can have the address: not zero, not broadcast, no group's (IEEE 802, section 8.2). Others would join
    /// machines that have
    /// nothing in common.
    /// </summary>
    /// <param name="mac">The address in its one written form.</param>
    /// <param name="problem">Why not; "" when it can.</param>
    public static bool IsUsable(string mac, out string problem)
    {
        var octets = Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal));
        problem = octets.All(o => o == 0) ? "is zero: no network card has it"
            : octets.All(o => o == 0xFF) ? "is the broadcast address: no network card has it"
            : octets.Length is Octets or Eui64Octets && (octets[0] & GroupBit) != 0
                ? "is the address of a group (multicast): no network card has it"
            : "";
        return problem.Length == 0;
    }

    /// <summary>The written form of the octets of chaddr.</summary>
    public static string Format(ReadOnlySpan<byte> octets)
    {
        var hex = Convert.ToHexStringLower(octets);
        return string.Join(':', hex.Chunk(2).Select(pair => new string(pair)));
    }

    /// <summary>pxelinux's form: hardware type, then octets with dashes.</summary>
    public static string Pxelinux(string mac) => "01-" + mac.Replace(':', '-');

    /// <summary>The digits of groups of one length with one separator; "" when it is not so.</summary>
    private static string Joined(string text, char separator, int length)
    {
        var groups = text.Split(separator);
        return groups.All(g => g.Length == length) ? string.Concat(groups) : "";
    }
}
