using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Anvil.Templates;

/// <summary>
/// Reads a regular expression of Go's syntax (RE2) and writes it in .NET's. What .NET understands otherwise is written out: \d, \w and \s
/// are ASCII, $ is the text's end, a character beyond U+FFFF is one; for the words of \b and \B see <see cref="WordText"/>.
/// </summary>
internal sealed class PatternParser
{
    /// <summary>Most repetitions, those within one another multiplied.</summary>
    private const int MostRepetitions = 1000;

    /// <summary>Deepest nesting of groups.</summary>
    private const int Deepest = 100;

    private static readonly (int From, int To)[] Digits = [('0', '9')];
    private static readonly (int From, int To)[] Words = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    private static readonly (int From, int To)[] Spaces = [('\t', '\n'), ('\f', '\r'), (' ', ' ')];

    private readonly string _pattern;
    private readonly bool _isWide;
    private readonly WordText? _words;
    private readonly StringBuilder _output = new();
    private readonly List<string> _names = [""];
    private int _at;

    /// <summary>Where the piece that is read begins in the output; of a quotation its last character.</summary>
    private int _pieceAt;
    private int _depth;
    private Options _options;

    private PatternParser(string pattern, bool isWide, WordText? words)
    {
        _pattern = pattern;
        _isWide = isWide;
        _words = words;
    }

    private bool IsEnd => _at >= _pattern.Length;

    /// <summary>Makes a pattern ready.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="isWide">The texts have characters beyond U+FFFF.</param>
    /// <param name="words">The text as it sees it; null where that is the text itself.</param>
    /// <exception cref="TemplateFault">It is none.</exception>
    public static GoPattern Parse(string pattern, bool isWide, WordText? words)
    {
        var parser = new PatternParser(pattern, isWide, words);
        parser.Alternatives();
        if (!parser.IsEnd) throw Fault("unexpected )", pattern);
        try
        {
            var regex = new Regex(parser._output.ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
                TimeSpan.FromMilliseconds(TemplateLimits.PatternMilliseconds));
            return new GoPattern(regex, parser._names);
        }
        catch (NotSupportedException)
        {
            throw Fault("expression too large", pattern);
        }
        catch (ArgumentException e)
        {
            throw Fault(e.Message, pattern);
        }
    }

    private static TemplateFault Fault(string what, string where)
        => new($"error parsing regexp: {what}: `{(where.Length > 200 ? where[..200] + "..." : where)}`");

    /// <summary>Reads alternatives up to a group's end; the most repetitions that they hold.</summary>
    private int Alternatives()
    {
        if (++_depth > Deepest) throw Fault("expression nests too deeply", _pattern);
        var outer = _options;
        var most = 1;
        // Where the last piece begins in the output, how many repetitions it holds, and where what was just said of it begins.
        var (piece, held, saidAt) = (-1, 1, -1);
        while (!IsEnd && _pattern[_at] != ')')
        {
            if (_pattern[_at] == '|')
            {
                _output.Append('|');
                _at++;
                (piece, saidAt) = (-1, -1);
                continue;
            }

            var from = _at;
            if (Repetition() is { } counts)
            {
                held = Repeat(counts, piece, held, from, saidAt);
                saidAt = from;
            }
            else
            {
                saidAt = -1;
                _pieceAt = _output.Length;
                // Flags, and a quotation of nothing, are no pieces: what stands behind is said of the piece before.
                if (Piece() is > 0 and var own) (piece, held) = (_pieceAt, own);
            }

            most = Math.Max(most, held);
        }

        _options = outer;
        _depth--;
        return most;
    }

