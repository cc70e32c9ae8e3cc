using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Agent.Facts;

/// <summary>Reads an LLDP frame (IEEE 802.1AB, clause 8).</summary>
internal static class LldpFrame
{
    private const int Header = 14;

    /// <summary>Chassis, port, system name and description of the sender; null for another frame.</summary>
    public static JsonObject? Parse(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < Header + 2 || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != 0x88CC) return null;
        var neighbour = new JsonObject();
        for (var rest = frame[Header..]; rest.Length >= 2;)
        {
            var head = BinaryPrimitives.ReadUInt16BigEndian(rest);
            var (type, length) = (head >> 9, head & 0x1FF);
            if (type == 0 || rest.Length < 2 + length) break;
            var value = rest.Slice(2, length);
            switch (type)
            {
                case 1 when length > 1: neighbour["ChassisId"] = Id(value, macSubtype: 4); break;
                case 2 when length > 1: neighbour["PortId"] = Id(value, macSubtype: 3); break;
                case 4: neighbour["PortDescription"] = Text(value); break;
                case 5: neighbour["SystemName"] = Text(value); break;
                case 6: neighbour["SystemDescription"] = Text(value); break;
                case 127 when length == 6 && value[..4].SequenceEqual<byte>([0x00, 0x80, 0xC2, 1]):
                    neighbour["Vlan"] = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
                    break;
            }

            rest = rest[(2 + length)..];
        }

        return neighbour.ContainsKey("ChassisId") ? neighbour : null;
    }

    private static string Id(ReadOnlySpan<byte> value, byte macSubtype)
        => value[0] == macSubtype && value.Length == 7
            ? string.Join(':', value[1..].ToArray().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)))
            : Text(value[1..]);

    /// <summary>Without control characters: some switches fill up with zeros, or break lines.</summary>
    private static string Text(ReadOnlySpan<byte> value)
        => string.Concat(Encoding.UTF8.GetString(value).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
}
