using System.Globalization;
using System.Text;

namespace Anvil.Templates;

/// <summary>Characters of a class in a regular expression: ranges, and classes of Unicode by their names.</summary>
internal sealed class CharacterSet
{
    private const int Last = 0x10FFFF;
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";

    /// <summary>Scripts, as ranges of what is commonly written in them.</summary>
    private static readonly Dictionary<string, (int From, int To)[]> Scripts = new(StringComparer.Ordinal)
    {
        ["Latin"] = [('A', 'Z'), ('a', 'z'), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2B8), (0x2E0, 0x2E4),
            (0x1D00, 0x1D25), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA787), (0xAB30, 0xAB5A), (0xFB00, 0xFB06), (0xFF21, 0xFF3A),
            (0xFF41, 0xFF5A)],
        ["Greek"] = [(0x370, 0x373), (0x375, 0x377), (0x37A, 0x37D), (0x37F, 0x37F), (0x384, 0x384), (0x386, 0x386), (0x388, 0x3E1),
            (0x3F0, 0x3FF), (0x1F00, 0x1FFE), (0x2126, 0x2126)],
        ["Cyrillic"] = [(0x400, 0x484), (0x487, 0x52F), (0x1C80, 0x1C88), (0x1D2B, 0x1D2B), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)],
        ["Armenian"] = [(0x531, 0x556), (0x559, 0x58A), (0x58D, 0x58F)],
        ["Hebrew"] = [(0x591, 0x5C7), (0x5D0, 0x5EA), (0x5EF, 0x5F4), (0xFB1D, 0xFB4F)],
        ["Arabic"] = [(0x600, 0x604), (0x606, 0x60B), (0x60D, 0x61A), (0x61C, 0x61E), (0x620, 0x63F), (0x641, 0x64A), (0x656, 0x66F),
            (0x671, 0x6DC), (0x6DE, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)],
        ["Devanagari"] = [(0x900, 0x950), (0x955, 0x963), (0x966, 0x97F)],
        ["Thai"] = [(0xE01, 0xE3A), (0xE40, 0xE5B)],
        ["Hangul"] = [(0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xD7B0, 0xD7FB)],
        ["Hiragana"] = [(0x3041, 0x3096), (0x309D, 0x309F)],
        ["Katakana"] = [(0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE), (0xFF66, 0xFF6F), (0xFF71, 0xFF9D)],
        ["Han"] = [(0x2E80, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
            (0xF900, 0xFAD9), (0x20000, 0x3134A)],
    };

    /// <summary>ASCII letters that are the same as others, too, where case does not count: the long s, and the sign of kelvins.</summary>
    private static readonly (int From, int To)[][] Orbits =
        [[('S', 'S'), ('s', 's'), (0x17F, 0x17F)], [('K', 'K'), ('k', 'k'), (0x212A, 0x212A)]];

    private readonly List<(int From, int To)> _ranges = [];
    private readonly StringBuilder _classes = new();
    private bool _hasOthers;

    /// <summary>All but what was added.</summary>
    public bool IsNegated { get; set; }

    public CharacterSet Add(int from, int to)
    {
        _ranges.Add((from, to));
        return this;
    }

    /// <summary>All that is the same as a letter where case does not count, where it is more than its two cases; else null.</summary>
    public static IReadOnlyList<(int From, int To)>? Fold(int rune) => Array.Find(Orbits, o => o.Any(r => r.From == rune));

    /// <summary>Ranges with all that is the same as one of their letters.</summary>
    public static IReadOnlyList<(int From, int To)> Folded(IReadOnlyList<(int From, int To)> ranges)
        => [.. ranges, .. Orbits.Where(o => o.Any(l => ranges.Any(r => r.From <= l.From && l.From <= r.To))).SelectMany(o => o)];

    /// <summary>Adds a class of ASCII characters, or all others.</summary>
    public CharacterSet Add(IReadOnlyList<(int From, int To)> ranges, bool isNegated)
    {
        _ranges.AddRange(isNegated ? Complement(ranges) : ranges);
        return this;
    }

    /// <summary>Adds a general category or a script; false when there is no such one.</summary>
    public bool AddUnicode(string name, bool isNegated)
    {
        if (name == "Any") Add(isNegated ? [] : [(0, Last)], false);
        else if (Scripts.TryGetValue(name, out var script)) Add(script, isNegated);
        else if (IsCategory(name))
        {
            _hasOthers |= isNegated;
            _classes.Append(isNegated ? @"\P{" : @"\p{").Append(name).Append('}');
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>The set in .NET's syntax.</summary>
    /// <param name="isWide">The text has characters beyond U+FFFF, which are two.</param>
    public string ToPattern(bool isWide)
    {
        var ranges = IsNegated && _classes.Length == 0 ? Complement(_ranges) : _ranges;
        var isRest = IsNegated && _classes.Length > 0;
        var basic = new StringBuilder();
        var pairs = new List<string>();
        foreach (var (from, to) in ranges)
        {
            if (from <= 0xFFFF) basic.Append(Escape(from)).Append('-').Append(Escape(Math.Min(to, 0xFFFF)));
            if (to > 0xFFFF && isWide && !isRest) pairs.AddRange(Pairs(Math.Max(from, 0x10000), to));
        }

        basic.Append(_classes);
        if (isRest && isWide)
        {
            basic.Append(@"\uD800-\uDBFF");
            pairs.Add(Pair);
        }

        // All but some letters: characters beyond U+FFFF are taken to be among them.
        if (_hasOthers && !isRest && isWide) pairs.Add(Pair);

        // A class of nothing, which no character is in; one half of a pair is no character.
        var one = basic.Length == 0 ? @"[^\0-\uFFFF]" : (isRest ? "[^" : "[") + basic + (isWide && !isRest ? @"-[\uD800-\uDBFF]]" : "]");
        return pairs.Count == 0 ? one : $"(?:{string.Join('|', pairs)}|{one})";
    }

    /// <summary>A character beyond ASCII, or one that means something, in .NET's syntax.</summary>
    public static string Escape(int rune) => rune < 128 && char.IsAsciiLetterOrDigit((char)rune) ? ((char)rune).ToString()
        : rune <= 0xFFFF ? @"\u" + rune.ToString("X4", CultureInfo.InvariantCulture)
        : string.Concat(char.ConvertFromUtf32(rune).Select(c => @"\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture)));

    private static List<(int From, int To)> Complement(IReadOnlyList<(int From, int To)> ranges)
    {
        var rest = new List<(int, int)>();
        var next = 0;
        foreach (var (from, to) in ranges.OrderBy(r => r.From))
        {
            if (from > next) rest.Add((next, from - 1));
            next = Math.Max(next, to + 1);
        }

        if (next <= Last) rest.Add((next, Last));
        return rest;
    }

    private static IEnumerable<string> Pairs(int from, int to)
    {
        while (from <= to)
        {
            var end = Math.Min(to, from | 0x3FF);
            // Whole blocks of one first half are taken together.
            if ((from & 0x3FF) == 0 && to - from >= 0x3FF) end = from + (((to - from + 1) / 0x400) * 0x400) - 1;
            var (high, low) = (char.ConvertFromUtf32(from), char.ConvertFromUtf32(end));
            yield return $"[{Escape(high[0])}-{Escape(low[0])}][{Escape(high[1])}-{Escape(low[1])}]";
            from = end + 1;
        }
    }

    private static bool IsCategory(string name) => name is "L" or "Lu" or "Ll" or "Lt" or "Lm" or "Lo" or "M" or "Mn" or "Mc" or "Me"
        or "N" or "Nd" or "Nl" or "No" or "P" or "Pc" or "Pd" or "Ps" or "Pe" or "Pi" or "Pf" or "Po" or "S" or "Sm" or "Sc" or "Sk"
        or "So" or "Z" or "Zs" or "Zl" or "Zp" or "C" or "Cc" or "Cf" or "Co" or "Cs";
}
