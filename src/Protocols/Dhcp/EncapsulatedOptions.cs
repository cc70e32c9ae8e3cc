namespace Anvil.Protocols.Dhcp;

/// <summary>Options inside an option (43, 82, 175): code, length, value.</summary>
public static class EncapsulatedOptions
{
    /// <summary>Reads sub-options; what runs over the end is left out.</summary>
    public static IReadOnlyDictionary<byte, byte[]> Read(ReadOnlySpan<byte> data)
    {
        var found = new Dictionary<byte, byte[]>();
        var at = 0;
        while (at + 1 < data.Length && data[at] != DhcpOption.End)
        {
            if (data[at] == DhcpOption.Pad)
            {
                at++;
                continue;
            }

            var length = data[at + 1];
            if (at + 2 + length > data.Length) break;
            found[data[at]] = data.Slice(at + 2, length).ToArray();
            at += 2 + length;
        }

        return found;
    }
}
