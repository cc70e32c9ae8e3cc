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

/// <summary>What is wrong with a packet at the port of requests: what its sender is told.</summary>
/// <param name="Code">The error's code.</param>
/// <param name="Text">The error's text: short, since who is told may not be who asked.</param>
public sealed record TftpFault(TftpError Code, string Text)
{
    /// <summary>A packet of a transfer, where no transfer is.</summary>
    public static TftpFault Stray { get; } = new(TftpError.UnknownTransfer, "no such transfer");

    /// <summary>No operation that there is.</summary>
    public static TftpFault Operation { get; } = new(TftpError.IllegalOperation, "unknown operation");

    /// <summary>A request that cannot be understood.</summary>
    public static TftpFault Malformed(string text) => new(TftpError.IllegalOperation, text);
}

/// <summary>A read or write request with its options, names in lower case.</summary>
public sealed record TftpRequest(TftpOpcode Opcode, string File, string Mode, IReadOnlyDictionary<string, string> Options)
{
    private const int LongestField = 512;

    /// <summary>Options that are looked at; what follows them is left out, as the RFC has it for options that are not known.</summary>
    private const int MostOptions = 16;

    /// <summary>Reads a request; null when the octets are none.</summary>
    /// <param name="data">A packet that came to the port of requests.</param>
    /// <param name="fault">What its sender is told; null for a request, and for what is not answered: an ERROR (RFC 1350 section 7), and
    /// what is too short to be anything.</param>
    public static TftpRequest? Read(ReadOnlySpan<byte> data, out TftpFault? fault)
    {
        fault = null;
        if (TftpPacket.IsNeverAnswered(data)) return null;
        var opcode = (TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(data);
        fault = opcode switch
        {
            TftpOpcode.Read or TftpOpcode.Write => null,
            TftpOpcode.Data or TftpOpcode.Ack or TftpOpcode.OptionAck => TftpFault.Stray,
            _ => TftpFault.Operation,
        };
        return opcode is TftpOpcode.Read or TftpOpcode.Write ? Read(opcode, data[2..], out fault) : null;
    }

    private static TftpRequest? Read(TftpOpcode opcode, ReadOnlySpan<byte> rest, out TftpFault? fault)
    {
        fault = rest.Length == 0 || rest[0] == 0 ? TftpFault.Malformed("no file name")
            : rest[^1] != 0 ? TftpFault.Malformed("not ended by NUL") : null;
        if (fault is not null) return null;
        var file = Next(ref rest, ref fault);
        if (rest.Length == 0 || rest[0] == 0) fault ??= TftpFault.Malformed("no mode");
        if (fault is not null) return null;
        var mode = Next(ref rest, ref fault).ToLowerInvariant();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        // Some clients fill the packet up: NULs alone are no options.
        for (var i = 0; i < MostOptions && fault is null && rest.ContainsAnyExcept((byte)0); i++)
        {
            var name = Next(ref rest, ref fault).ToLowerInvariant();
            if (name.Length == 0) fault ??= TftpFault.Malformed("an option without a name");
            else if (rest.Length == 0) fault ??= TftpFault.Malformed("an option without its value");
            else options.TryAdd(name, Next(ref rest, ref fault));
        }

        return fault is null ? new TftpRequest(opcode, file, mode, options) : null;
    }

    /// <summary>The next field, up to its NUL, which is there: the last octet is one.</summary>
    private static string Next(ref ReadOnlySpan<byte> rest, ref TftpFault? fault)
    {
        var end = rest.IndexOf((byte)0);
        var field = rest[..end];
        rest = rest[(end + 1)..];
        if (end <= LongestField) return Encoding.UTF8.GetString(field);
        fault ??= TftpFault.Malformed("a field is too long");
        return "";
    }
}

/// <summary>Makes TFTP packets.</summary>
public static class TftpPacket
{
    /// <summary>Octets before a block's data: the operation, and the block's number.</summary>
    public const int HeaderLength = 4;

    /// <summary>
    /// True for what came from nowhere and is answered by nothing: an ERROR, whoever sends it (RFC 1350 section 7: it is not acknowledged,
    /// and two that answer each other's never end), and what is too short to say what it is.
    /// </summary>
    public static bool IsNeverAnswered(ReadOnlySpan<byte> packet)
        => packet.Length < 2 || (TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(packet) == TftpOpcode.Error;

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
