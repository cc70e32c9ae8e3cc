using System.Buffers.Binary;
using System.Text;

namespace Anvil.Protocols.Dhcp;

/// <summary>
/// A DHCPv4 message (RFC 2131 section 2). Addresses are host-order numbers; options keep their order, split ones are joined (RFC 3396).
/// </summary>
public sealed class DhcpMessage
{
    /// <summary>Length of the fixed part with the magic cookie, in octets.</summary>
    public const int FixedLength = 240;

    /// <summary>Shortest message that old relays and clients take (BOOTP's 300 octets).</summary>
    public const int ShortestLength = 300;

    private string? _mac;

    private static ReadOnlySpan<byte> Cookie => [99, 130, 83, 99];

    /// <summary>1 request, 2 reply.</summary>
    public byte Op { get; init; }

    /// <summary>Hardware type; 1 is Ethernet.</summary>
    public byte HardwareType { get; init; } = 1;

    /// <summary>Hops over relays.</summary>
    public byte Hops { get; init; }

    /// <summary>Transaction id.</summary>
    public uint TransactionId { get; init; }

    /// <summary>Seconds since the client began.</summary>
    public ushort Seconds { get; init; }

    /// <summary>Bit 15: the client needs broadcast replies.</summary>
    public ushort Flags { get; init; }

    /// <summary>Address that the client has.</summary>
    public uint ClientAddress { get; init; }

    /// <summary>Address that the client is given.</summary>
    public uint YourAddress { get; init; }

    /// <summary>Next server.</summary>
    public uint ServerAddress { get; init; }

    /// <summary>Relay's address.</summary>
    public uint RelayAddress { get; init; }

    /// <summary>Hardware address, 1 to 16 octets.</summary>
    public IReadOnlyList<byte> HardwareAddress { get; init; } = [];

    /// <summary>Server name field.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>Boot file field.</summary>
    public string File { get; init; } = "";

    /// <summary>Options, without padding and end.</summary>
    public IReadOnlyList<KeyValuePair<byte, byte[]>> Options { get; init; } = [];

    /// <summary>True when the client asks for broadcast replies.</summary>
    public bool WantsBroadcast => (Flags & 0x8000) != 0;

    /// <summary>Option 53.</summary>
    public DhcpMessageType Type
        => Option(DhcpOption.MessageType) is [var type] && type is >= 1 and <= 8 ? (DhcpMessageType)type : DhcpMessageType.None;

    /// <summary>The client's MAC address, in its written form.</summary>
    public string Mac => _mac ??= string.Create(Math.Max(0, (HardwareAddress.Count * 3) - 1), HardwareAddress, static (text, octets) =>
    {
        const string Digits = "0123456789abcdef";
        text.Fill(':');
        for (var i = 0; i < octets.Count; i++) (text[3 * i], text[(3 * i) + 1]) = (Digits[octets[i] >> 4], Digits[octets[i] & 15]);
    });

    /// <summary>An option's octets; null when it is absent.</summary>
    public byte[]? Option(byte code)
    {
        foreach (var (own, value) in Options)
        {
            if (own == code) return value;
        }

        return null;
    }

    /// <summary>An option as text without trailing zeros; null when it is absent.</summary>
    public string? OptionText(byte code) => Option(code) is { } value ? Encoding.Latin1.GetString(value).TrimEnd('\0') : null;

    /// <summary>An option as an address; 0 when it is absent or has another length.</summary>
    public uint OptionAddress(byte code) => Option(code) is { Length: 4 } value ? BinaryPrimitives.ReadUInt32BigEndian(value) : 0;

    /// <summary>Reads a message; null with a reason when the octets are none.</summary>
    public static DhcpMessage? TryParse(ReadOnlySpan<byte> data, out DhcpFault problem)
    {
        problem = DhcpFault.None;
        if (data.Length < FixedLength)
        {
            problem = DhcpFault.TooShort;
            return null;
        }

        if (!data.Slice(236, 4).SequenceEqual(Cookie))
        {
            problem = DhcpFault.NoCookie;
            return null;
        }

        var hardwareLength = data[2];
        if (hardwareLength is 0 or > 16)
        {
            problem = DhcpFault.HardwareAddress;
            return null;
        }

        Span<int> lengths = stackalloc int[256];
        Span<byte> order = stackalloc byte[256];
        lengths.Clear();
        var read = new DhcpOptionReader(lengths, order);
        if (!read.TryRead(data[FixedLength..]))
        {
            problem = DhcpFault.Options;
            return null;
        }

        // As the options' own field has it: what an overloaded field says of overloading is nothing (RFC 2132 section 9.3).
        var overload = read.OctetOf(DhcpOption.Overload);
        var file = data.Slice(108, 128);
        var serverName = data.Slice(44, 64);
        if (((overload & 1) != 0 && !read.TryRead(file)) || ((overload & 2) != 0 && !read.TryRead(serverName)))
        {
            problem = DhcpFault.Options;
            return null;
        }

        return new DhcpMessage
        {
            Op = data[0],
            HardwareType = data[1],
            Hops = data[3],
            TransactionId = BinaryPrimitives.ReadUInt32BigEndian(data[4..]),
            Seconds = BinaryPrimitives.ReadUInt16BigEndian(data[8..]),
            Flags = BinaryPrimitives.ReadUInt16BigEndian(data[10..]),
            ClientAddress = BinaryPrimitives.ReadUInt32BigEndian(data[12..]),
            YourAddress = BinaryPrimitives.ReadUInt32BigEndian(data[16..]),
            ServerAddress = BinaryPrimitives.ReadUInt32BigEndian(data[20..]),
            RelayAddress = BinaryPrimitives.ReadUInt32BigEndian(data[24..]),
            HardwareAddress = data.Slice(28, hardwareLength).ToArray(),
            ServerName = (overload & 2) == 0 ? Text(serverName) : "",
            File = (overload & 1) == 0 ? Text(file) : "",
            Options = read.All(),
        };
    }

