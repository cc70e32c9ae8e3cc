using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Anvil.Provisioning.Network;

/// <summary>
/// Turns the text of a configured option into its octets, by code (DRP's table, and IANA's for what that has as octets alone). Options
/// 119 and 121 take domains (`a.example, b.example`) and routes (`10.1.0.0/16 10.0.0.1, …`), 138, 150 and others addresses or octets, 211
/// and others a number or its octets; any other code takes `1,2,3`, and every code `hex:0a0b` or `string:text`.
/// </summary>
public static class OptionText
{
    private enum Shape
    {
        Bytes,
        Address,
        Addresses,
        Text,
        AddressPairs,
        AddressesOrBytes,
        Int32,
        UInt32,
        UInt32OrBytes,
        UInt16,
        UInt16s,
        UInt8,
        Truth,
        Domains,
        Routes,
        MessageType,
    }

    /// <summary>The message types' short names, from 1 on.</summary>
    private static readonly string[] MessageTypes = ["dis", "ofr", "req", "dec", "ack", "nak", "rel", "inf"];

    private const byte MessageTypeCode = 53;
    private const byte Plateaus = 25;
    private const byte Directories = 78;
    private const byte NameServices = 117;
    private const byte SubnetSelection = 118;
    private const byte DomainSearch = 119;
    private const byte ClasslessRoutes = 121;

    /// <summary>TFTP servers' addresses (RFC 5859); some boot programs have had a text there.</summary>
    private const byte TftpServers = 150;

    /// <summary>The least MTU that there is (RFC 791).</summary>
    private const ushort LeastMtu = 68;
    private const string HexPrefix = "hex:";
    private const string StringPrefix = "string:";

    /// <summary>The octets of an option.</summary>
    /// <exception cref="FormatException">The text does not fit the code.</exception>
    public static byte[] Encode(byte code, string text)
    {
        if (text.StartsWith(HexPrefix, StringComparison.Ordinal)) return Hex(text[HexPrefix.Length..]);
        if (text.StartsWith(StringPrefix, StringComparison.Ordinal)) return Encoding.UTF8.GetBytes(text[StringPrefix.Length..]);
        return ShapeOf(code) switch
        {
            Shape.Address => Address(text),
            Shape.Addresses or Shape.AddressPairs => [.. Parts(text).SelectMany(Address)],
            Shape.AddressesOrBytes when text.Contains('.', StringComparison.Ordinal) => [.. Parts(text).SelectMany(Address)],
            Shape.Int32 when text.Trim().StartsWith('-') => UInt32(unchecked((uint)Negative(text))),
            Shape.Int32 => UInt32(Number(text, uint.MaxValue)),
            Shape.Text => Encoding.UTF8.GetBytes(text),
            Shape.UInt32 => UInt32(Number(text, uint.MaxValue)),
            Shape.UInt32OrBytes when !text.Contains(',', StringComparison.Ordinal) => UInt32(Number(text, uint.MaxValue)),
            Shape.UInt16s => [.. Parts(text).SelectMany(part => UInt16(Number(part, ushort.MaxValue)))],
            Shape.UInt16 => UInt16(Number(text, ushort.MaxValue)),
            Shape.UInt8 or Shape.Truth => [(byte)Number(text, byte.MaxValue)],
            Shape.MessageType when text.Any(char.IsAsciiLetter) => [MessageType(text)],
            Shape.Domains when text.Any(char.IsAsciiLetter) => [.. Parts(text).SelectMany(Domain)],
            Shape.Routes when text.Contains('/', StringComparison.Ordinal) => [.. Parts(text).SelectMany(Route)],
            _ => [.. Parts(text).Select(part => (byte)Number(part, byte.MaxValue))],
        };
    }

