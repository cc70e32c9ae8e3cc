namespace Anvil.Protocols.Dhcp;

/// <summary>One of a message's fields that hold options, as it is filled: each option in parts of at most 255 octets (RFC 3396).</summary>
/// <param name="size">The field's octets, its end included.</param>
internal sealed class OptionField(int size)
{
    private const int LongestPart = 255;
    private readonly List<KeyValuePair<byte, byte[]>> _options = [];
    private int _reserved = 1;

    /// <summary>Octets of the options in it, without its end.</summary>
    public int Length { get; private set; }

    /// <summary>Octets that are left.</summary>
    public int Room => size - _reserved - Length;

    /// <summary>Octets that an option takes, with the code and length of each of its parts.</summary>
    public static int SizeOf(KeyValuePair<byte, byte[]> option)
        => option.Value.Length + (2 * Math.Max(1, (option.Value.Length + LongestPart - 1) / LongestPart));

    /// <summary>Keeps octets for what comes later.</summary>
    public void Reserve(int octets) => _reserved += octets;

    /// <summary>Puts an option in where it fits as a whole.</summary>
    public bool TryAdd(KeyValuePair<byte, byte[]> option)
    {
        if (SizeOf(option) > Room) return false;
        Add(option);
        return true;
    }

    /// <summary>Puts an option in.</summary>
    public void Add(KeyValuePair<byte, byte[]> option)
    {
        _options.Add(option);
        Length += SizeOf(option);
    }

    /// <summary>Writes the options and the end; tells the octets without the end.</summary>
    public int WriteTo(Span<byte> field)
    {
        var at = 0;
        foreach (var (code, value) in _options)
        {
            var left = value.AsSpan();
            do
            {
                var part = left[..Math.Min(LongestPart, left.Length)];
                at += DhcpMessage.WriteOption(code, part, field[at..]);
                left = left[part.Length..];
            }
            while (left.Length > 0);
        }

        field[at] = DhcpOption.End;
        return at;
    }
}
