using System.Globalization;
using System.Numerics;
using System.Text;

namespace Anvil.Templates;

/// <summary>Go's fmt.Sprintf: all verbs and flags, width, precision and numbered arguments, and what it says of mistakes.</summary>
internal sealed class Printf
{
    /// <summary>Largest width and precision.</summary>
    private const int Most = 1_000_000;

    private readonly StringBuilder _output = new();
    private readonly string _format;
    private readonly IReadOnlyList<object?> _arguments;
    private readonly RenderBudget _budget;
    private Flags _flags;
    private int _at;
    private int _next;
    private bool _isReordered;
    private bool _isGoodNumber;
    private bool _isAfterIndex;

    private Printf(string format, IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        _format = format;
        _arguments = arguments;
        _budget = budget;
    }

    /// <summary>A text from a format and arguments.</summary>
    public static string Format(string format, IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        var printf = new Printf(format, arguments, budget);
        printf.Run();
        budget.MakeText(printf._output.Length);
        return printf._output.ToString();
    }

    private void Run()
    {
        while (_at < _format.Length)
        {
            _isGoodNumber = true;
            var verb = _format.IndexOf('%', _at);
            Write(_format[_at..(verb < 0 ? _format.Length : verb)]);
            if (verb < 0) break;
            _at = verb + 1;
            _budget.MakeText(32);
            if (!Verb()) break;
        }

        if (!_isReordered && _next < _arguments.Count) Extra();
    }

    private void Extra()
    {
        _flags = default;
        Write("%!(EXTRA ");
        for (var i = _next; i < _arguments.Count; i++)
        {
            if (i > _next) Write(", ");
            if (_arguments[i] is not { } extra)
            {
                Write("<nil>");
                continue;
            }

            Write(Values.TypeOf(extra));
            Write("=");
            Argument(extra, 'v');
        }

        Write(")");
    }

    /// <summary>Prints one verb; false at the format's end.</summary>
    private bool Verb()
    {
        _flags = default;
        _isAfterIndex = false;
        for (; _at < _format.Length && Flag(_format[_at]); _at++)
        {
        }

        Index();
        if (_at < _format.Length && _format[_at] == '*')
        {
            _at++;
            _flags.Width = FromArgument();
            if (_flags.Width is null) Write("%!(BADWIDTH)");
            if (_flags.Width < 0)
            {
                _flags.Width = -_flags.Width;
                _flags.Minus = true;
                _flags.Zero = false;
            }

            _isAfterIndex = false;
        }
        else
        {
            _flags.Width = Number();
            if (_isAfterIndex && _flags.Width is not null) _isGoodNumber = false;
        }

        if (_at + 1 < _format.Length && _format[_at] == '.')
        {
            _at++;
            if (_isAfterIndex) _isGoodNumber = false;
            Index();
            if (_at < _format.Length && _format[_at] == '*')
            {
                _at++;
                _flags.Precision = FromArgument();
                if (_flags.Precision < 0) _flags.Precision = null;
                if (_flags.Precision is null) Write("%!(BADPREC)");
                _isAfterIndex = false;
            }
            else
            {
                _flags.Precision = Number() ?? 0;
            }
        }

        if (!_isAfterIndex) Index();
        if (_at >= _format.Length)
        {
            Write("%!(NOVERB)");
            return false;
        }

        var verb = GoText.At(_format, ref _at);
        if (verb.Value == '%') Write("%");
        else if (!_isGoodNumber) Write($"%!{verb}(BADINDEX)");
        else if (_next >= _arguments.Count) Write($"%!{verb}(MISSING)");
        else
        {
            if (verb.Value == 'v')
            {
                (_flags.SharpV, _flags.Sharp) = (_flags.Sharp, false);
                (_flags.PlusV, _flags.Plus) = (_flags.Plus, false);
            }

            _budget.Allocate(4L * ((_flags.Width ?? 0) + (_flags.Precision ?? 0)));
            Argument(_arguments[_next++], verb.IsBmp ? (char)verb.Value : '\uFFFD', verb);
        }

        return true;
    }

    private bool Flag(char c)
    {
        switch (c)
        {
            case '#': _flags.Sharp = true; return true;
            case '0': _flags.Zero = !_flags.Minus; return true;
            case '+': _flags.Plus = true; return true;
            case ' ': _flags.Space = true; return true;
            case '-':
                _flags.Minus = true;
                _flags.Zero = false;
                return true;
            default: return false;
        }
    }

