using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Agent.Facts;

/// <summary>
/// Reads the SMBIOS structure table that the kernel shows (DMTF DSP0134 section 6); what is cut off or wrong in it ends it.
/// </summary>
internal static class Smbios
{
    private const byte MemoryDevice = 17;
    private const byte IpmiDevice = 38;
    private const byte EndOfTable = 127;

    /// <summary>True when the firmware lists a BMC (type 38).</summary>
    public static bool HasBmc(byte[] table) => Structures(table).Any(s => s.Data[0] == IpmiDevice);

    /// <summary>Populated memory modules (type 17): locator, size in octets, speed in MT/s, vendor, serial.</summary>
    public static IEnumerable<JsonObject> MemoryModules(byte[] table)
    {
        foreach (var (data, strings) in Structures(table).Where(s => s.Data[0] == MemoryDevice && s.Data.Length >= 0x15))
        {
            var size = (long)BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(0x0C));
            if (size is 0 or 0xFFFF) continue;
            var octets = size == 0x7FFF && data.Length >= 0x20
                ? (long)(BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(0x1C)) & 0x7FFFFFFF) << 20
                : (size & 0x8000) != 0 ? (size & 0x7FFF) << 10 : size << 20;
            string Text(int offset) => data.Length > offset && data[offset] > 0 && data[offset] <= strings.Count
                ? strings[data[offset] - 1].Trim() : "";
            yield return new JsonObject
            {
                ["Locator"] = Text(0x10),
                ["Size"] = octets,
                ["Speed"] = data.Length >= 0x17 ? BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(0x15)) : 0,
                ["Vendor"] = Text(0x17),
                ["Serial"] = Text(0x18),
            };
        }
    }

    /// <summary>The table of this machine; an empty one where the kernel shows none.</summary>
    public static byte[] Table()
    {
        try
        {
            return File.ReadAllBytes("/sys/firmware/dmi/tables/DMI");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static List<(byte[] Data, List<string> Strings)> Structures(byte[] table)
    {
        var found = new List<(byte[], List<string>)>();
        var at = 0;
        while (at + 4 <= table.Length && table[at] != EndOfTable && table[at + 1] >= 4 && at + table[at + 1] <= table.Length)
        {
            var data = table[at..(at + table[at + 1])];
            at += data.Length;
            var strings = new List<string>();
            while (at < table.Length && table[at] != 0)
            {
                var end = Array.IndexOf(table, (byte)0, at);
                if (end < 0) return found;
                strings.Add(Encoding.ASCII.GetString(table, at, end - at));
                at = end + 1;
            }

            at += strings.Count == 0 ? 2 : 1;
            found.Add((data, strings));
        }

        return found;
    }
}