    /// <summary>
    /// Why a client could not read a value: its octets are no address, number, truth or route where the code has such (RFC 2132, 3442).
    /// Null when it could.
    /// </summary>
    /// <param name="code">The option.</param>
    /// <param name="text">As it is configured.</param>
    /// <param name="octets">What it comes to.</param>
    public static string? Problem(byte code, string text, byte[] octets)
    {
        var shape = ShapeOf(code);
        if (text.StartsWith(StringPrefix, StringComparison.Ordinal) && shape is not (Shape.Text or Shape.Bytes) && code != TftpServers)
            return "a text is none of its values";
        return shape switch
        {
            Shape.Address when octets.Length != 4 => "it is one address: 4 octets",
            Shape.Addresses when octets.Length == 0 || octets.Length % 4 != 0 => "it is addresses: 4 octets each",
            Shape.AddressPairs when octets.Length == 0 || octets.Length % 8 != 0 => "it is pairs of addresses: 8 octets each",
            Shape.AddressesOrBytes when code == SubnetSelection && octets.Length != 4 => "it is one address: 4 octets",
            Shape.AddressesOrBytes when code != TftpServers && (octets.Length == 0 || octets.Length % 4 != 0) =>
                "it is addresses: 4 octets each",
            Shape.UInt32 or Shape.UInt32OrBytes or Shape.Int32 when octets.Length != 4 => "it is a number of 4 octets",
            Shape.UInt16s when !ArePlateaus(octets) => $"it is numbers of 2 octets each, of at least {LeastMtu}",
            Shape.UInt16 when octets.Length == 0 || octets.Length % 2 != 0 => "it is a number of 2 octets",
            Shape.UInt8 when octets.Length != 1 => "it is a number of 1 octet",
            Shape.Truth when octets is not [0 or 1] => "it is 0 or 1",
            Shape.Routes when !AreRoutes(octets) => "it is no routes: a prefix length, its octets, and a router, for each",
            Shape.Bytes when WidthOf(code) is { } width && octets.Length != width => $"it has {width} octets",
            Shape.Bytes when code == NameServices && (octets.Length == 0 || octets.Length % 2 != 0) => "it is numbers of 2 octets each",
            Shape.Bytes when code == Directories && (octets.Length < 5 || octets.Length % 4 != 1) =>
                "it is 0 or 1, and addresses: 4 octets each",
            _ => null,
        };
    }

    private static bool ArePlateaus(byte[] octets)
        => octets.Length > 0 && octets.Length % 2 == 0 && octets.Chunk(2).All(c => BinaryPrimitives.ReadUInt16BigEndian(c) >= LeastMtu);

    private static bool AreRoutes(byte[] octets)
    {
        var at = 0;
        while (at < octets.Length)
        {
            if (octets[at] > 32) return false;
            at += 1 + ((octets[at] + 7) / 8) + 4;
        }

        return octets.Length > 0 && at == octets.Length;
    }

