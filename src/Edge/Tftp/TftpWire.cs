using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Anvil.Edge.Tftp;

/// <summary>
/// A transfer's way to its client once that is there: a blocking socket for a thread of its own. A block and its acknowledgement are two
/// system calls, and a window is one, cut into datagrams by the kernel (UDP_SEGMENT of udp(7)) where the way there allows it. Linux alone.
/// </summary>
internal sealed partial class TftpWire : IDisposable
{
    /// <summary>How long <see cref="Receive"/> waits at most: who has waited so long looks at the clock.</summary>
    private const int SliceMilliseconds = 50;

    /// <summary>Most datagrams of one call (UDP_MAX_SEGMENTS of older kernels), and most octets.</summary>
    private const int MostSegments = 64;
    private const int MostOctets = 65_507;

    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;
    private const int SolUdp = 17;
    private const int UdpSegment = 103;
    private const int AddressLength = 16;

    /// <summary>SHUT_RDWR of shutdown(2).</summary>
    private const int ShutBoth = 2;

    /// <summary>errno(3) on Linux.</summary>
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int NoBuffers = 105;

    private readonly Socket _socket;
    private readonly int _handle;

    /// <summary>sockaddr_in of ip(7): of the client, and of whoever sent the last packet.</summary>
    private readonly byte[] _client;
    private readonly byte[] _from = new byte[AddressLength];
    private readonly int _segment;
    private bool _cuts;

    /// <summary>Takes a client over from the socket that its request was answered by, which is closed.</summary>
    /// <param name="answered">The socket; it has had no other use.</param>
    /// <param name="client">The client.</param>
    /// <param name="segment">Octets of a packet that is not the last.</param>
    /// <param name="window">Packets that are sent at once.</param>
    public TftpWire(Socket answered, IPEndPoint client, int segment, int window)
    {
        (_segment, _client) = (segment, client.Serialize().Buffer.ToArray());
        // A socket of .NET that has waited without blocking wakes another thread for each packet, as long as it lives. So this is another
        // one at the same port; that either lets it be used again is told after the first was given a port that nobody else has.
        var yes = BitConverter.GetBytes(1);
        answered.SetRawSocketOption(SolSocket, SoReuseAddress, yes);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = SliceMilliseconds };
        try
        {
            _socket.SetRawSocketOption(SolSocket, SoReuseAddress, yes);
            _socket.Bind(answered.LocalEndPoint!);
            answered.Dispose();
            // From here on nobody else is given the port: a client that lets its own be used again might have been.
            _socket.SetRawSocketOption(SolSocket, SoReuseAddress, BitConverter.GetBytes(0));
            _handle = (int)_socket.SafeHandle.DangerousGetHandle();
            if (window > 1) _cuts = Cut(segment);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sends packets that lie one behind the other, each of a segment's length but the last. Any may be lost, as on the way.
    /// </summary>
    /// <exception cref="SocketException">The client cannot be reached.</exception>
    public void Send(ReadOnlySpan<byte> packets)
    {
        var most = Math.Clamp(MostOctets / _segment, 1, MostSegments) * _segment;
        while (packets.Length > 0)
        {
            var length = Math.Min(packets.Length, _cuts ? most : _segment);
            if (!TrySend(packets[..length], _client, out var error))
            {
                if (!_cuts) throw new SocketException(error);
                // A packet that is larger than the path takes, or an interface without checksums: cutting is refused, also of one alone.
                _cuts = false;
                Cut(0);
                continue;
            }

            packets = packets[length..];
        }
    }

    /// <summary>Answers whoever sent the last packet.</summary>
    public void Answer(ReadOnlySpan<byte> packet) => SendWhole(packet, _from);

    /// <summary>Sends the client one packet that is no part of the file; it may be lost.</summary>
    public void Tell(ReadOnlySpan<byte> packet) => SendWhole(packet, _client);

    /// <summary>Waits for a packet, for a slice of time.</summary>
    /// <param name="buffer">Where it is put; what is longer is cut.</param>
    /// <param name="isClients">False: a stranger sent it.</param>
    /// <returns>Its octets; -1 when none came.</returns>
    /// <exception cref="SocketException">The socket failed.</exception>
    public int Receive(Span<byte> buffer, out bool isClients)
    {
        var length = AddressLength;
        var received = ReceiveFrom(_handle, buffer, (nuint)buffer.Length, 0, _from, ref length);
        isClients = received >= 0 && _from.AsSpan(0, 8).SequenceEqual(_client.AsSpan(0, 8));
        if (received >= 0) return (int)received;
        return Marshal.GetLastPInvokeError() is var error and not (Interrupted or TryAgain) ? throw new SocketException(error) : -1;
    }

    /// <summary>Ends the waiting of <see cref="Receive"/>, now and from now on; for any thread, until this is disposed of.</summary>
    // The kernel says that there is no connection to shut down, and wakes who waits.
    public void Wake() => _ = Shutdown(_handle, ShutBoth);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Sends one packet, which the kernel would cut when a segment is shorter.</summary>
    private void SendWhole(ReadOnlySpan<byte> packet, byte[] to)
    {
        var cuts = _cuts && packet.Length > _segment;
        if (cuts) Cut(0);
        TrySend(packet, to, out _);
        if (cuts) _cuts = Cut(_segment);
    }

    /// <summary>True when it left, or found no room, which is as good as lost.</summary>
    private bool TrySend(ReadOnlySpan<byte> octets, byte[] to, out int error)
    {
        do
        {
            error = SendTo(_handle, octets, (nuint)octets.Length, 0, to, AddressLength) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Interrupted);
        return error is 0 or TryAgain or NoBuffers;
    }

    private bool Cut(int segment)
    {
        try
        {
            _socket.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(segment));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static partial nint SendTo(int socket, ReadOnlySpan<byte> octets, nuint length, int flags, byte[] to, int toLength);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, Span<byte> octets, nuint length, int flags, [Out] byte[] from, ref int fromLength);
}
