using System.Buffers.Binary;

namespace Anvil.Protocols.Dhcp;

/// <summary>ARP packets of Ethernet and IPv4 (RFC 826), as probes use them (RFC 5227 section 2.1.1).</summary>
public static class ArpProbe
{
    /// <summary>Length of such a packet.</summary>
    public const int Length = 28;

    private static ReadOnlySpan<byte> EthernetIPv4 => [0, 1, 8, 0, 6, 4];

    /// <summary>A probe: who has this address? Its own sender address is 0, so that nobody's cache changes.</summary>
    public static byte[] Make(ReadOnlySpan<byte> sender, uint address)
    {
        var packet = new byte[Length];
        EthernetIPv4.CopyTo(packet);
        packet[7] = 1;
        sender.CopyTo(packet.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), address);
        return packet;
    }

    /// <summary>Who says in a packet that it has which address; false when the packet is none that says so.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out uint address, out byte[] sender)
    {
        (address, sender) = (0, []);
        if (packet.Length < Length || !packet[..6].SequenceEqual(EthernetIPv4) || packet[6] != 0 || packet[7] is not (1 or 2))
            return false;
        address = BinaryPrimitives.ReadUInt32BigEndian(packet[14..]);
        sender = packet.Slice(8, 6).ToArray();
        return address != 0;
    }
}
