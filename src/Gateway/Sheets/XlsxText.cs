using System.Globalization;
using System.Text;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// Texts as XLSX writes them: what XML 1.0 has no place for (section 2.2) or does not keep (carriage returns, section 2.11) is `_xHHHH_`,
/// and so is the first character of what would read as that (ECMA-376 part 1, section 22.9.2.19, ST_Xstring).
/// </summary>
internal static class XlsxText
{
    /// <summary>Length of `_xHHHH_`.</summary>
    private const int EscapeLength = 7;

    /// <summary>The text to be written.</summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            var isPair = char.IsHighSurrogate(letter) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (isPair) encoded.Append(letter).Append(text[++i]);
            else if (letter is '\t' or '\n' || (letter is >= ' ' and < '\uFFFE' && !char.IsSurrogate(letter)
                && !(letter == '_' && IsEscape(text, i)))) encoded.Append(letter);
            else encoded.Append(CultureInfo.InvariantCulture, $"_x{(int)letter:X4}_");
        }

        return encoded.ToString();
    }

    /// <summary>The text that was meant.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains("_x", StringComparison.Ordinal)) return text;
        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsEscape(text, i))
            {
                decoded.Append(text[i]);
                continue;
            }

            decoded.Append((char)int.Parse(text.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += EscapeLength - 1;
        }

        return decoded.ToString();
    }

    private static bool IsEscape(string text, int at)
        => at + EscapeLength <= text.Length && text[at] == '_' && text[at + 1] == 'x' && text[at + EscapeLength - 1] == '_'
            && char.IsAsciiHexDigit(text[at + 2]) && char.IsAsciiHexDigit(text[at + 3]) && char.IsAsciiHexDigit(text[at + 4])
            && char.IsAsciiHexDigit(text[at + 5]);
}
