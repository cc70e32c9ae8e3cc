using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Anvil.Provisioning.Network;

/// <summary>
/// Turns the text of a configured option into its octets, by code (DRP's table). Options 119 and 121 take domains
/// (`a.example, b.example`) and routes (`10.1.0.0/16 10.0.0.1, …`); any other code takes `1,2,3`, and every code `hex:0a0b` or
/// `string:text`.
/// </summary>
public static class OptionText
{
    private enum Shape
    {
        Bytes,
        Address,
        Addresses,
        Text,
        UInt32,
        UInt16,
        UInt8,
        Domains,
        Routes,
        MessageType,
    }

    /// <summary>The message types' short names, from 1 on.</summary>
    private static readonly string[] MessageTypes = ["dis", "ofr", "req", "dec", "ack", "nak", "rel", "inf"];

    private const byte MessageTypeCode = 53;
    private const byte DomainSearch = 119;
    private const byte ClasslessRoutes = 121;
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
            Shape.Addresses => [.. Parts(text).SelectMany(Address)],
            Shape.Text => Encoding.UTF8.GetBytes(text),
            Shape.UInt32 => UInt32(Number(text, uint.MaxValue)),
            Shape.UInt16 => UInt16(Number(text, ushort.MaxValue)),
            Shape.UInt8 => [(byte)Number(text, byte.MaxValue)],
            Shape.MessageType when text.Any(char.IsAsciiLetter) => [MessageType(text)],
            Shape.Domains when text.Any(char.IsAsciiLetter) => [.. Parts(text).SelectMany(Domain)],
            Shape.Routes when text.Contains('/', StringComparison.Ordinal) => [.. Parts(text).SelectMany(Route)],
            _ => [.. Parts(text).Select(part => (byte)Number(part, byte.MaxValue))],
        };
    }

    /// <summary>An option's octets as the text that a template reads.</summary>
    public static string Decode(byte code, byte[] value) => ShapeOf(code) switch
    {
        Shape.Address or Shape.Addresses when value.Length > 0 && value.Length % 4 == 0 =>
            string.Join(',', value.Chunk(4).Select(c => IPv4.Format(BinaryPrimitives.ReadUInt32BigEndian(c)))),
        Shape.Text => Encoding.UTF8.GetString(value).TrimEnd('\0'),
        Shape.UInt32 when value.Length == 4 => BinaryPrimitives.ReadUInt32BigEndian(value).ToString(CultureInfo.InvariantCulture),
        Shape.UInt16 when value.Length == 2 => BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture),
        Shape.MessageType when value is [var type] && type >= 1 && type <= MessageTypes.Length => MessageTypes[type - 1],
        Shape.UInt8 when value.Length == 1 => value[0].ToString(CultureInfo.InvariantCulture),
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

    private static Shape ShapeOf(byte code) => code switch
    {
        1 or 16 or 28 or 32 or 50 or 54 => Shape.Address,
        (>= 3 and <= 11) or 21 or 33 or 41 or 42 or 44 or 45 or 48 or 49 or 65 or (>= 68 and <= 76) => Shape.Addresses,
        12 or 14 or 15 or 17 or 18 or 40 or 47 or 56 or 60 or 64 or 66 or 67 or 77 or 100 or 101 => Shape.Text,
        2 or 24 or 35 or 38 or 51 or 58 or 59 => Shape.UInt32,
        13 or 22 or 26 or 57 or 93 => Shape.UInt16,
        MessageTypeCode => Shape.MessageType,
        DomainSearch => Shape.Domains,
        ClasslessRoutes or 249 => Shape.Routes,
        19 or 20 or 23 or 27 or 29 or 30 or 31 or 34 or 36 or 37 or 39 or 46 or 52 => Shape.UInt8,
        _ => Shape.Bytes,
    };
}
