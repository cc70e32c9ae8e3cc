using System.Text;

namespace Anvil.Protocols.Dhcp;

/// <summary>
/// The classes of option 77. RFC 3004 has several, each behind an octet with its length; most clients send one as it is. What a client
/// means is not told from its octets alone, so both are taken: the text of them all, and each class where the lengths fit.
/// </summary>
public static class UserClass
{
    /// <summary>Classes that are looked at; each is compared with every kind of clients.</summary>
    public const int Most = 16;

    /// <summary>
    /// The classes, without trailing zeros: the whole text first, then each of the first <see cref="Most"/>; none where there is nothing.
    /// </summary>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> option)
    {
        if (option.Length == 0) return [];
        var classes = new List<string> { Text(option) };
        for (var rest = option; rest.Length > 0; rest = rest[(1 + rest[0])..])
        {
            if (rest[0] >= rest.Length) return [classes[0]];
            if (rest[0] > 0 && classes.Count <= Most) classes.Add(Text(rest.Slice(1, rest[0])));
        }

        return classes;
    }

    private static string Text(ReadOnlySpan<byte> octets) => Encoding.Latin1.GetString(octets).TrimEnd('\0');
}
