using System.Text;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// A number format that makes a name of a whole number: its digits with texts before or between them, or leading zeros and a text behind
/// ("node-"00, 00-00-00). A text behind a number alone is its unit (0 "kg"), and formats with a point, a thousands separator, an exponent,
/// a percent or currency sign show quantities: those are numbers.
/// </summary>
internal sealed class XlsxDigitPattern
{
    private const string General = "General";

    /// <summary>What stands for itself without quotes.</summary>
    private const string Plain = "-+():!^&'~{}<>= ";

    /// <summary>Most placeholders of digits.</summary>
    private const int MostPlaces = 32;

    /// <summary>In their order: a text, or a digit's place (null), which is shown as 0 or not at all where there is no digit.</summary>
    private readonly List<(string? Text, bool IsZero)> _parts = [];
    private int _sections = 1;

    private XlsxDigitPattern()
    {
    }

    /// <summary>
    /// Reads a format code (ECMA-376 part 1, section 18.8.31); null for one that shows a quantity, or a number as it is.
    /// </summary>
    public static XlsxDigitPattern? Of(string code)
    {
        var pattern = new XlsxDigitPattern();
        for (var at = 0; at < code.Length;)
        {
            if (!pattern.TryRead(code, ref at)) return null;
        }

        return pattern.MakesNames() ? pattern : null;
    }

    /// <summary>A number's digits as the format shows them; null where it is none that a name is made of.</summary>
    /// <param name="number">The number, written without an exponent where it is whole.</param>
    public string? Text(string number)
    {
        if (!number.All(char.IsAsciiDigit)) return null;
        var digits = number.TrimStart('0');
        if (digits.Length == 0 && _sections > 2) return null;
        var output = new StringBuilder();
        var (left, first) = (digits.Length, _parts.FindIndex(p => p.Text is null));
        for (var i = _parts.Count - 1; i >= 0; i--)
        {
            var (text, isZero) = _parts[i];
            if (text is not null)
            {
                output.Insert(0, text);
                continue;
            }

            // More digits than places stand before the first one.
            var taken = i == first ? left : Math.Min(left, 1);
            output.Insert(0, taken > 0 ? digits[(left - taken)..left] : isZero ? "0" : "");
            left -= taken;
        }

        return output.ToString().Trim();
    }

    /// <summary>Reads the next part of a code; false for what shows a quantity. Sections behind the first are for other numbers.</summary>
    private bool TryRead(string code, ref int at)
    {
        var c = code[at++];
        switch (c)
        {
            case ';':
                _sections++;
                return true;
            case '"':
                var end = code.IndexOf('"', at);
                if (end < 0) return false;
                Add(code[at..end]);
                at = end + 1;
                return true;
            case '\\' when at < code.Length:
                Add(code[at++].ToString());
                return true;
            case '_' or '*' when at < code.Length:
                at++;
                return true;
            case '[':
                var close = code.IndexOf(']', at);
                // A condition, or a currency; a colour and a locale change nothing.
                if (close <= at || code[at] is '<' or '>' or '=' || (code[at] == '$' && code[at + 1] != '-')) return false;
                if (!char.IsAsciiLetter(code[at]) && code[at] != '$') return false;
                if (code[at..close].All(l => l is 'h' or 'm' or 's' or 'H' or 'M' or 'S')) return false;
                at = close + 1;
                return true;
            case '0' or '#':
                if (_sections == 1) _parts.Add((null, c == '0'));
                return _parts.Count <= 2 * MostPlaces;
            case 'G' or 'g' when string.Compare(code, at - 1, General, 0, General.Length, StringComparison.OrdinalIgnoreCase) == 0:
                at += General.Length - 1;
                if (_sections == 1) _parts.Add((null, true));
                return true;
            case '@' when _sections == 4: return true;
            default:
                if (!Plain.Contains(c, StringComparison.Ordinal)) return false;
                Add(c.ToString());
                return true;
        }
    }

    private void Add(string text)
    {
        if (_sections == 1) _parts.Add((text, false));
    }

    private bool MakesNames()
    {
        var (first, last) = (_parts.FindIndex(p => p.Text is null), _parts.FindLastIndex(p => p.Text is null));
        if (first < 0 || _parts.Count(p => p.Text is null) > MostPlaces || !_parts.Exists(p => p.Text?.Length > 0)) return false;
        var isAmong = _parts.Skip(first).Take(last - first).Any(p => p.Text?.Length > 0);
        var isBefore = _parts.Take(first).Any(p => p.Text!.Any(char.IsLetterOrDigit));
        return isAmong || isBefore || _parts.Count(p => p.IsZero) > 1;
    }
}
