using System.Net;
using System.Net.Sockets;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// A raw socket (raw(7)) that only sends: whole IPv4 packets, from whichever address of this host, by the way that the system's routes
/// say. The sockets that receive are bound to an interface, and send by that one alone. The process needs CAP_NET_RAW.
/// </summary>
public sealed class RoutedSocket : IDisposable
{
    private readonly Socket _socket;

    private RoutedSocket(Socket socket) => _socket = socket;

    /// <summary>Opens one; null where the process may not.</summary>
    public static RoutedSocket? TryOpen()
    {
        try
        {
            return new RoutedSocket(new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw));
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Sends a packet; false when it could not be sent (there is no route, or it is longer than the link takes).</summary>
    public bool Send(byte[] packet, uint destination)
    {
        try
        {
            return _socket.SendTo(packet, new IPEndPoint(IPv4.ToIPAddress(destination), 0)) == packet.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
