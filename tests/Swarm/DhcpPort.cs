using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Anvil.Swarm;

/// <summary>Port 68 of the swarm's interface: every machine sends through it, and answers are handed out by transaction id.</summary>
public sealed class DhcpPort : IDisposable
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private readonly Socket _socket;
    private readonly ConcurrentDictionary<uint, Channel<DhcpPacket>> _waiting = new();

    /// <summary>Opens the port.</summary>
    public DhcpPort(string @interface) => _socket = Open(@interface);

    /// <summary>A socket on port 68 of an interface, which may broadcast.</summary>
    internal static Socket Open(string @interface)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            EnableBroadcast = true,
            ReceiveBufferSize = 4 << 20
        };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(@interface + "\0"));
        socket.Bind(new IPEndPoint(IPAddress.Any, 68));
        return socket;
    }

    /// <summary>Takes packets until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var buffer = new byte[2048];
        while (!cancellation.IsCancellationRequested)
        {
            var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), cancellation);
            if (DhcpPacket.Parse(buffer.AsSpan(0, received.ReceivedBytes)) is { } packet
                && _waiting.TryGetValue(packet.TransactionId, out var channel)) channel.Writer.TryWrite(packet);
        }
    }

    /// <summary>Answers to a transaction, until the reader is given back.</summary>
    public ChannelReader<DhcpPacket> Listen(uint transaction)
        => _waiting.GetOrAdd(transaction, _ => Channel.CreateUnbounded<DhcpPacket>()).Reader;

    /// <summary>Ends a transaction.</summary>
    public void Forget(uint transaction) => _waiting.TryRemove(transaction, out _);

    /// <summary>Sends a packet to everybody.</summary>
    public async Task BroadcastAsync(DhcpPacket packet, CancellationToken cancellation)
        => await _socket.SendToAsync(packet.ToBytes(), new IPEndPoint(IPAddress.Broadcast, 67), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
