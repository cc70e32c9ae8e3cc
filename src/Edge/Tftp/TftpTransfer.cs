using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Anvil.Edge.Tftp;

/// <summary>
/// One read transfer: sends a window of blocks and waits for the acknowledgement of its last (RFC 7440; a window of 1 is RFC 1350's lock step).
/// An acknowledgement of an older block is answered only by a timeout, never at once, so that no sorcerer's apprentice is made (RFC 1123, section 4.2.3.1).
/// Block numbers roll over from 65535 to 0.
/// </summary>
public sealed class TftpTransfer(Socket socket, EndPoint client, TftpOptions options, Stream content)
{
    private const int MostTries = 6;
    private readonly Queue<(ushort Block, byte[] Packet)> _window = new();
    private readonly byte[] _received = new byte[1500];
    private bool _ended;
    private ushort _lastRead;

    /// <summary>Runs the transfer; the octets sent when it is done.</summary>
    /// <exception cref="IOException">The client gave up, or was not heard any more.</exception>
    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        if (options.Accepted.Count > 0) await HandshakeAsync(cancellation);
        long sent = 0;
        var tries = 0;
        await FillAsync(cancellation);
        var unsent = 0;
        while (_window.Count > 0)
        {
            foreach (var (_, packet) in _window.Skip(unsent)) await socket.SendToAsync(packet, client, cancellation);
            unsent = _window.Count;
            if (await AwaitAckAsync(cancellation) is not { } block)
            {
                if (++tries >= MostTries) throw new IOException($"no acknowledgement after {tries} tries");
                unsent = 0;
                continue;
            }

            var index = _window.ToList().FindIndex(p => p.Block == block);
            if (index < 0) continue;
            tries = 0;
            for (var i = 0; i <= index; i++) sent += _window.Dequeue().Packet.Length - 4;
            // A partial acknowledgement of a window means that the block after it was lost: RFC 7440 section 4 has the rest sent again.
            unsent = 0;
            await FillAsync(cancellation);
        }

        return sent;
    }

    private async Task HandshakeAsync(CancellationToken cancellation)
    {
        var packet = TftpPacket.OptionAck(options.Accepted);
        for (var tries = 0; tries < MostTries; tries++)
        {
            await socket.SendToAsync(packet, client, cancellation);
            if (await AwaitAckAsync(cancellation) == 0) return;
        }

        throw new IOException("the option acknowledgement was not answered");
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        while (!_ended && _window.Count < options.WindowSize)
        {
            var packet = new byte[4 + options.BlockSize];
            var read = await content.ReadAtLeastAsync(packet.AsMemory(4), options.BlockSize, throwOnEndOfStream: false, cancellation);
            _ended = read < options.BlockSize;
            _lastRead++;
            BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)TftpOpcode.Data);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), _lastRead);
            _window.Enqueue((_lastRead, read == options.BlockSize ? packet : packet[..(4 + read)]));
        }
    }

    /// <summary>The next acknowledgement of this client; null when the timeout ends first.</summary>
    private async Task<ushort?> AwaitAckAsync(CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(options.Timeout);
        try
        {
            while (true)
            {
                var packet = await socket.ReceiveFromAsync(_received, new IPEndPoint(IPAddress.Any, 0), timeout.Token);
                if (!packet.RemoteEndPoint.Equals(client))
                {
                    await socket.SendToAsync(TftpPacket.Error(TftpError.UnknownTransfer, "unknown transfer id"), packet.RemoteEndPoint, cancellation);
                    continue;
                }

                if (packet.ReceivedBytes < 4) continue;
                var number = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(2));
                switch ((TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(_received))
                {
                    case TftpOpcode.Ack: return number;
                    case TftpOpcode.Error: throw new IOException(number == (ushort)TftpError.OptionRefused ? "the client only asked for the size" : $"the client ended the transfer with error {number}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
