using System.Globalization;
using System.Text;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Text from packets and other people, fit to be shown and logged: what moves a terminal's cursor, hides or turns text around, or ends a
/// line is shown as what it is (ESC as \x1b, a right-to-left override as \u202e), and what is no character as U+FFFD.
/// </summary>
public static class PlainText
{
    /// <summary>The text without what a terminal, a log or a reader would take for something else.</summary>
    public static string Of(string text)
    {
        var isPlain = true;
        foreach (var c in text)
        {
            if (!char.IsSurrogate(c) && IsPlain(new Rune(c))) continue;
            isPlain = false;
            break;
        }

        if (isPlain) return text;
        var plain = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == 0) plain.Append((char)Rune.ReplacementChar.Value);
            else if (IsPlain(rune)) plain.Append(rune.ToString());
            else if (rune.Value is '\n' or '\r') plain.Append(rune.Value == '\n' ? "\\n" : "\\r");
            else plain.Append(CultureInfo.InvariantCulture, $"{(rune.Value < 256 ? $"\\x{rune.Value:x2}" : $"\\u{rune.Value:x4}")}");
        }

        return plain.ToString();
    }

    private static bool IsPlain(Rune rune) => rune.Value == '\t' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
