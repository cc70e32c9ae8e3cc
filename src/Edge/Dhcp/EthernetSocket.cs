using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// A packet socket (packet(7)) of one interface, for what UDP sockets cannot do: to reach a client that has no address yet, and
/// to speak ARP. Linux alone; the process needs CAP_NET_RAW.
/// </summary>
public sealed partial class EthernetSocket : IDisposable
{
    /// <summary>EtherType of IPv4.</summary>
    public const ushort TypeIPv4 = 0x0800;

    /// <summary>EtherType of ARP.</summary>
    public const ushort TypeArp = 0x0806;

    private const int PacketFamily = 17;
    private const int DatagramSocket = 2;
    private const int CloseOnExec = 0x80000;
    private readonly Socket _socket;
    private readonly int _handle;
    private readonly int _index;
    private readonly ushort _type;

    private EthernetSocket(int handle, int index, ushort type, byte[] address)
    {
        (_handle, _index, _type, Address) = (handle, index, type, address);
        _socket = new Socket(new SafeSocketHandle(handle, ownsHandle: true));
    }

    /// <summary>The interface's own hardware address.</summary>
    public byte[] Address { get; }

    /// <summary>Opens a socket; null when the interface is not there or no Ethernet, or the process may not.</summary>
    /// <param name="interfaceName">Name of the interface.</param>
    /// <param name="type">EtherType.</param>
    /// <param name="receives">False: nothing is received, only sent.</param>
    public static EthernetSocket? TryOpen(string interfaceName, ushort type, bool receives)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var nic = Array.Find(System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces(), n => n.Name == interfaceName);
        if (nic?.GetPhysicalAddress().GetAddressBytes() is not { Length: 6 } own || own.All(b => b == 0)) return null;
        var index = (int)InterfaceIndex(interfaceName);
        var handle = Open(PacketFamily, DatagramSocket | CloseOnExec, 0);
        if (handle < 0) return null;
        if (index != 0 && (!receives || Bind(handle, LinkAddress(index, type, []), LinkAddressLength) == 0))
            return new EthernetSocket(handle, index, type, own);
        _ = Close(handle);
        return null;
    }

    /// <summary>Sends a payload to a hardware address; false when it could not be sent.</summary>
    public bool Send(ReadOnlySpan<byte> to, byte[] payload)
        => SendTo(_handle, payload, (nuint)payload.Length, 0, LinkAddress(_index, _type, to), LinkAddressLength) == payload.Length;

    /// <summary>Receives one payload; its length.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
        => _socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private const int LinkAddressLength = 20;

    /// <summary>struct sockaddr_ll: family, EtherType (network order), interface, hardware type, packet type, length, address.</summary>
    private static byte[] LinkAddress(int index, ushort type, ReadOnlySpan<byte> to)
    {
        var address = new byte[LinkAddressLength];
        BitConverter.TryWriteBytes(address.AsSpan(0), (ushort)PacketFamily);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), type);
        BitConverter.TryWriteBytes(address.AsSpan(4), index);
        address[11] = (byte)to.Length;
        to.CopyTo(address.AsSpan(12));
        return address;
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Open(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    private static partial int Bind(int socket, [In] byte[] address, int addressLength);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);

    [LibraryImport("libc", EntryPoint = "sendto")]
    private static partial nint SendTo(int socket, [In] byte[] frame, nuint length, int flags, [In] byte[] address, int addressLength);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint InterfaceIndex(string name);
}
