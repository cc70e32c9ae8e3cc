using System.Text;

namespace Anvil.Templates;

/// <summary>
/// Splits template text into tokens: text/template's lexical rules, with whitespace trimming and comments already applied.
/// </summary>
internal sealed class Lexer(string name, string source, RenderBudget budget)
{
    /// <summary>What a token and the nodes that are made of it take, beside its text.</summary>
    private const int OctetsOfToken = 160;

    private readonly List<Token> _tokens = [];
    private int _at;
    private int _start;
    private int _line = 1;
    private int _lineStart;

    public List<Token> Run()
    {
        var trimNext = false;
        while (_at < source.Length)
        {
            var open = source.IndexOf("{{", _at, StringComparison.Ordinal);
            var text = open < 0 ? source[_at..] : source[_at..open];
            var trimThis = open >= 0 && IsTrimOpen(open);
            EmitText(text, trimNext, trimThis);
            if (open < 0) break;
            _start = open;
            _at = open + 2;
            if (trimThis) _at += 1;
            // A blank stands before a comment only as part of the marker that trims.
            var comment = trimThis ? _at + 1 : _at;
            trimNext = string.CompareOrdinal(source, comment, "/*", 0, 2) == 0 ? LexComment(comment) : LexAction();
        }

        _start = source.Length;
        Add(TokenKind.End, "");
        return _tokens;
    }

    private bool IsTrimOpen(int open) => open + 3 < source.Length && source[open + 2] == '-' && IsSpace(source[open + 3]);

    private bool IsTrimClose()
        => _at + 3 < source.Length && IsSpace(source[_at]) && string.CompareOrdinal(source, _at + 1, "-}}", 0, 3) == 0;

    private void EmitText(string text, bool trimLeft, bool trimRight)
    {
        var place = new Place(_line, _at - _lineStart);
        Pass(_at, _at + text.Length);
        if (trimLeft) text = text.TrimStart(' ', '\t', '\r', '\n');
        if (trimRight) text = text.TrimEnd(' ', '\t', '\r', '\n');
        if (text.Length > 0) Add(TokenKind.Text, text, place);
    }

    /// <summary>Lexes one action up to and with its closing delimiter; true when the text after it is to be trimmed.</summary>
    private bool LexAction()
    {
        Add(TokenKind.LeftDelimiter, "{{");
        while (true)
        {
            if (_at >= source.Length) throw Error("unclosed action");
            _start = _at;
            if (IsTrimClose())
            {
                Pass(_at, _at + 1);
                _at += 4;
                Add(TokenKind.RightDelimiter, "}}");
                return true;
            }

            if (string.CompareOrdinal(source, _at, "}}", 0, 2) == 0)
            {
                _at += 2;
                Add(TokenKind.RightDelimiter, "}}");
                return false;
            }

            LexOne();
        }
    }

    private bool LexComment(int start)
    {
        var close = source.IndexOf("*/", start + 2, StringComparison.Ordinal);
        if (close < 0) throw Error("unclosed comment");
        Pass(_at, close);
        _at = close + 2;
        if (IsTrimClose())
        {
            Pass(_at, _at + 1);
            _at += 4;
            return true;
        }

        if (string.CompareOrdinal(source, _at, "}}", 0, 2) != 0) throw Error("comment ends before closing delimiter");
        _at += 2;
        return false;
    }

    private void LexOne()
    {
        var c = source[_at];
        switch (c)
        {
            case ' ' or '\t' or '\r' or '\n':
                LexSpace();
                return;
            case '|': Single(TokenKind.Pipe); return;
            case '(': Single(TokenKind.LeftParen); return;
            case ')': Single(TokenKind.RightParen); return;
            case ',': Single(TokenKind.Comma); return;
            case '=': Single(TokenKind.Assign); return;
            case ':' when Peek(1) == '=':
                Add(TokenKind.Declare, ":=");
                _at += 2;
                return;
            case '"': LexQuoted('"', TokenKind.StringLiteral); return;
            case '\'': LexQuoted('\'', TokenKind.Character); return;
            case '`': LexRaw(); return;
            case '$': LexWord(TokenKind.Variable, 1); return;
            case '.' when !char.IsAsciiDigit(Peek(1)):
                if (IsWord(Peek(1))) LexWord(TokenKind.Field, 1);
                else Single(TokenKind.Dot);
                return;
        }

        if (char.IsAsciiDigit(c) || c == '.' || ((c is '+' or '-') && (char.IsAsciiDigit(Peek(1)) || Peek(1) == '.')))
        {
            LexNumber();
            return;
        }

        if (IsWord(c))
        {
            LexWord(TokenKind.Identifier, 0);
            return;
        }

        throw Error($"unexpected bad character U+{(int)c:X4} '{c}' in action");
    }

    private void LexSpace()
    {
        var start = _at;
        while (_at < source.Length && IsSpace(source[_at]) && !IsTrimClose()) _at++;
        if (_at == start) return;
        Add(TokenKind.Space, " ");
        Pass(start, _at);
    }

