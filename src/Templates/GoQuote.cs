using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>Texts and characters in quotes, as Go's %q writes them.</summary>
internal static class GoQuote
{
    /// <summary>A text in double quotes.</summary>
    public static string Text(string text, bool isAscii = false)
    {
        var output = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length;)
        {
            if (GoText.IsRaw(text, i))
            {
                output.Append("\\x").Append((text[i++] & 0xFF).ToString("x2", CultureInfo.InvariantCulture));
                continue;
            }

            Append(output, GoText.At(text, ref i), '"', isAscii);
        }

        return output.Append('"').ToString();
    }

    /// <summary>A character in single quotes.</summary>
    public static string Character(Rune rune, bool isAscii)
    {
        var output = new StringBuilder().Append('\'');
        Append(output, rune, '\'', isAscii);
        return output.Append('\'').ToString();
    }

    /// <summary>True for one line that can stand between backquotes.</summary>
    public static bool CanBackquote(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (GoText.IsRaw(text, i)) return false;
            var rune = GoText.At(text, ref i);
            if (rune.Value is 0xFEFF or 0x7F or '`' || (rune.Value < ' ' && rune.Value != '\t')) return false;
        }

        return true;
    }

    private static void Append(StringBuilder output, Rune rune, char quote, bool isAscii)
    {
        if (rune.Value == quote || rune.Value == '\\')
        {
            output.Append('\\').Append((char)rune.Value);
            return;
        }

        if (isAscii ? rune.IsAscii && GoUnicode.IsPrint(rune) : GoUnicode.IsPrint(rune))
        {
            output.Append(rune.ToString());
            return;
        }

        switch (rune.Value)
        {
            case '\a': output.Append("\\a"); break;
            case '\b': output.Append("\\b"); break;
            case '\f': output.Append("\\f"); break;
            case '\n': output.Append("\\n"); break;
            case '\r': output.Append("\\r"); break;
            case '\t': output.Append("\\t"); break;
            case '\v': output.Append("\\v"); break;
            case < ' ' or 0x7F: output.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture)); break;
            case < 0x10000: output.Append("\\u").Append(rune.Value.ToString("x4", CultureInfo.InvariantCulture)); break;
            default: output.Append("\\U").Append(rune.Value.ToString("x8", CultureInfo.InvariantCulture)); break;
        }
    }
}
