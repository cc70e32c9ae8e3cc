using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Agent.Facts;

/// <summary>Listens for LLDP (IEEE 802.1AB) on every interface, for as long as the agent runs: switches speak every 30 s.</summary>
internal static unsafe class LldpListener
{
    private const int PacketFamily = 17;
    private const int RawSocket = 3;
    private const int LldpEtherType = 0x88CC;
    private const int SolPacket = 263;
    private const int AddMembership = 1;
    private const string HeardFolder = "/run/anvil-lldp";
    private static readonly ConcurrentDictionary<string, string> Last = new(StringComparer.Ordinal);

    /// <summary>Starts listening.</summary>
    /// <param name="heard">
    /// Told of each neighbour that is new; it returns at once and throws nothing, as frames may come by thousands.
    /// </param>
    public static void Start(Action<string, JsonObject> heard)
    {
        foreach (var name in NetworkCards.Physical())
            new Thread(() => Listen(name, heard)) { IsBackground = true, Name = "lldp " + name }.Start();
    }

    /// <summary>What was heard on an interface, by this process or by the agent beside it.</summary>
    public static JsonObject? Heard(string name)
    {
        var file = Path.Combine(HeardFolder, name);
        try
        {
            return File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file)) as JsonObject : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps what was heard on an interface, for whoever makes an inventory on this machine.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Keep(string name, JsonObject neighbour)
    {
        Directory.CreateDirectory(HeardFolder);
        var file = Path.Combine(HeardFolder, name);
        // Who reads it meanwhile reads what was there before.
        File.WriteAllText(file + ".new", neighbour.ToJsonString());
        File.Move(file + ".new", file, overwrite: true);
    }

    private static void Listen(string name, Action<string, JsonObject> heard)
    {
        var socket = Native.Socket(PacketFamily, RawSocket, Swap(LldpEtherType));
        if (socket < 0) return;
        var index = Native.InterfaceIndex(name);
        var address = stackalloc byte[20];
        *(ushort*)address = PacketFamily;
        *(ushort*)(address + 2) = Swap(LldpEtherType);
        *(uint*)(address + 4) = index;
        Native.Bind(socket, address, 20);
        var membership = stackalloc byte[16] { 0, 0, 0, 0, 0, 0, 6, 0, 0x01, 0x80, 0xC2, 0, 0, 0x0E, 0, 0 };
        *(uint*)membership = index;
        Native.SetSocketOption(socket, SolPacket, AddMembership, membership, 16);
        var buffer = stackalloc byte[2048];
        while (Native.Receive(socket, buffer, 2048, 0) is var length and > 0)
        {
            if (LldpFrame.Parse(new ReadOnlySpan<byte>(buffer, (int)length)) is not { } neighbour) continue;
            var text = neighbour.ToJsonString();
            if (Last.TryGetValue(name, out var before) && before == text) continue;
            Last[name] = text;
            heard(name, neighbour);
        }

        Native.Close(socket);
    }

    private static ushort Swap(int value) => (ushort)((value << 8) | (value >> 8));
}
