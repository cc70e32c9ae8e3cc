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

    /// <summary>
    /// Longest message that is read, in octets. Clients send 300 to 600, and none more than one packet of Ethernet carries (1,500) without
    /// being told that it may; relays add an option of a few hundred. Twice that, and some, leaves room for what nobody thought of; a
    /// datagram may have sixteen times as much, all of it options that have to be looked at.
    /// </summary>
    public const int Longest = 4096;

    /// <summary>Shortest message that old relays and clients take (BOOTP's 300 octets).</summary>
    public const int ShortestLength = 300;

    /// <summary>Most characters of the server name field, which ends with a zero.</summary>
    public const int LongestServerName = NameLength - 1;

    /// <summary>Most characters of the file field, which ends with a zero.</summary>
    public const int LongestFile = FileLength - 1;

    private const int FileLength = 128;
    private const int NameLength = 64;

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

    /// <summary>
    /// Hardware address, 1 to 16 octets; none where a link's addresses are longer and its clients have an identifier instead (RFC 4390
    /// section 2.1).
    /// </summary>
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

    /// <summary>
    /// What the client is known by, in its written form: its MAC address, or what <see cref="ClientIdentity"/> makes of its identifier
    /// where it has none.
    /// </summary>
    public string Mac => _mac ??= Written(HardwareAddress.Count > 0 ? HardwareAddress
        : ClientIdentity.Of(HardwareType, Option(DhcpOption.ClientId) ?? []));

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

        if (data.Length > Longest)
        {
            problem = DhcpFault.TooLong;
            return null;
        }

        if (!data.Slice(236, 4).SequenceEqual(Cookie))
        {
            problem = DhcpFault.NoCookie;
            return null;
        }

        var hardwareLength = data[2];
        if (hardwareLength > 16)
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

        const int Ethernet = 1;
        if (hardwareLength == 0 && (data[1] == Ethernet || !ClientIdentity.Holds(read.LengthOf(DhcpOption.ClientId))))
        {
            problem = DhcpFault.HardwareAddress;
            return null;
        }

        // As the options' own field has it: what an overloaded field says of overloading is nothing (RFC 2132 section 9.3).
        var overload = read.OctetOf(DhcpOption.Overload);
        var file = data.Slice(108, FileLength);
        var serverName = data.Slice(44, NameLength);
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
    public byte[] ToBytes() => ToBytes(ushort.MaxValue, out _);

    /// <inheritdoc cref="ToBytes(int, out IReadOnlyList{byte})"/>
    public byte[] ToBytes(int longest) => ToBytes(longest, out _);

    /// <summary>
    /// Writes the message, padded to the shortest length that everybody takes. Options over 255 octets are split (RFC 3396). Where they
    /// find no room, those of more worth (<see cref="DhcpOption.Worth"/>) stay in their field, others go into the unused file and server
    /// name fields (option 52, RFC 2132 section 9.3), and what finds none there either is left out, each option as a whole. The
    /// relay's option always stays in its place, as the last one (RFC 3046 section 2.1).
    /// </summary>
    /// <param name="longest">Most octets that the client takes, at least 548 (RFC 2131 section 2).</param>
    /// <param name="leftOut">Codes of the options that were left out.</param>
    public byte[] ToBytes(int longest, out IReadOnlyList<byte> leftOut)
    {
        leftOut = [];
        var whole = FixedLength + 1;
        var isPlain = true;
        foreach (var (_, value) in Options)
        {
            whole += 2 + value.Length;
            isPlain &= value.Length <= 255;
        }

        return isPlain && whole <= longest ? Plain(whole) : Fitted(longest, out leftOut);
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

    private byte[] Fitted(int longest, out IReadOnlyList<byte> leftOut)
    {
        var main = new OptionField(longest - FixedLength);
        var relay = new OptionField(ushort.MaxValue);
        foreach (var option in Options.Where(o => o.Key == DhcpOption.RelayAgentInformation)) relay.TryAdd(option);
        main.Reserve(relay.Length);
        var others = Options.Where(o => o.Key != DhcpOption.RelayAgentInformation).OrderBy(o => DhcpOption.Worth(o.Key)).ToList();
        OptionField? file = null, name = null;
        var left = new List<byte>();
        if (others.Sum(OptionField.SizeOf) > main.Room)
        {
            const int OverloadSize = 3;
            main.Reserve(OverloadSize);
            file = File.Length == 0 ? new OptionField(FileLength) : null;
            // Where it only repeats the next server's address or option 66, the field is worth less than an option.
            name = ServerName.Length == 0 || ServerName == AddressText(ServerAddress)
                || ServerName == OptionText(DhcpOption.TftpServerName) ? new OptionField(NameLength) : null;
            foreach (var option in others)
            {
                var isIn = main.TryAdd(option) || file?.TryAdd(option) == true || name?.TryAdd(option) == true;
                if (!isIn && DhcpOption.Worth(option.Key) == 0) main.Add(option);
                else if (!isIn) left.Add(option.Key);
            }

            var overload = (file is { Length: > 0 } ? 1 : 0) + (name is { Length: > 0 } ? 2 : 0);
            if (overload > 0) main.Add(KeyValuePair.Create<byte, byte[]>(DhcpOption.Overload, [(byte)overload]));
        }
        else
        {
            others.ForEach(main.Add);
        }

        leftOut = left;
        var data = new byte[Math.Max(ShortestLength, FixedLength + main.Length + relay.Length + 1)];
        WriteHeader(data);
        if (file is { Length: > 0 }) file.WriteTo(data.AsSpan(108, FileLength));
        if (name is { Length: > 0 })
        {
            data.AsSpan(44, NameLength).Clear();
            name.WriteTo(data.AsSpan(44, NameLength));
        }

        var at = FixedLength + main.WriteTo(data.AsSpan(FixedLength));
        relay.WriteTo(data.AsSpan(at));
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
        Put(ServerName, data.Slice(44, LongestServerName));
        Put(File, data.Slice(108, LongestFile));
        Cookie.CopyTo(data[236..]);
    }

    internal static int WriteOption(byte code, ReadOnlySpan<byte> value, Span<byte> to)
    {
        (to[0], to[1]) = (code, (byte)value.Length);
        value.CopyTo(to[2..]);
        return 2 + value.Length;
    }

    private static string AddressText(uint address) => $"{address >> 24}.{(byte)(address >> 16)}.{(byte)(address >> 8)}.{(byte)address}";

    private static string Written(IReadOnlyList<byte> octets) => string.Create(Math.Max(0, (octets.Count * 3) - 1), octets,
        static (text, octets) =>
        {
            const string Digits = "0123456789abcdef";
            text.Fill(':');
            for (var i = 0; i < octets.Count; i++) (text[3 * i], text[(3 * i) + 1]) = (Digits[octets[i] >> 4], Digits[octets[i] & 15]);
        });

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
