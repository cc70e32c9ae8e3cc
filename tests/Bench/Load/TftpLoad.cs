using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Anvil.Support;

namespace Anvil.Bench.Load;

/// <summary>TFTP clients (RFC 1350, 2347, 2348, 7440), each from an address of its own, on a thread of its own.</summary>
internal static class TftpLoad
{
    private const int BlockSize = 1468;
    private const int ReceiveTimeout = 1000;
    private const int MostTimeouts = 20;

    /// <summary>Every client fetches a file once, all at the same time; the time until the last has it, in seconds.</summary>
    /// <param name="host">Where they are.</param>
    /// <param name="sources">Their addresses.</param>
    /// <param name="file">Name of the file.</param>
    /// <param name="length">Its length, in octets.</param>
    /// <param name="window">Blocks for each acknowledgement; 1: the option is not sent.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<double> RunAsync(NetworkNamespace host, IReadOnlyList<IPAddress> sources, string file, long length,
        int window,
        CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(sources.Select(source => Task.Factory.StartNew(() =>
        {
            using var socket = host.Open(SocketType.Dgram, source);
            var got = Fetch(socket, file, window, cancellation);
            if (got != length) throw new SetupException($"TFTP {file}: {got} octets of {length}");
        }, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static long Fetch(Socket socket, string file, int window, CancellationToken cancellation)
    {
        socket.ReceiveTimeout = ReceiveTimeout;
        socket.ReceiveBufferSize = 1 << 20;
        var options = $"\0blksize\0{BlockSize}\0{(window > 1 ? $"windowsize\0{window}\0" : "")}";
        var last = Encoding.ASCII.GetBytes($"\0\u0001{file}\0octet{options}");
        EndPoint server = new IPEndPoint(IPAddress.Parse(Link.ServerAddress), 69);
        var buffer = new byte[BlockSize + 4];
        var ack = new byte[] { 0, 4, 0, 0 };
        socket.SendTo(last, server);
        var (expected, total, inWindow, timeouts, isConnected) = ((ushort)1, 0L, 0, 0, false);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int length;
            try
            {
                length = isConnected ? socket.Receive(buffer) : socket.ReceiveFrom(buffer, ref server);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                if (++timeouts > MostTimeouts) throw new SetupException($"TFTP {file}: no answer after {total} octets");
                if (isConnected) socket.Send(last);
                else socket.SendTo(last, server);
                inWindow = 0;
                continue;
            }

            if (!isConnected) socket.Connect(server);
            isConnected = true;
            switch (BinaryPrimitives.ReadUInt16BigEndian(buffer))
            {
                case 6:
                    Acknowledge(0);
                    break;
                case 3:
                    var block = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(2));
                    if (block != expected)
                    {
                        // Once for each gap: what follows of the window is as much out of order.
                        if (inWindow >= 0 && window > 1 && (ushort)(block - expected) < 0x8000) Acknowledge((ushort)(expected - 1));
                        inWindow = -1;
                        break;
                    }

                    timeouts = 0;
                    total += length - 4;
                    expected++;
                    inWindow = Math.Max(0, inWindow) + 1;
                    var isEnd = length - 4 < BlockSize;
                    if (inWindow >= window || isEnd)
                    {
                        Acknowledge(block);
                        inWindow = 0;
                    }

                    if (isEnd) return total;
                    break;
                default:
                    throw new SetupException($"TFTP {file}: {Encoding.ASCII.GetString(buffer, 4, Math.Max(0, length - 5))}");
            }
        }

        void Acknowledge(ushort block)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ack.AsSpan(2), block);
            last = ack;
            socket.Send(ack);
        }
    }
}