    /// <summary>An option's octets as the text that a template reads.</summary>
    public static string Decode(byte code, byte[] value) => ShapeOf(code) switch
    {
        Shape.Address or Shape.Addresses or Shape.AddressPairs when value.Length > 0 && value.Length % 4 == 0 =>
            string.Join(',', value.Chunk(4).Select(c => IPv4.Format(BinaryPrimitives.ReadUInt32BigEndian(c)))),
        Shape.Text => Encoding.UTF8.GetString(value).TrimEnd('\0'),
        Shape.Int32 when value.Length == 4 => BinaryPrimitives.ReadInt32BigEndian(value).ToString(CultureInfo.InvariantCulture),
        Shape.UInt32 or Shape.UInt32OrBytes when value.Length == 4 =>
            BinaryPrimitives.ReadUInt32BigEndian(value).ToString(CultureInfo.InvariantCulture),
        Shape.UInt16s when value.Length > 0 && value.Length % 2 == 0 =>
            string.Join(',', value.Chunk(2).Select(c => BinaryPrimitives.ReadUInt16BigEndian(c))),
        Shape.UInt16 when value.Length == 2 => BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture),
        Shape.MessageType when value is [var type] && type >= 1 && type <= MessageTypes.Length => MessageTypes[type - 1],
        Shape.UInt8 or Shape.Truth when value.Length == 1 => value[0].ToString(CultureInfo.InvariantCulture),
        _ => string.Join(',', value),
    };

    /// <summary>Octets of an address.</summary>
    public static byte[] Address(uint address) => UInt32(address);

    /// <summary>Big-endian octets.</summary>
    public static byte[] UInt32(uint value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, value);
        return octets;
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static byte[] Hex(string text)
    {
        try
        {
            return Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        }
        catch (FormatException e)
        {
            throw new FormatException($"\"{text}\" is not hexadecimal", e);
        }
    }

    /// <summary>
    /// A domain as DNS has it (RFC 1035 section 3.1): each label behind its length; RFC 3397's compression is not needed.
    /// </summary>
    private static byte[] Domain(string text)
    {
        var octets = new List<byte>();
        foreach (var label in text.TrimEnd('.').Split('.'))
        {
            if (label.Length is 0 or > 63 || !label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                throw new FormatException($"\"{text}\" is not a domain name");
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. octets, 0];
    }

    /// <summary>A route as RFC 3442 has it: prefix length, the network's significant octets, router.</summary>
    private static byte[] Route(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2 || !Cidr.TryParse(parts[0], out var network))
            throw new FormatException($"\"{text}\" is not a route such as 10.1.0.0/16 10.0.0.1");
        return [(byte)network.PrefixLength, .. UInt32(network.Network).Take((network.PrefixLength + 7) / 8), .. Address(parts[1])];
    }

    private static byte MessageType(string text)
        => Array.IndexOf(MessageTypes, text.Trim()) is >= 0 and var index
            ? (byte)(index + 1) : throw new FormatException($"\"{text}\" is no message type; there are {string.Join(", ", MessageTypes)}");

    private static byte[] UInt16(uint value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Address(string text) => UInt32(IPv4.Parse(text.Trim()));

    private static uint Number(string text, uint most)
        => uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n <= most
            ? n : throw new FormatException($"\"{text}\" is not a number up to {most}");

    private static int Negative(string text)
        => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            ? n : throw new FormatException($"\"{text}\" is not a number from {int.MinValue}");

    private static Shape ShapeOf(byte code) => code switch
    {
        1 or 16 or 28 or 32 or 50 or 54 => Shape.Address,
        21 or 33 => Shape.AddressPairs,
        // NDS (RFC 2241), BCMCS (4280), associated addresses (4388), NetInfo (3679), subnet selection (3011), PANA (5192), CAPWAP (5417),
        // mobility services (5678), ANDSF (6153), DOTS (8973).
        85 or 89 or 92 or 112 or SubnetSelection or 136 or 138 or 139 or 142 or 148 or TftpServers => Shape.AddressesOrBytes,
        (>= 3 and <= 11) or 41 or 42 or 44 or 45 or 48 or 49 or 65 or (>= 68 and <= 76) => Shape.Addresses,
        12 or 14 or 15 or 17 or 18 or 40 or 47 or 56 or 60 or 64 or 66 or 67 or 77 or 100 or 101 or 114 or 209 or 210 => Shape.Text,
        2 => Shape.Int32,
        24 or 35 or 38 or 51 or 58 or 59 => Shape.UInt32,
        // Times of leases (RFC 4388, 6926), IPv6-only preferred (8925), pxelinux' reboot time (5071).
        91 or 108 or (>= 152 and <= 155) or 211 => Shape.UInt32OrBytes,
        Plateaus => Shape.UInt16s,
        13 or 22 or 26 or 57 or 93 => Shape.UInt16,
        MessageTypeCode => Shape.MessageType,
        DomainSearch => Shape.Domains,
        ClasslessRoutes or 249 => Shape.Routes,
        // Auto-configuration (RFC 2563).
        19 or 20 or 27 or 29 or 30 or 31 or 34 or 36 or 39 or 116 => Shape.Truth,
        // State and source of a lease (RFC 6926).
        23 or 37 or 46 or 52 or 156 or 157 => Shape.UInt8,
        _ => Shape.Bytes,
    };

    /// <summary>Octets of what has a form of its own; null where that is open.</summary>
    private static int? WidthOf(byte code) => code switch
    {
        // The client's interface (RFC 4578): its type and version.
        94 => 3,
        // The client's UUID behind its type (RFC 4578).
        97 => 17,
        // An IPv6 address (RFC 8539), a place (6225).
        109 or 144 => 16,
        // Ports (RFC 7618), pxelinux' magic number (5071).
        159 or 208 => 4,
        _ => null,
    };
}