    /// <summary>Has the last piece repeated; the repetitions that it holds then.</summary>
    private int Repeat((string Text, int Least, int Most) counts, int piece, int held, int from, int saidAt)
    {
        if (counts.Least > MostRepetitions || counts.Most > MostRepetitions || (counts.Most >= 0 && counts.Least > counts.Most))
            throw Fault("invalid repeat count", _pattern[from.._at]);
        var isLazy = !IsEnd && _pattern[_at] == '?';
        if (isLazy) _at++;
        if (piece < 0) throw Fault("missing argument to repetition operator", _pattern[from.._at]);
        if (saidAt >= 0) throw Fault("invalid nested repetition operator", _pattern[saidAt.._at]);
        if (_options.Ungreedy) isLazy = !isLazy;
        held *= Math.Max(1, Math.Max(counts.Least, counts.Most));
        if (held > MostRepetitions) throw Fault("invalid repeat count", _pattern[from.._at]);
        _output.Insert(piece, "(?:").Append(')').Append(counts.Text);
        if (isLazy) _output.Append('?');
        return held;
    }

    private (string Text, int Least, int Most)? Repetition()
    {
        switch (_pattern[_at])
        {
            case '*': _at++; return ("*", 0, -1);
            case '+': _at++; return ("+", 1, -1);
            case '?': _at++; return ("?", 0, 1);
            case '{': break;
            default: return null;
        }

        var close = _pattern.IndexOf('}', _at);
        if (close < 0) return null;
        var parts = _pattern[(_at + 1)..close].Split(',');
        if (parts.Length > 2 || !TryCount(parts[0], out var least)) return null;
        var most = least;
        if (parts.Length == 2 && parts[1].Length == 0) most = -1;
        else if (parts.Length == 2 && !TryCount(parts[1], out most)) return null;
        _at = close + 1;
        return (most < 0 ? $"{{{least},}}" : $"{{{least},{most}}}", least, most);
    }

