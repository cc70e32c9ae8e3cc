using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Anvil.Agent.Facts;

/// <summary>
/// Asks the baseboard management controller through /dev/ipmi0 (IPMI 2.0: Get Device ID, section 20.1; Get LAN Configuration, section
/// 23.2).
/// </summary>
internal static unsafe class Bmc
{
    private const nuint SendCommand = 0x8028690D;
    private const nuint ReceiveMessage = 0xC030690B;
    private const int SystemInterface = 0x0C;
    private const short BmcChannel = 0x0F;
    private const int Patience = 2000;

    public static JsonObject Gather()
    {
        var facts = new JsonObject { ["Present"] = Smbios.HasBmc(Smbios.Table()) || File.Exists("/dev/ipmi0") };
        var device = Native.Open("/dev/ipmi0", Native.OpenReadWrite);
        if (device < 0) return facts;
        try
        {
            if (Ask(device, 6, 1, []) is { Length: >= 12 } id)
            {
                facts["Present"] = true;
                facts["Firmware"] = $"{id[3] & 0x7F}.{id[4]:x2}";
                facts["IpmiVersion"] = $"{id[5] & 15}.{id[5] >> 4}";
                facts["Manufacturer"] = id[7] | (id[8] << 8) | (id[9] << 16);
                facts["Product"] = id[10] | (id[11] << 8);
            }

            for (byte channel = 1; channel <= 8; channel++)
            {
                if (Ask(device, 0x0C, 2, [channel, 3, 0, 0]) is not { Length: >= 6 } address) continue;
                facts["Channel"] = channel;
                facts["Address"] = $"{address[2]}.{address[3]}.{address[4]}.{address[5]}";
                if (Ask(device, 0x0C, 2, [channel, 5, 0, 0]) is { Length: >= 8 } mac)
                    facts["Mac"] = string.Join(':',
                        mac[2..8].Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
                break;
            }
        }
        finally
        {
            Native.Close(device);
        }

        return facts;
    }

    /// <summary>Sends a request and waits for its answer: completion code and data; null when the BMC does not answer or
    /// refuses.</summary>
    private static byte[]? Ask(int device, byte function, byte command, byte[] data)
    {
        var address = new SystemAddress { Type = SystemInterface, Channel = BmcChannel };
        var answer = new byte[256];
        fixed (byte* payload = data)
        fixed (byte* buffer = answer)
        {
            var request = new Request
            {
                Address = &address,
                AddressLength = (uint)sizeof(SystemAddress),
                Message = new Message { Function = function, Command = command, Length = (ushort)data.Length, Data = payload }
            };
            if (Native.Ioctl(device, SendCommand, &request) != 0) return null;
            var waiting = new Native.PollDescriptor { Descriptor = device, Events = 1 };
            if (Native.Poll(&waiting, 1, Patience) <= 0) return null;
            var from = default(SystemAddress);
            var received = new Received
            {
                Address = &from,
                AddressLength = (uint)sizeof(SystemAddress),
                Message = new Message { Length = (ushort)answer.Length, Data = buffer }
            };
            if (Native.Ioctl(device, ReceiveMessage, &received) != 0) return null;
            return answer[0] == 0 ? answer[..received.Message.Length] : null;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct SystemAddress
    {
        public int Type;
        public short Channel;
        public byte Lun;
        public fixed byte Rest[32];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public byte Function;
        public byte Command;
        public ushort Length;
        public byte* Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Request
    {
        public SystemAddress* Address;
        public uint AddressLength;
        public nint Id;
        public Message Message;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Received
    {
        public int Type;
        public SystemAddress* Address;
        public uint AddressLength;
        public nint Id;
        public Message Message;
    }
}
