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

    public static byte[] Decode(string text)
    {
        var data = new List<byte>();
        int bits = 0, buffer = 0;
        foreach (var c in text.TrimEnd('='))
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0) throw new TemplateFault($"'{c}' is not base 32");
            buffer = (buffer << 5) | value;
            bits += 5;
            if (bits < 8) continue;
            data.Add((byte)(buffer >> (bits - 8)));
            bits -= 8;
            buffer &= (1 << bits) - 1;
        }

        return [.. data];
    }
}
