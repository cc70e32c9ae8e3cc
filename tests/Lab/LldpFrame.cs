using System.Runtime.InteropServices;
using System.Text;

namespace Anvil.Lab;

/// <summary>Plays the switch: sends LLDP frames (IEEE 802.1AB) out of an interface of the network namespace that it runs in.</summary>
internal static partial class LldpFrame
{
    private const int PacketFamily = 17;
    private const int RawSocket = 3;

    /// <summary>Sends frames until the time is over.</summary>
    public static async Task SendAsync(string interfaceName, string system, string port, TimeSpan time)
    {
        var frame = Make(system, port);
        var socket = Socket(PacketFamily, RawSocket, 0);
        if (socket < 0) throw new SetupException("no packet socket: root is needed");
        var address = new byte[20];
        BitConverter.TryWriteBytes(address.AsSpan(0), (ushort)PacketFamily);
        BitConverter.TryWriteBytes(address.AsSpan(4), InterfaceIndex(interfaceName));
        for (var i = 0; i < time.TotalSeconds; i++)
        {
            _ = SendTo(socket, frame, (nuint)frame.Length, 0, address, address.Length);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static byte[] Make(string system, string port)
    {
        static byte[] Field(int type, params byte[] value) => [(byte)((type << 1) | (value.Length >> 8)), (byte)value.Length, .. value];
        return [0x01, 0x80, 0xC2, 0, 0, 0x0E, 2, 0, 0, 0, 0, 1, 0x88, 0xCC, .. Field(1, 4, 2, 0, 0, 0, 0, 1),
            .. Field(2, [5, .. Encoding.ASCII.GetBytes(port)]), .. Field(3, 0, 120), .. Field(5, Encoding.ASCII.GetBytes(system)),
            .. Field(0)];
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "sendto")]
    private static partial nint SendTo(int socket, [In] byte[] frame, nuint length, int flags, [In] byte[] address, int addressLength);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint InterfaceIndex(string name);
}
