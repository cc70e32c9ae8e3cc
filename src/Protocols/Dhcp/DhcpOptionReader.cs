namespace Anvil.Protocols.Dhcp;

/// <summary>
/// Reads options of up to three fields, and joins those that come in parts (RFC 3396). Takes time and memory as the octets have length,
/// whatever number of parts they are in: it measures each option first, and copies each octet once.
/// </summary>
/// <param name="lengths">Room for 256 numbers, all 0: an option's length and 1 more, once it was seen.</param>
/// <param name="order">Room for 256 codes, in the order of their first parts.</param>
internal ref struct DhcpOptionReader(Span<int> lengths, Span<byte> order)
{
    private readonly Span<int> _lengths = lengths;
    private readonly Span<byte> _order = order;
    private ReadOnlySpan<byte> _first;
    private ReadOnlySpan<byte> _second;
    private ReadOnlySpan<byte> _third;
    private int _fields;
    private int _count;

    /// <summary>Reads a field; false when an option runs over its end.</summary>
    public bool TryRead(ReadOnlySpan<byte> field)
    {
        for (var at = 0; TryNext(field, ref at, out var code, out var value);)
        {
            if (value < 0) return false;
            if (_lengths[code] == 0)
            {
                _lengths[code] = 1;
                _order[_count++] = code;
            }

            _lengths[code] += value;
        }

        if (_fields == 0) _first = field;
        else if (_fields == 1) _second = field;
        else _third = field;
        _fields++;
        return true;
    }

    /// <summary>Octets of an option in all its parts; 0 when it is absent.</summary>
    public readonly int LengthOf(byte code) => Math.Max(0, _lengths[code] - 1);

    /// <summary>The value of an option of one octet in the first field; 0 when it has none of that length.</summary>
    public readonly byte OctetOf(byte code)
    {
        for (var at = 0; _lengths[code] == 2 && TryNext(_first, ref at, out var own, out var length);)
        {
            if (own == code && length == 1) return _first[at - 1];
        }

        return 0;
    }

    /// <summary>All options, in the order of their first parts.</summary>
    public readonly KeyValuePair<byte, byte[]>[] All()
    {
        var all = new KeyValuePair<byte, byte[]>[_count];
        Span<int> places = stackalloc int[256];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = KeyValuePair.Create(_order[i], new byte[_lengths[_order[i]] - 1]);
            places[_order[i]] = i;
        }

        Span<int> filled = stackalloc int[256];
        filled.Clear();
        Fill(_first, all, places, filled);
        Fill(_second, all, places, filled);
        Fill(_third, all, places, filled);
        return all;
    }

    private static void Fill(ReadOnlySpan<byte> field, KeyValuePair<byte, byte[]>[] all, ReadOnlySpan<int> places, Span<int> filled)
    {
        for (var at = 0; TryNext(field, ref at, out var code, out var length);)
        {
            field.Slice(at - length, length).CopyTo(all[places[code]].Value.AsSpan(filled[code]));
            filled[code] += length;
        }
    }

    /// <summary>
    /// The next option of a field, its value before the place where reading goes on; its length is -1 when it runs over the end. False:
    /// there is none any more.
    /// </summary>
    private static bool TryNext(ReadOnlySpan<byte> field, ref int at, out byte code, out int length)
    {
        (code, length) = (DhcpOption.Pad, 0);
        while (at < field.Length && field[at] == DhcpOption.Pad) at++;
        if (at >= field.Length || field[at] == DhcpOption.End) return false;
        code = field[at];
        length = at + 1 < field.Length && at + 2 + field[at + 1] <= field.Length ? field[at + 1] : -1;
        at = length < 0 ? field.Length : at + 2 + length;
        return true;
    }
}
