using System.Net;
using System.Net.Sockets;

namespace Anvil.Support;

/// <summary>
/// Stands between TFTP clients and a server on loopback, and does to their packets what bad networks do: sends them twice, or in
/// another order. Each request has a socket of its own on either side, so that transfer ids stay apart.
/// </summary>
public sealed class UdpRelay : IDisposable
{
    private readonly Socket _listener = Bound();
    private readonly IPEndPoint _server;
    private readonly Func<int, Mangling> _mangle;
    private readonly CancellationTokenSource _end = new();
    private int _packets;

    /// <summary>A relay that runs.</summary>
    /// <param name="serverPort">Port of the server on 127.0.0.1.</param>
    /// <param name="mangle">What is done to the n-th packet.</param>
    public UdpRelay(int serverPort, Func<int, Mangling> mangle)
    {
        (_server, _mangle) = (new IPEndPoint(IPAddress.Loopback, serverPort), mangle);
        _ = ListenAsync();
    }

    /// <summary>What is done to a packet.</summary>
    public enum Mangling
    {
        /// <summary>It goes on.</summary>
        None,

        /// <summary>It goes on twice.</summary>
        Twice,

        /// <summary>It goes on behind the next one, or after a moment.</summary>
        Late,
    }

    /// <summary>Port of the relay on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[65536];
        var cancellation = _end.Token;
        try
        {
            while (true)
            {
                var request = await _listener.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Loopback, 0), cancellation);
                _ = TransferAsync(buffer[..request.ReceivedBytes], (IPEndPoint)request.RemoteEndPoint, cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay is gone.
        }
    }

    private async Task TransferAsync(byte[] request, IPEndPoint client, CancellationToken cancellation)
    {
        using var near = Bound();
        using var far = Bound();
        IPEndPoint? transfer = null;
        var toServer = new Way(this, far);
        var toClient = new Way(this, near);
        await toServer.SendAsync(request, _server, cancellation);
        var back = PumpAsync(far, from =>
        {
            transfer = from;
            return (toClient, client);
        }, cancellation);
        await PumpAsync(near, _ => (toServer, transfer!), cancellation);
        await back;
    }

    private static async Task PumpAsync(Socket from, Func<IPEndPoint, (Way Way, IPEndPoint To)> route, CancellationToken cancellation)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var packet = await from.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Loopback, 0), cancellation);
                var (way, to) = route((IPEndPoint)packet.RemoteEndPoint);
                await way.SendAsync(buffer[..packet.ReceivedBytes], to, cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The transfer is over.
        }
    }

    /// <summary>One direction of a transfer.</summary>
    private sealed class Way(UdpRelay relay, Socket socket)
    {
        private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);
        private byte[]? _held;

        public async Task SendAsync(byte[] packet, IPEndPoint to, CancellationToken cancellation)
        {
            switch (relay._mangle(Interlocked.Increment(ref relay._packets)))
            {
                case Mangling.Late when Interlocked.CompareExchange(ref _held, packet, null) is null:
                    _ = ReleaseLaterAsync(to, cancellation);
                    return;
                case Mangling.Twice:
                    await socket.SendToAsync(packet, to, cancellation);
                    break;
            }

            await socket.SendToAsync(packet, to, cancellation);
            await ReleaseAsync(to, cancellation);
        }

        private async Task ReleaseLaterAsync(IPEndPoint to, CancellationToken cancellation)
        {
            try
            {
                await Task.Delay(Moment, cancellation);
                await ReleaseAsync(to, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The transfer is over.
            }
        }

        private async Task ReleaseAsync(IPEndPoint to, CancellationToken cancellation)
        {
            if (Interlocked.Exchange(ref _held, null) is { } held) await socket.SendToAsync(held, to, cancellation);
        }
    }
}