    private int? Number()
    {
        int? number = null;
        for (; _at < _format.Length && char.IsAsciiDigit(_format[_at]); _at++)
        {
            if (number > Most)
            {
                _at = _format.Length;
                return null;
            }

            number = ((number ?? 0) * 10) + (_format[_at] - '0');
        }

        return number;
    }

    private int? FromArgument()
    {
        if (_next >= _arguments.Count) return null;
        var value = _arguments[_next++];
        return value is long or Whole && Values.ToLong(value) is var n and >= -Most and <= Most ? (int)n : null;
    }

    /// <summary>Reads an argument's number, [n].</summary>
    private void Index()
    {
        if (_at >= _format.Length || _format[_at] != '[')
        {
            _isAfterIndex = false;
            return;
        }

        _isReordered = true;
        var close = _format.IndexOf(']', _at);
        if (close < 0 || _format.Length - _at < 3)
        {
            _at++;
            _isGoodNumber = false;
            _isAfterIndex = false;
            return;
        }

        var text = _format.AsSpan(_at + 1, close - _at - 1);
        _at = close + 1;
        var isNumber = text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
        _isAfterIndex = isNumber;
        if (isNumber && text.Length < 9 && int.Parse(text, CultureInfo.InvariantCulture) is var n && n >= 1 && n <= _arguments.Count)
            _next = n - 1;
        else
            _isGoodNumber = false;
    }

    private void Argument(object? value, char verb, Rune? shown = null)
    {
        switch (verb)
        {
            case 'T':
                Text(Values.TypeOf(value));
                return;
            case 'v' when value is null:
                Pad("<nil>");
                return;
            case 'p' when value is IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>:
                // No two things at one time are at one place; that is all that a pointer says.
                Whole64(0xC000000000UL + (uint)System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value), 16, 'v', !_flags.Sharp);
                return;
            case 'p' or 'w':
                Bad(value, shown ?? new Rune(verb));
                return;
        }

