using System.Buffers.Binary;
using System.Text;

namespace Anvil.Protocols.Tftp;

/// <summary>TFTP operation codes (RFC 1350 section 5, RFC 2347).</summary>
public enum TftpOpcode : ushort
{
    /// <summary>Read request.</summary>
    Read = 1,

    /// <summary>Write request.</summary>
    Write = 2,

    /// <summary>Data block.</summary>
    Data = 3,

    /// <summary>Acknowledgement.</summary>
    Ack = 4,

    /// <summary>Error.</summary>
    Error = 5,

    /// <summary>Option acknowledgement.</summary>
    OptionAck = 6,
}

/// <summary>TFTP error codes.</summary>
public enum TftpError : ushort
{
    /// <summary>See the message.</summary>
    Undefined = 0,

    /// <summary>File not found.</summary>
    NotFound = 1,

    /// <summary>Access violation.</summary>
    AccessViolation = 2,

    /// <summary>Illegal operation.</summary>
    IllegalOperation = 4,

    /// <summary>Unknown transfer id.</summary>
    UnknownTransfer = 5,

    /// <summary>Option refused.</summary>
    OptionRefused = 8,
}

/// <summary>A read or write request with its options, names in lower case.</summary>
public sealed record TftpRequest(TftpOpcode Opcode, string File, string Mode, IReadOnlyDictionary<string, string> Options)
{
    private const int LongestField = 512;

    /// <summary>Reads a request; null when the octets are none.</summary>
    public static TftpRequest? TryParse(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4) return null;
        var opcode = (TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(data);
        if (opcode is not (TftpOpcode.Read or TftpOpcode.Write)) return null;
        var fields = new List<string>();
        var rest = data[2..];
        while (rest.Length > 0 && fields.Count < 34)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 0 || end > LongestField) return null;
            fields.Add(Encoding.UTF8.GetString(rest[..end]));
            rest = rest[(end + 1)..];
        }

        if (fields.Count < 2 || fields[0].Length == 0) return null;
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 2; i + 1 < fields.Count; i += 2) options.TryAdd(fields[i].ToLowerInvariant(), fields[i + 1]);
        return new TftpRequest(opcode, fields[0], fields[1].ToLowerInvariant(), options);
    }
}

/// <summary>Makes TFTP packets.</summary>
public static class TftpPacket
{
    /// <summary>Octets before a block's data: the operation, and the block's number.</summary>
    public const int HeaderLength = 4;

    /// <summary>An error packet.</summary>
    public static byte[] Error(TftpError code, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var packet = new byte[5 + text.Length];
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)TftpOpcode.Error);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)code);
        text.CopyTo(packet, 4);
        return packet;
    }

    /// <summary>An option acknowledgement.</summary>
    public static byte[] OptionAck(IReadOnlyList<KeyValuePair<string, string>> options)
    {
        var packet = new List<byte> { 0, (byte)TftpOpcode.OptionAck };
        foreach (var (name, value) in options)
        {
            packet.AddRange(Encoding.ASCII.GetBytes(name));
            packet.Add(0);
            packet.AddRange(Encoding.ASCII.GetBytes(value));
            packet.Add(0);
        }

        return [.. packet];
    }
}
