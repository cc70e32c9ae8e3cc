using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Anvil.Provisioning.Network;

/// <summary>IPv4 addresses as host-order numbers, for range arithmetic.</summary>
public static class IPv4
{
    /// <summary>True for an address of loopback (RFC 1122 section 3.2.1.3): it is on no wire.</summary>
    public static bool IsLoopback(uint address) => address >> 24 == 127;

    /// <summary>Parses dotted quad, strictly: four decimal octets, nothing else.</summary>
    public static bool TryParse(string? text, out uint address)
    {
        address = 0;
        if (string.IsNullOrEmpty(text) || text.Length > 15) return false;
        var parts = text.Split('.');
        if (parts.Length != 4) return false;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || !part.All(char.IsAsciiDigit) || (part.Length > 1 && part[0] == '0')) return false;
            var octet = uint.Parse(part, System.Globalization.CultureInfo.InvariantCulture);
            if (octet > 255) return false;
            address = (address << 8) | octet;
        }

        return true;
    }

    /// <summary>Parses dotted quad.</summary>
    /// <exception cref="FormatException">The text is no address.</exception>
    public static uint Parse(string text)
        => TryParse(text, out var address) ? address : throw new FormatException($"\"{text}\" is not an IPv4 address");

    /// <summary>Dotted quad.</summary>
    public static string Format(uint address) => $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}";

    /// <summary>Eight upper-case hexadecimal digits: the key of leases and reservations.</summary>
    public static string Hex(uint address) => address.ToString("X8", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Parses such a key: eight hexadecimal digits, of either case.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> text, out uint address)
    {
        address = 0;
        return text.Length == 8 && uint.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture, out address);
    }

    /// <summary>The .NET address.</summary>
    public static IPAddress ToIPAddress(uint address)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, address);
        return new IPAddress(octets);
    }

    /// <summary>The number of a .NET address; 0 for one that is not IPv4.</summary>
    public static uint FromIPAddress(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) : 0;
    }

    /// <summary>True for an address that one host can have: not 0/8, loopback, multicast, reserved or broadcast.</summary>
    public static bool IsGlobalUnicast(uint address) => (address >> 24) is not (0 or 127) && address < 0xE0000000;
}