    /// <summary>The message's octets, whatever their number.</summary>
    public byte[] ToBytes() => ToBytes(ushort.MaxValue);

    /// <summary>
    /// Writes the message, padded to the shortest length that everybody takes. Options over 255 octets are split (RFC 3396). Those
    /// that find no room go into the unused file and server name fields (option 52, RFC 2132 section 9.3), and into no field after that;
    /// the relay's option always stays in its place (RFC 3046 section 2.1).
    /// </summary>
    /// <param name="longest">Most octets that the client takes, at least 548 (RFC 2131 section 2).</param>
    public byte[] ToBytes(int longest)
    {
        var whole = FixedLength + 1;
        var isPlain = true;
        foreach (var (_, value) in Options)
        {
            whole += 2 + value.Length;
            isPlain &= value.Length <= 255;
        }

        return isPlain && whole <= longest ? Plain(whole) : Fitted(longest);
    }

    /// <summary>Every option in one part, and all of them in their own field; the relay's is the last.</summary>
    private byte[] Plain(int length)
    {
        var data = new byte[Math.Max(ShortestLength, length)];
        WriteHeader(data);
        var at = FixedLength;
        foreach (var isRelay in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var (code, value) in Options)
            {
                if (code == DhcpOption.RelayAgentInformation == isRelay) at += WriteOption(code, value, data.AsSpan(at));
            }
        }

        data[at] = DhcpOption.End;
        return data;
    }

    private byte[] Fitted(int longest)
    {
        var parts = Options.SelectMany(Split).ToList();
        var relay = parts.Where(p => p.Code == DhcpOption.RelayAgentInformation).ToList();
        var others = parts.Where(p => p.Code != DhcpOption.RelayAgentInformation).ToList();
        var room = longest - FixedLength - 1 - relay.Sum(Size);
        var main = others;
        List<(byte Code, byte[] Value)> inFile = [], inName = [];
        if (others.Sum(Size) > room)
        {
            const int OverloadSize = 3;
            (main, others) = Fit(others, room - OverloadSize);
            (inFile, others) = File.Length == 0 ? Fit(others, 127) : ([], others);
            (inName, _) = ServerName.Length == 0 ? Fit(others, 63) : ([], others);
            var overload = (inFile.Count > 0 ? 1 : 0) + (inName.Count > 0 ? 2 : 0);
            if (overload > 0) main.Add((DhcpOption.Overload, [(byte)overload]));
        }

        main = [.. main, .. relay];
        var data = new byte[Math.Max(ShortestLength, FixedLength + main.Sum(Size) + 1)];
        WriteHeader(data);
        if (inFile.Count > 0) WriteOptions(inFile, data.AsSpan(108, 128));
        if (inName.Count > 0) WriteOptions(inName, data.AsSpan(44, 64));
        WriteOptions(main, data.AsSpan(FixedLength));
        return data;
    }

    private void WriteHeader(Span<byte> data)
    {
        data[0] = Op;
        data[1] = HardwareType;
        data[2] = (byte)HardwareAddress.Count;
        data[3] = Hops;
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], TransactionId);
        BinaryPrimitives.WriteUInt16BigEndian(data[8..], Seconds);
        BinaryPrimitives.WriteUInt16BigEndian(data[10..], Flags);
        BinaryPrimitives.WriteUInt32BigEndian(data[12..], ClientAddress);
        BinaryPrimitives.WriteUInt32BigEndian(data[16..], YourAddress);
        BinaryPrimitives.WriteUInt32BigEndian(data[20..], ServerAddress);
        BinaryPrimitives.WriteUInt32BigEndian(data[24..], RelayAddress);
        for (var i = 0; i < HardwareAddress.Count; i++) data[28 + i] = HardwareAddress[i];
        Put(ServerName, data.Slice(44, 63));
        Put(File, data.Slice(108, 127));
        Cookie.CopyTo(data[236..]);
    }

    private static int Size((byte Code, byte[] Value) part) => 2 + part.Value.Length;

    private static IEnumerable<(byte Code, byte[] Value)> Split(KeyValuePair<byte, byte[]> option)
        => option.Value.Length <= 255 ? [(option.Key, option.Value)] : option.Value.Chunk(255).Select(part => (option.Key, part));

    private static (List<(byte Code, byte[] Value)> In, List<(byte Code, byte[] Value)> Left) Fit(List<(byte Code, byte[] Value)> parts,
        int room)
    {
        List<(byte Code, byte[] Value)> taken = [], left = [];
        foreach (var part in parts)
        {
            // Parts of one option keep their order: once one did not fit, none after it does.
            if (Size(part) <= room && !left.Exists(l => l.Code == part.Code))
            {
                taken.Add(part);
                room -= Size(part);
            }
            else
            {
                left.Add(part);
            }
        }

        return (taken, left);
    }

    private static void WriteOptions(List<(byte Code, byte[] Value)> parts, Span<byte> field)
    {
        var at = 0;
        foreach (var (code, value) in parts) at += WriteOption(code, value, field[at..]);
        field[at] = DhcpOption.End;
    }

    private static int WriteOption(byte code, byte[] value, Span<byte> to)
    {
        (to[0], to[1]) = (code, (byte)value.Length);
        value.CopyTo(to[2..]);
        return 2 + value.Length;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private static void Put(string text, Span<byte> field)
    {
        if (text.Length <= field.Length) Encoding.Latin1.GetBytes(text, field);
    }
}
