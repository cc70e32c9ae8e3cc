namespace Anvil.Protocols.Dhcp;

/// <summary>
/// Reads options of one or more fields, and joins those that come in parts (RFC 3396). Takes time and memory as the octets have length,
/// whatever number of parts they are in.
/// </summary>
internal sealed class DhcpOptionReader
{
    private readonly List<byte> _order = [];
    private readonly List<byte>?[] _values = new List<byte>?[256];

    /// <summary>Reads a field; false when an option runs over its end.</summary>
    public bool TryRead(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (at < data.Length && data[at] != DhcpOption.End)
        {
            var code = data[at];
            if (code == DhcpOption.Pad)
            {
                at++;
                continue;
            }

            if (at + 1 >= data.Length || at + 2 + data[at + 1] > data.Length) return false;
            if (_values[code] is null) _order.Add(code);
            (_values[code] ??= []).AddRange(data.Slice(at + 2, data[at + 1]));
            at += 2 + data[at + 1];
        }

        return true;
    }

    /// <summary>An option as read so far; null when there is none.</summary>
    public IReadOnlyList<byte>? Of(byte code) => _values[code];

    /// <summary>All options, in the order of their first parts.</summary>
    public IReadOnlyList<KeyValuePair<byte, byte[]>> All()
        => [.. _order.Select(code => KeyValuePair.Create(code, _values[code]!.ToArray()))];
}
