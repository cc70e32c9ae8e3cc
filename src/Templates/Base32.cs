using System.Text;

namespace Anvil.Templates;

/// <summary>Base 32 of RFC 4648 section 6, with padding.</summary>
internal static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Encode(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        int bits = 0, buffer = 0;
        foreach (var octet in data)
        {
            buffer = (buffer << 8) | octet;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }

        if (bits > 0) text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        while (text.Length % 8 != 0) text.Append('=');
        return text.ToString();
    }

    /// <summary>The octets of a text; what is wrong, as Sprig gives it in the text's place.</summary>
    public static string? Decode(string text, out byte[] octets)
    {
        octets = [];
        var data = new List<byte>();
        var digits = text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        var end = digits.AsSpan().TrimEnd('=').Length;
        int bits = 0, buffer = 0;
        for (var i = 0; i < end; i++)
        {
            var value = Alphabet.IndexOf(digits[i], StringComparison.Ordinal);
            if (value < 0) return $"illegal base32 data at input byte {i}";
            buffer = (buffer << 5) | value;
            bits += 5;
            if (bits < 8) continue;
            data.Add((byte)(buffer >> (bits - 8)));
            bits -= 8;
            buffer &= (1 << bits) - 1;
        }

        if (digits.Length % 8 != 0 || end % 8 is 1 or 3 or 6 || digits.Length - end > 6)
            return $"illegal base32 data at input byte {(digits.Length % 8 != 0 ? digits.Length / 8 * 8 : end)}";
        octets = [.. data];
        return null;
    }
}
