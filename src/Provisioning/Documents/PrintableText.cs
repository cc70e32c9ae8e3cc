using System.Globalization;
using System.Text;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Texts of packets and users as people can be shown them in a log or at a terminal: what steers a terminal, begins a line, or turns the
/// order of letters is written as its number.
/// </summary>
public static class PrintableText
{
    /// <summary>The text on one line, each such character as \uXXXX; itself when it has none.</summary>
    public static string Of(string text) => Is(text) ? text : Escaped(text, keepLines: false);

    /// <summary>The same, but with its line breaks, and what follows one indented, so that no line of the text begins a line.</summary>
    public static string OfLines(string text) => Escaped(text.ReplaceLineEndings("\n    "), keepLines: true);

    private static bool Is(string text)
    {
        foreach (var letter in text)
        {
            if (IsBad(letter)) return false;
        }

        return true;
    }

    private static string Escaped(string text, bool keepLines)
    {
        var printable = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            if (!IsBad(letter) || (keepLines && letter == '\n')) printable.Append(letter);
            else printable.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
        }

        return printable.ToString();
    }

    private static bool IsBad(char letter)
        => letter >= ' ' && letter < '\u007F' ? false : CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.Control
            or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
