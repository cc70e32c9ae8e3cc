using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Swarm;

/// <summary>Reads a file by TFTP as a PXE ROM does: octet, blksize 1468, one block at a time, asking again after 1, 2, 4 and 8
/// s.</summary>
public static class TftpFetch
{
    private static readonly int[] Waits = [1000, 2000, 4000, 8000];

    /// <summary>The file's length.</summary>
    /// <exception cref="IOException">The server is silent, or refuses.</exception>
    public static async Task<long> GetAsync(IPAddress own, IPAddress server, string file, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(own, 0));
        var packet = Encoding.ASCII.GetBytes($"\0\x01{file}\0octet\0blksize\01468\0tsize\00\0");
        EndPoint peer = new IPEndPoint(server, 69);
        var answer = new byte[2048];
        long length = 0;
        ushort expected = 1;
        var block = 512;
        while (true)
        {
            var (count, from) = await ExchangeAsync(socket, packet, peer, answer, file, cancellation);
            peer = from;
            var code = BinaryPrimitives.ReadUInt16BigEndian(answer);
            if (code == 5) throw new IOException($"{file}: {Encoding.ASCII.GetString(answer, 4, Math.Max(0, count - 5))}");
            if (code == 6)
            {
                block = 1468;
                packet = [0, 4, 0, 0];
                continue;
            }

            var number = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2));
            packet = [0, 4, answer[2], answer[3]];
            if (code != 3 || number != expected) continue;
            length += count - 4;
            expected++;
            if (count - 4 >= block) continue;
            await socket.SendToAsync(packet, peer, cancellation);
            return length;
        }
    }

    private static async Task<(int Count, EndPoint From)> ExchangeAsync(Socket socket, byte[] packet, EndPoint peer, byte[] answer,
        string file, CancellationToken cancellation)
    {
        foreach (var wait in Waits)
        {
            await socket.SendToAsync(packet, peer, cancellation);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(wait);
            try
            {
                var received = await socket.ReceiveFromAsync(answer, new IPEndPoint(IPAddress.Any, 0), patience.Token);
                if (received.ReceivedBytes >= 4) return (received.ReceivedBytes, received.RemoteEndPoint);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // Asks again.
            }
            catch (SocketException)
            {
                // The port is closed: as silent as silence.
                await Task.Delay(wait, cancellation);
            }
        }

        throw new IOException($"{file}: the server is silent");
    }
}
