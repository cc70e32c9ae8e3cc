using System.Buffers.Binary;
using System.Net;

namespace Anvil.Swarm;

/// <summary>A BOOTP/DHCP packet as a client makes and reads it; written apart from the server's codec on purpose.</summary>
public sealed class DhcpPacket
{
    /// <summary>DHCPDISCOVER.</summary>
    public const byte Discover = 1;

    /// <summary>DHCPOFFER.</summary>
    public const byte Offer = 2;

    /// <summary>DHCPREQUEST.</summary>
    public const byte Request = 3;

    /// <summary>DHCPACK.</summary>
    public const byte Ack = 5;

    /// <summary>DHCPNAK.</summary>
    public const byte Nak = 6;

    /// <summary>Transaction id.</summary>
    public uint TransactionId { get; init; }

    /// <summary>Client's hardware address, 6 octets.</summary>
    public byte[] Mac { get; init; } = new byte[6];

    /// <summary>Seconds since the client began.</summary>
    public ushort Seconds { get; init; }

    /// <summary>Asks for broadcast answers.</summary>
    public bool Broadcast { get; init; }

    /// <summary>ciaddr.</summary>
    public IPAddress ClientAddress { get; init; } = IPAddress.Any;

    /// <summary>yiaddr.</summary>
    public IPAddress YourAddress { get; init; } = IPAddress.Any;

    /// <summary>siaddr.</summary>
    public IPAddress NextServer { get; init; } = IPAddress.Any;

    /// <summary>The file field, or option 67.</summary>
    public string File { get; init; } = "";

    /// <summary>Options by code.</summary>
    public Dictionary<byte, byte[]> Options { get; init; } = [];

    /// <summary>Message type.</summary>
    public byte Type => Options.TryGetValue(53, out var type) && type.Length == 1 ? type[0] : (byte)0;

    /// <summary>Option 54.</summary>
    public IPAddress ServerId => Options.TryGetValue(54, out var id) && id.Length == 4 ? new IPAddress(id) : IPAddress.Any;

    /// <summary>Option 51 in seconds.</summary>
    public uint LeaseSeconds
        => Options.TryGetValue(51, out var seconds) && seconds.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(seconds) : 0;

    /// <summary>The packet as a client sends it.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[576];
        bytes[0] = 1;
        bytes[1] = 1;
        bytes[2] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), TransactionId);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), Seconds);
        if (Broadcast) bytes[10] = 0x80;
        ClientAddress.TryWriteBytes(bytes.AsSpan(12), out _);
        Mac.CopyTo(bytes, 28);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(236), 0x63825363);
        var at = 240;
        foreach (var (code, value) in Options)
        {
            bytes[at++] = code;
            bytes[at++] = (byte)value.Length;
            value.CopyTo(bytes, at);
            at += value.Length;
        }

        bytes[at] = 255;
        return bytes;
    }

    /// <summary>Reads a server's packet; null when it is none.</summary>
    public static DhcpPacket? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 241 || bytes[0] != 2 || BinaryPrimitives.ReadUInt32BigEndian(bytes[236..]) != 0x63825363) return null;
        var options = new Dictionary<byte, byte[]>();
        for (var at = 240; at < bytes.Length && bytes[at] != 255;)
        {
            var code = bytes[at++];
            if (code == 0) continue;
            if (at >= bytes.Length || at + 1 + bytes[at] > bytes.Length) return null;
            options[code] = bytes.Slice(at + 1, bytes[at]).ToArray();
            at += 1 + bytes[at];
        }

        var field = bytes.Slice(108, 128);
        var end = field.IndexOf((byte)0);
        var file = System.Text.Encoding.ASCII.GetString(end < 0 ? field : field[..end]);
        return new DhcpPacket
        {
            TransactionId = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            ClientAddress = new IPAddress(bytes.Slice(12, 4)),
            YourAddress = new IPAddress(bytes.Slice(16, 4)),
            NextServer = new IPAddress(bytes.Slice(20, 4)),
            Mac = bytes.Slice(28, 6).ToArray(),
            File = file.Length > 0 ? file
                : options.TryGetValue(67, out var name) ? System.Text.Encoding.ASCII.GetString(name).TrimEnd('\0') : "",
            Options = options,
        };
    }
}
