using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// A text as a pattern with \b or \B sees it: Go's words are of ASCII, .NET's of every script. Each character beyond ASCII has a stand-in
/// of the private use area, which is in no word, and what of a pattern means one character means the stand-ins of those that this text
/// has. Places stay as they are: a character beyond U+FFFF, which is two, has a stand-in and a second half.
/// </summary>
internal sealed class WordText
{
    /// <summary>Most different characters beyond ASCII: as many as there are stand-ins.</summary>
    public const int MostCharacters = 0xF8FF - FirstStandIn + 1;

    private const int FirstStandIn = 0xE000;
    private const int Ascii = 128;

    /// <summary>No character, and in no word.</summary>
    private const char SecondHalf = '\uFFFF';

    private readonly IReadOnlyList<string> _characters;
    private readonly Dictionary<string, string> _pieces = new(StringComparer.Ordinal);

    private WordText(string seen, IReadOnlyList<string> characters) => (Seen, _characters) = (seen, characters);

    /// <summary>The text, with stand-ins.</summary>
    public string Seen { get; }

    /// <summary>The same for texts that have the same characters beyond ASCII.</summary>
    public string Key => string.Concat(_characters);

    /// <summary>With how many characters each piece of a pattern is compared.</summary>
    public int Size => Ascii + _characters.Count;

    /// <summary>A text as a pattern sees it; null where that is the text itself.</summary>
    /// <exception cref="TemplateFault">It has too many different characters, or the budget is spent.</exception>
    public static WordText? Of(string pattern, string text, RenderBudget budget)
    {
        if (!pattern.Contains(@"\b", StringComparison.OrdinalIgnoreCase) || System.Text.Ascii.IsValid(text)) return null;
        budget.Step(1 + (text.Length / 4));
        budget.Allocate(64L * text.Length);
        var pieces = Pieces(text).ToList();
        var characters = pieces.Where(c => c[0] >= Ascii).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (characters.Count > MostCharacters)
            throw new TemplateFault($"a text in which \\b is looked for has at most {MostCharacters} different characters beyond ASCII");
        var standIns = characters.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => (char)(FirstStandIn + p.i), StringComparer.Ordinal);
        var seen = new StringBuilder(text.Length);
        foreach (var piece in pieces)
        {
            seen.Append(standIns.TryGetValue(piece, out var standIn) ? standIn : piece[0]);
            if (piece.Length > 1) seen.Append(SecondHalf);
        }

        return new WordText(seen.ToString(), characters);
    }

    /// <summary>What of a pattern means one character, for the text with stand-ins; both in .NET's syntax.</summary>
    public string Piece(string one)
    {
        if (!_pieces.TryGetValue(one, out var piece)) _pieces[one] = piece = Of(one);
        return piece;
    }

    private string Of(string one)
    {
        // Each character that there is, with a line end behind it, so that no two halves meet.
        var sample = new StringBuilder();
        var codes = new Dictionary<int, int>();
        for (var i = 0; i < Size; i++)
        {
            codes[sample.Length] = i;
            sample.Append(i < Ascii ? ((char)i).ToString() : _characters[i - Ascii]).Append('\n');
        }

        var (basic, wide) = (new StringBuilder(), new StringBuilder());
        var regex = new Regex(one, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(TemplateLimits.PatternMilliseconds));
        foreach (var match in regex.EnumerateMatches(sample.ToString()))
        {
            if (!codes.TryGetValue(match.Index, out var i)) continue;
            var code = i < Ascii ? i : FirstStandIn + i - Ascii;
            (match.Length > 1 ? wide : basic).Append(@"\u").Append(code.ToString("X4", CultureInfo.InvariantCulture));
        }

        var pieces = new List<string>();
        if (basic.Length > 0) pieces.Add($"[{basic}]");
        if (wide.Length > 0) pieces.Add($@"[{wide}]\u{(int)SecondHalf:X4}");
        // A class of nothing, which no character is in.
        return pieces.Count == 0 ? @"[^\0-\uFFFF]" : $"(?:{string.Join('|', pieces)})";
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            yield return text.Substring(i, length);
            i += length;
        }
    }
}