    private static bool TryCount(string digits, out int count)
    {
        count = MostRepetitions + 1;
        if (digits.Length == 0 || digits.AsSpan().ContainsAnyExceptInRange('0', '9')
            || (digits.Length > 1 && digits[0] == '0')) return false;
        if (digits.Length < 6) count = int.Parse(digits, CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>Reads one piece; the repetitions that it holds, 0 for what is no piece (flags).</summary>
    private int Piece()
    {
        var c = _pattern[_at];
        switch (c)
        {
            case '(': return Group();
            case '[':
                Set(Class());
                return 1;
            case '.':
                _at++;
                Set(_options.DotAll ? new CharacterSet().Add(0, 0x10FFFF) : new CharacterSet { IsNegated = true }.Add('\n', '\n'));
                return 1;
            case '^':
                _at++;
                _output.Append(_options.Lines ? "(?m:^)" : @"\A");
                return 1;
            case '$':
                _at++;
                _output.Append(_options.Lines ? "(?m:$)" : @"\z");
                return 1;
            case '\\': return Escaped();
            default:
                Literal(GoText.At(_pattern, ref _at).Value);
                return 1;
        }
    }

    private int Group()
    {
        var start = _at++;
        if (!Has("?"))
        {
            _names.Add("");
            return Inner("(", start);
        }

        if (Has("?P<") || Has("?<"))
        {
            _at = _pattern.IndexOf('<', _at) + 1;
            var close = _pattern.IndexOf('>', _at);
            if (close < 0) throw Fault("invalid named capture", _pattern[start..]);
            var name = _pattern[_at..close];
            if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
                throw Fault("invalid named capture", _pattern[start..(close + 1)]);
            _names.Add(name);
            _at = close + 1;
            return Inner("(", start);
        }

        _at++;
        var outer = _options;
        var isOn = true;
        var any = false;
        for (; ; _at++)
        {
            if (IsEnd) throw Fault("missing closing )", _pattern);
            var c = _pattern[_at];
            if (c is ')' or ':')
            {
                if (!isOn && !any) throw Fault("invalid or unsupported Perl syntax", _pattern[start..(_at + 1)]);
                _at++;
                if (c == ')') return 0;
                var inner = Inner("(?:", start);
                _options = outer;
                return inner;
            }

            any = c != '-';
            switch (c)
            {
                case 'i': _options.IgnoresCase = isOn; break;
                case 'm': _options.Lines = isOn; break;
                case 's': _options.DotAll = isOn; break;
                case 'U': _options.Ungreedy = isOn; break;
                case '-' when isOn: isOn = false; break;
                default: throw Fault("invalid or unsupported Perl syntax", _pattern[start..(_at + 1)]);
            }
        }
    }

    private int Inner(string open, int start)
    {
        _output.Append(open);
        var most = Alternatives();
        if (IsEnd) throw Fault("missing closing )", start == 0 ? _pattern : _pattern[start..]);
        _at++;
        _output.Append(')');
        return most;
    }

    private bool Has(string text) => string.CompareOrdinal(_pattern, _at, text, 0, text.Length) == 0;

    private void Literal(int rune)
    {
        if (_options.IgnoresCase && CharacterSet.Fold(rune) is { } all) Set(new CharacterSet().Add(all, false));
        else LiteralAlone(rune);
    }

    private void LiteralAlone(int rune) => One(CharacterSet.Escape(rune) is var text && rune > 0xFFFF ? $"(?:{text})" : text);

    private void Set(CharacterSet set) => One(set.ToPattern(_isWide));

    /// <summary>Writes what means one character.</summary>
    private void One(string one)
    {
        if (_options.IgnoresCase) one = $"(?i:{one})";
        _output.Append(_words is null ? one : _words.Piece(one));
    }

    private int Escaped()
    {
        if (_at + 1 >= _pattern.Length) throw Fault("trailing backslash at end of expression", "");
        switch (_pattern[_at + 1])
        {
            case 'A':
                _at += 2;
                _output.Append(@"\A");
                return 1;
            case 'z':
                _at += 2;
                _output.Append(@"\z");
                return 1;
            case 'b' or 'B':
                _output.Append(_pattern, _at, 2);
                _at += 2;
                return 1;
            case 'Q':
                var end = _pattern.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
                var quoted = _pattern[(_at + 2)..(end < 0 ? _pattern.Length : end)];
                _at = end < 0 ? _pattern.Length : end + 2;
                for (var i = 0; i < quoted.Length;)
                {
                    _pieceAt = _output.Length;
                    Literal(GoText.At(quoted, ref i).Value);
                }

                return quoted.Length > 0 ? 1 : 0;
        }

        var set = new CharacterSet();
        if (TryClass(set)) Set(set);
        else Literal(Character());
        return 1;
    }

    /// <summary>Reads \d, \pL and the like into a set.</summary>
    private bool TryClass(CharacterSet set)
    {
        var letter = _at + 1 < _pattern.Length ? _pattern[_at + 1] : ' ';
        var ranges = char.ToLowerInvariant(letter) switch { 'd' => Digits, 'w' => Words, 's' => Spaces, _ => null };
        if (ranges is not null)
        {
            set.Add(Folded(ranges), char.IsAsciiLetterUpper(letter));
            _at += 2;
            return true;
        }

        if (letter is not ('p' or 'P')) return false;
        var start = _at;
        _at += 2;
        if (IsEnd) throw Fault("invalid character class range", _pattern[start..]);
        string name;
        if (_pattern[_at] == '{')
        {
            var close = _pattern.IndexOf('}', _at);
            if (close < 0) throw Fault("invalid character class range", _pattern[start..]);
            name = _pattern[(_at + 1)..close];
            _at = close + 1;
        }
        else
        {
            name = _pattern[_at++].ToString();
        }

        var isNegated = (letter == 'P') != name.StartsWith('^');
        if (!set.AddUnicode(name.TrimStart('^'), isNegated)) throw Fault("invalid character class range", _pattern[start.._at]);
        return true;
    }

    /// <summary>Reads an escaped character.</summary>
    private int Character()
    {
        var start = _at++;
        if (IsEnd) throw Fault("trailing backslash at end of expression", "");
        var c = GoText.At(_pattern, ref _at).Value;
        switch (c)
        {
            case 'a': return '\a';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'v': return '\v';
            case 'x': return Hex(start);
            case >= '1' and <= '7' when IsEnd || _pattern[_at] is < '0' or > '7': break;
            case >= '0' and <= '7':
                var value = c - '0';
                for (var i = 1; i < 3 && !IsEnd && _pattern[_at] is >= '0' and <= '7'; i++) value = (value * 8) + _pattern[_at++] - '0';
                return value;
            case < 128 when !char.IsAsciiLetterOrDigit((char)c): return c;
        }

        throw Fault("invalid escape sequence", _pattern[start.._at]);
    }

    private int Hex(int start)
    {
        var length = Has("{") ? _pattern.IndexOf('}', _at) - _at - 1 : 2;
        var from = Has("{") ? _at + 1 : _at;
        if (length is < 1 or > 6 || from + length > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(from, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value > 0x10FFFF)
            throw Fault("invalid escape sequence", _pattern[start..Math.Min(_pattern.Length, _at + 2)]);
        _at = from + length + (from > _at ? 1 : 0);
        return value;
    }

    private CharacterSet Class()
    {
        var start = _at++;
        var set = new CharacterSet();
        if (Has("^"))
        {
            set.IsNegated = true;
            _at++;
        }

        for (var isFirst = true; isFirst || IsEnd || _pattern[_at] != ']'; isFirst = false)
        {
            if (IsEnd) throw Fault("missing closing ]", _pattern[start..]);
            if (Has("[:") && _pattern.IndexOf(":]", _at + 2, StringComparison.Ordinal) is >= 0 and var close)
            {
                var name = _pattern[(_at + 2)..close];
                if (Posix(name.TrimStart('^')) is not { } posix) throw Fault("invalid character class range", _pattern[_at..(close + 2)]);
                set.Add(Folded(posix), name.StartsWith('^'));
                _at = close + 2;
                continue;
            }

            if (_pattern[_at] == '\\' && TryClass(set)) continue;
            var rangeAt = _at;
            var low = ClassCharacter(start);
            var high = low;
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                high = ClassCharacter(start);
                if (high < low) throw Fault("invalid character class range", _pattern[rangeAt.._at]);
            }

            set.Add(Folded([(low, high)]), isNegated: false);
        }

        _at++;
        return set;
    }

    /// <summary>Ranges with what Go takes for the same letters where case does not count, and .NET does not.</summary>
    private IReadOnlyList<(int From, int To)> Folded(IReadOnlyList<(int From, int To)> ranges)
        => _options.IgnoresCase ? CharacterSet.Folded(ranges) : ranges;

    private int ClassCharacter(int start)
    {
        if (IsEnd) throw Fault("missing closing ]", _pattern[start..]);
        return _pattern[_at] == '\\' ? Character() : GoText.At(_pattern, ref _at).Value;
    }

    private static (int From, int To)[]? Posix(string name) => name switch
    {
        "alnum" => [('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => [('A', 'Z'), ('a', 'z')],
        "ascii" => [(0, 0x7F)],
        "blank" => [('\t', '\t'), (' ', ' ')],
        "cntrl" => [(0, 0x1F), (0x7F, 0x7F)],
        "digit" => Digits,
        "graph" => [('!', '~')],
        "lower" => [('a', 'z')],
        "print" => [(' ', '~')],
        "punct" => [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => [('\t', '\r'), (' ', ' ')],
        "upper" => [('A', 'Z')],
        "word" => Words,
        "xdigit" => [('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => null,
    };

    private record struct Options
    {
        public bool IgnoresCase { get; set; }

        public bool Lines { get; set; }

        public bool DotAll { get; set; }

        public bool Ungreedy { get; set; }
    }
}
