using System.Net.Sockets;
using Anvil.Support;

namespace Anvil.Bench.Load;

/// <summary>A relay that asks again and again, for a client that nobody knows, until an OFFER comes.</summary>
internal sealed class FirstOffer : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Socket _socket;

    /// <summary>Opens the relay's port.</summary>
    public FirstOffer(NetworkNamespace host)
    {
        _socket = host.Open(SocketType.Dgram);
        _socket.Bind(new IPEndPoint(IPAddress.Parse(Link.ClientAddress), 67));
    }

    /// <summary>Waits for the first answer.</summary>
    public async Task WaitAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(deadline);
        var answer = _socket.ReceiveAsync(new byte[1500], over.Token).AsTask();
        var server = new IPEndPoint(IPAddress.Parse(Link.ServerAddress), 67);
        for (uint turn = 1; !answer.IsCompleted; turn++)
        {
            try
            {
                await _socket.SendToAsync(Discover(turn), server, over.Token);
                await Task.WhenAny(answer, Task.Delay(Pause, over.Token));
            }
            catch (SocketException)
            {
                // Nobody listens yet, and ICMP says so.
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new SetupException($"no OFFER within {deadline.TotalSeconds:F0} s");
            }

            if (answer.IsFaulted) answer = _socket.ReceiveAsync(new byte[1500], over.Token).AsTask();
        }

        await answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static byte[] Discover(uint turn)
    {
        var packet = new byte[300];
        // BOOTREQUEST on Ethernet, over one hop; a MAC address for each try, so that no bound of one client holds.
        (packet[0], packet[1], packet[2], packet[3]) = (1, 1, 6, 1);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), turn);
        IPAddress.Parse(Link.ClientAddress).GetAddressBytes().CopyTo(packet, 24);
        packet[28] = 2;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(30), 0x70_00_00_00 + turn);
        new byte[] { 99, 130, 83, 99, 53, 1, 1, 255 }.CopyTo(packet, 236);
        return packet;
    }
}