        Value(value, verb, shown ?? new Rune(verb), false);
    }

    private void Value(object? value, char verb, Rune shown, bool isInner)
    {
        switch (value)
        {
            case null when isInner:
                Write(_flags.SharpV ? "interface {}(nil)" : "<nil>");
                break;
            case bool b when verb is 't' or 'v':
                Pad(b ? "true" : "false");
                break;
            case string s:
                String(s, verb, shown);
                break;
            case Whole { Name: { } name } when verb is 'v' or 's' or 'x' or 'X' or 'q' && !_flags.SharpV:
                String(name, verb, shown);
                break;
            case long n:
                Integer(n, (ulong)n, true, verb, shown, value);
                break;
            case Whole n:
                Integer(n.Value, (ulong)n.Value, n.IsSigned, verb, shown, value);
                break;
            case BigWhole n when verb is 'v' or 'd' or 's':
                BigDigits(n.Value);
                break;
            case double or BigWhole:
                Float(Values.ToDouble(value), verb, shown, value);
                break;
            case IReadOnlyList<object?> list:
                List(list, verb, shown);
                break;
            case IReadOnlyDictionary<string, object?> map:
                Map(map, verb, shown);
                break;
            case GoTime time when verb == 'v' && _flags.SharpV:
                Pad(time.Code);
                break;
            case ITemplateObject when verb is 'v' or 's' or 'x' or 'X' or 'q':
                String(Values.Text(value), verb, shown);
                break;
            default:
                Bad(value, shown);
                break;
        }
    }

    private void List(IReadOnlyList<object?> list, char verb, Rune shown)
    {
        _budget.Descend(list);
        if (_flags.SharpV) Write(Values.TypeOf(list));
        if (_flags.SharpV && list is TypedList { IsNil: true })
        {
            Write("(nil)");
            _budget.Ascend();
            return;
        }

        Write(_flags.SharpV ? "{" : "[");
        for (var i = 0; i < list.Count; i++)
        {
            if (i > 0) Write(_flags.SharpV ? ", " : " ");
            Value(list[i], verb, shown, true);
        }

        Write(_flags.SharpV ? "}" : "]");
        _budget.Ascend();
    }

    private void Map(IReadOnlyDictionary<string, object?> map, char verb, Rune shown)
    {
        _budget.Descend(map);
        Write(_flags.SharpV ? Values.TypeOf(map) + "{" : "map[");
        var isFirst = true;
        foreach (var (key, item) in _budget.Sorted(map))
        {
            if (!isFirst) Write(_flags.SharpV ? ", " : " ");
            isFirst = false;
            String(key, verb, shown);
            Write(":");
            Value(item, verb, shown, true);
        }

        Write(_flags.SharpV ? "}" : "]");
        _budget.Ascend();
    }

    private void Bad(object? value, Rune verb)
    {
        Write($"%!{verb}(");
        if (value is null)
        {
            Write("<nil>");
        }
        else
        {
            Write(Values.TypeOf(value));
            Write("=");
            if (value is ITemplateObject) Pad(Values.Text(value));
            else Value(value, 'v', new Rune('v'), false);
        }

        Write(")");
    }

    private void String(string text, char verb, Rune shown)
    {
        switch (verb)
        {
            case 'v' when _flags.SharpV:
            case 'q':
                Quoted(text);
                break;
            case 'v' or 's':
                Text(text);
                break;
            case 'x' or 'X':
                Octets(text, verb);
                break;
            default:
                Bad(text, shown);
                break;
        }
    }

    private void Text(string text) => Pad(Truncated(text));

    private string Truncated(string text)
    {
        if (_flags.Precision is not { } most || text.Length <= most) return text;
        var at = 0;
        for (var i = 0; i < most && at < text.Length; i++) GoText.At(text, ref at);
        return text[..at];
    }

    private void Quoted(string text)
    {
        text = Truncated(text);
        _budget.MakeText(10L * text.Length);
        if (_flags.Sharp && GoQuote.CanBackquote(text)) Pad("`" + text + "`");
        else Pad(GoQuote.Text(text, _flags.Plus));
    }

    private void Octets(string text, char verb)
    {
        _budget.MakeText(8L * text.Length);
        var octets = GoText.Bytes(text).AsSpan();
        if (_flags.Precision is { } most && most < octets.Length) octets = octets[..most];
        var hex = new StringBuilder();
        for (var i = 0; i < octets.Length; i++)
        {
            if (_flags.Space && i > 0) hex.Append(' ');
            if (_flags.Sharp && (_flags.Space || i == 0)) hex.Append('0').Append(verb);
            hex.Append(octets[i].ToString(verb == 'x' ? "x2" : "X2", CultureInfo.InvariantCulture));
        }

        Pad(hex.ToString());
    }

    private void Integer(long value, ulong bits, bool isSigned, char verb, Rune shown, object whole)
    {
        var isNegative = isSigned && value < 0;
        var size = isNegative ? 0 - bits : bits;
        switch (verb)
        {
            case 'v' when _flags.SharpV && !isSigned: Whole64(bits, 16, 'v', true); break;
            case 'v' or 'd': Digits(size, isNegative, 10, verb); break;
            case 'b': Digits(size, isNegative, 2, verb); break;
            case 'o' or 'O': Digits(size, isNegative, 8, verb); break;
            case 'x' or 'X': Digits(size, isNegative, 16, verb); break;
            case 'c': Pad(Character(bits).ToString()); break;
            case 'q':
                Pad(GoQuote.Character(Character(bits), _flags.Plus));
                break;
            case 'U': Unicode(bits); break;
            default: Bad(whole, shown); break;
        }
    }

    private static Rune Character(ulong bits)
        => bits <= 0x10FFFF && Rune.IsValid((int)bits) ? new Rune((int)bits) : Rune.ReplacementChar;

    private void Whole64(ulong value, int radix, char verb, bool isSharp)
    {
        var sharp = _flags.Sharp;
        _flags.Sharp = isSharp;
        Digits(value, false, radix, verb);
        _flags.Sharp = sharp;
    }

    private void Digits(ulong size, bool isNegative, int radix, char verb)
    {
        var least = 0;
        if (_flags.Precision is { } precision)
        {
            least = precision;
            if (precision == 0 && size == 0)
            {
                Write(new string(' ', _flags.Width ?? 0));
                return;
            }
        }
        else if (_flags.Zero && _flags.Width is { } width)
        {
            least = isNegative || _flags.Plus || _flags.Space ? width - 1 : width;
        }

        var digits = radix switch
        {
            10 => size.ToString(CultureInfo.InvariantCulture),
            16 => size.ToString(verb == 'X' ? "X" : "x", CultureInfo.InvariantCulture),
            2 => size.ToString("b", CultureInfo.InvariantCulture),
            _ => Octal(size),
        };
        if (digits.Length < least) digits = digits.PadLeft(least, '0');
        if (_flags.Sharp)
        {
            digits = radix switch
            {
                2 => "0b" + digits,
                8 => digits[0] == '0' ? digits : "0" + digits,
                16 => (verb == 'X' ? "0X" : "0x") + digits,
                _ => digits,
            };
        }

        if (verb == 'O') digits = "0o" + digits;
        PadBlank(Sign(isNegative) + digits);
    }

    private string Sign(bool isNegative) => isNegative ? "-" : _flags.Plus ? "+" : _flags.Space ? " " : "";

    private static string Octal(ulong value)
    {
        var digits = new StringBuilder();
        do
        {
            digits.Insert(0, (char)('0' + (value & 7)));
            value >>= 3;
        }
        while (value != 0);
        return digits.ToString();
    }

    private void BigDigits(BigInteger value)
    {
        var digits = BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture);
        if (_flags.Zero && _flags.Width is { } width) digits = digits.PadLeft(width - Sign(value.Sign < 0).Length, '0');
        PadBlank(Sign(value.Sign < 0) + digits);
    }

    private void Unicode(ulong value)
    {
        var text = "U+" + value.ToString("X4", CultureInfo.InvariantCulture).PadLeft(Math.Max(4, _flags.Precision ?? 4), '0');
        if (_flags.Sharp && value <= 0x10FFFF && Rune.IsValid((int)value) && GoUnicode.IsPrint(new Rune((int)value)))
            text += $" '{new Rune((int)value)}'";
        PadBlank(text);
    }

    private void Float(double value, char verb, Rune shown, object whole)
    {
        var (format, precision) = verb switch
        {
            'v' => ('g', -1),
            'b' or 'g' or 'G' or 'x' or 'X' => (verb, -1),
            'f' or 'e' or 'E' => (verb, 6),
            'F' => ('f', 6),
            _ => ('\0', 0),
        };
        if (format == '\0')
        {
            Bad(whole, shown);
            return;
        }

        precision = _flags.Precision ?? precision;
        if (precision > 0) _budget.MakeText(3L * precision);
        _budget.Allocate(2048);
        var number = GoFloat.Format(value, format, precision);
        if (number[0] is not ('-' or '+')) number = "+" + number;
        if (_flags.Space && number[0] == '+' && !_flags.Plus) number = " " + number[1..];
        if (number[1] is 'I' or 'N')
        {
            if (number[1] == 'N' && !_flags.Space && !_flags.Plus) number = number[1..];
            PadBlank(number);
            return;
        }

        if (_flags.Sharp && format != 'b') number = WithPoint(number, format, precision);
        if (!_flags.Plus && number[0] == '+')
        {
            Pad(number[1..]);
        }
        else if (_flags.Zero && _flags.Width > number.Length)
        {
            Write(number[..1] + number[1..].PadLeft(_flags.Width.Value - 1, '0'));
        }
        else
        {
            Pad(number);
        }
    }

    /// <summary>A number in which a point stands and, for %g, as many digits as the precision says.</summary>
    private static string WithPoint(string number, char format, int precision)
    {
        var digits = format is 'g' or 'G' or 'x' ? precision == -1 ? 6 : precision : 0;
        var tailAt = number.AsSpan(1).IndexOfAny(format is 'x' or 'X' ? "pP" : "eEpP");
        var tail = tailAt < 0 ? "" : number[(tailAt + 1)..];
        var head = tailAt < 0 ? number : number[..(tailAt + 1)];
        var isAfterZeros = false;
        foreach (var c in head.AsSpan(1))
        {
            if (c == '.') continue;
            if (c != '0') isAfterZeros = true;
            if (isAfterZeros) digits--;
        }

        if (!head.Contains('.', StringComparison.Ordinal))
        {
            if (head.Length == 2 && head[1] == '0') digits--;
            head += ".";
        }

        return head + new string('0', Math.Max(0, digits)) + tail;
    }

    /// <summary>Pads with blanks, whatever the flags say.</summary>
    private void PadBlank(string text)
    {
        var zero = _flags.Zero;
        _flags.Zero = false;
        Pad(text);
        _flags.Zero = zero;
    }

    private void Pad(string text)
    {
        var missing = (_flags.Width ?? 0) - (_flags.Width is > 0 ? GoText.Count(text) : 0);
        if (missing <= 0)
        {
            Write(text);
            return;
        }

        var padding = new string(_flags.Zero ? '0' : ' ', missing);
        Write(_flags.Minus ? text + padding : padding + text);
    }

    private void Write(string text)
    {
        _budget.MakeText(2L * text.Length);
        _output.Append(text);
    }

    private record struct Flags
    {
        public int? Width { get; set; }

        public int? Precision { get; set; }

        public bool Minus { get; set; }

        public bool Plus { get; set; }

        public bool Sharp { get; set; }

        public bool Space { get; set; }

        public bool Zero { get; set; }

        public bool PlusV { get; set; }

        public bool SharpV { get; set; }
    }
}
