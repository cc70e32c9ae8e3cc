using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>Classes and cases of characters, as Go's unicode package has them.</summary>
internal static class GoUnicode
{
    /// <summary>Printed as it is by %q: letters, marks, numbers, punctuation, symbols and the ASCII space.</summary>
    public static bool IsPrint(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is
        not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator);

    public static bool IsPunctuation(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
        or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
        or UnicodeCategory.OtherPunctuation;

    public static bool IsTitle(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;

    public static Rune ToUpper(Rune rune) => rune.Value switch
    {
        0x131 => new Rune('I'),
        0x17F => new Rune('S'),
        _ => Rune.ToUpperInvariant(rune),
    };

    public static Rune ToLower(Rune rune) => rune.Value switch
    {
        0x130 => new Rune('i'),
        0x212A => new Rune('k'),
        0x2126 => new Rune(0x3C9),
        0x212B => new Rune(0xE5),
        0x1E9E => new Rune(0xDF),
        _ => Rune.ToLowerInvariant(rune),
    };

    /// <summary>The case of a word's first letter: digraphs have one of their own.</summary>
    public static Rune ToTitle(Rune rune) => rune.Value switch
    {
        >= 0x1C4 and <= 0x1C6 => new Rune(0x1C5),
        >= 0x1C7 and <= 0x1C9 => new Rune(0x1C8),
        >= 0x1CA and <= 0x1CC => new Rune(0x1CB),
        >= 0x1F1 and <= 0x1F3 => new Rune(0x1F2),
        _ => ToUpper(rune),
    };

    /// <summary>A text with each character changed.</summary>
    public static string Map(string text, Func<Rune, Rune> change)
    {
        var output = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;) output.Append(change(GoText.At(text, ref i)).ToString());
        return output.ToString();
    }
}