    private void LexWord(TokenKind kind, int skip)
    {
        var start = _at;
        _at += skip;
        while (_at < source.Length && IsWord(source[_at])) _at++;
        var text = source[start.._at];
        if (kind == TokenKind.Identifier)
        {
            kind = text switch { "true" or "false" => TokenKind.Bool, "nil" => TokenKind.Nil, _ => TokenKind.Identifier };
        }

        Add(kind, kind == TokenKind.Field ? text[1..] : text);
        if (_at < source.Length && !IsTerminator(source[_at])) throw Error($"bad character U+{(int)source[_at]:X4} '{source[_at]}'");
    }

    private void LexNumber()
    {
        var start = _at++;
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '.' or '_'
            || (source[_at] is '+' or '-' && source[_at - 1] is 'e' or 'E' or 'p' or 'P'))) _at++;
        Add(TokenKind.Number, source[start.._at]);
    }

    private void LexRaw()
    {
        var close = source.IndexOf('`', _at + 1);
        if (close < 0) throw Error("unterminated raw quoted string");
        // As in Go's own raw strings, carriage returns are none of its characters.
        Add(TokenKind.StringLiteral, source[(_at + 1)..close].Replace("\r", "", StringComparison.Ordinal));
        Pass(_at, close);
        _at = close + 1;
    }

    private void LexQuoted(char quote, TokenKind kind)
    {
        var text = new StringBuilder();
        var hasOctets = false;
        var at = _at + 1;
        while (true)
        {
            if (at >= source.Length || source[at] == '\n')
                throw Error(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
            var c = source[at++];
            if (c == quote) break;
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            if (at >= source.Length) throw Error("unterminated quoted string");
            hasOctets |= source[at] is 'x' or (>= '0' and <= '7');
            at = Unescape(at, text, quote);
        }

        // Octets that were written one by one may make a character together.
        Add(kind, hasOctets ? GoText.From(GoText.Bytes(text.ToString())) : text.ToString());
        _at = at;
    }

    private int Unescape(int at, StringBuilder text, char quote)
    {
        var c = source[at++];
        switch (c)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '\\': text.Append(c); break;
            case '"' or '\'' when c == quote: text.Append(c); break;
            case 'x': return Octet(at, 2, 16, text, quote);
            case 'u': return Code(at, 4, text);
            case 'U': return Code(at, 8, text);
            case >= '0' and <= '7': return Octet(at - 1, 3, 8, text, quote);
            default: throw Error($"invalid escape \\{c} in quoted string");
        }

        return at;
    }

    private int Octet(int at, int digits, int radix, StringBuilder text, char quote)
    {
        var octet = Digits(at, digits, radix);
        if (octet > 0xFF) throw Error("invalid escape in quoted string");
        if (quote == '\'') text.Append((char)octet);
        else text.Append(GoText.From([(byte)octet]));
        return at + digits;
    }

    private int Code(int at, int digits, StringBuilder text)
    {
        var code = Digits(at, digits, 16);
        if (code > 0x10FFFF || !Rune.IsValid((int)code)) throw Error("escape is invalid Unicode code point");
        text.Append(new Rune((int)code).ToString());
        return at + digits;
    }

    private long Digits(int at, int digits, int radix)
    {
        if (at + digits > source.Length || !GoNumber.TryWhole(source[at..(at + digits)], radix, out var code))
            throw Error("invalid escape in quoted string");
        return code;
    }

    private char Peek(int offset) => _at + offset < source.Length ? source[_at + offset] : '\0';

    private void Single(TokenKind kind)
    {
        Add(kind, source[_at].ToString());
        _at++;
    }

    private void Add(TokenKind kind, string text) => Add(kind, text, new Place(_line, _start - _lineStart));

    private void Add(TokenKind kind, string text, Place place)
    {
        try
        {
            budget.Step();
            budget.Allocate(OctetsOfToken + (2L * text.Length));
        }
        catch (TemplateFault e)
        {
            throw TemplateException.Parse(name, place.Line, place.Column, e.Message, e.Spent);
        }

        _tokens.Add(new Token(kind, text, place));
    }

    private TemplateException Error(string cause) => TemplateException.Parse(name, _line, Math.Max(0, _start - _lineStart), cause);

    /// <summary>Counts the lines of a stretch that is passed over.</summary>
    private void Pass(int from, int to)
    {
        var text = source.AsSpan(from, to - from);
        if (text.LastIndexOf('\n') is not (>= 0 and var last)) return;
        _line += text.Count('\n');
        _lineStart = from + last + 1;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsWord(char c) => c == '_' || char.IsLetterOrDigit(c);

    private static bool IsTerminator(char c) => IsSpace(c) || c is '.' or ',' or '|' or ':' or '=' or ')' or '(' or '}' or '-';
}
