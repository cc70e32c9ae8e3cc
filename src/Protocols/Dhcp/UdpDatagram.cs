using System.Buffers.Binary;

namespace Anvil.Protocols.Dhcp;

/// <summary>An IPv4 packet with a UDP datagram in it (RFC 791, RFC 768), for a packet socket.</summary>
public static class UdpDatagram
{
    private const int IpLength = 20;
    private const int UdpLength = 8;

    /// <summary>The packet's octets, with both checksums.</summary>
    public static byte[] Make(uint source, int sourcePort, uint destination, int destinationPort, ReadOnlySpan<byte> data)
    {
        var packet = new byte[IpLength + UdpLength + data.Length];
        var ip = packet.AsSpan();
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)packet.Length);
        ip[8] = 64;
        ip[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], destination);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip[..IpLength], 0));
        var udp = ip[IpLength..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        data.CopyTo(udp[UdpLength..]);
        // The pseudo header: addresses, protocol, length.
        var pseudo = Sum(ip.Slice(12, 8)) + 17 + (uint)udp.Length;
        var checksum = Checksum(udp, pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? ushort.MaxValue : checksum);
        return packet;
    }

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (var i = 0; i + 1 < data.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
        if (data.Length % 2 == 1) sum += (uint)data[^1] << 8;
        return sum;
    }

    private static ushort Checksum(ReadOnlySpan<byte> data, uint start)
    {
        var sum = start + Sum(data);
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
