using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Anvil.Provisioning.Documents;

/// <summary>One pass over a JSON text that compares it with a shape, and notes what is wrong by JSON pointer.</summary>
internal ref struct JsonWalk
{
    private const int LongestQuote = 60;
    private const int FewNames = 8;
    private readonly ReadOnlySpan<byte> _json;
    private readonly string _kind;
    private readonly bool _lenient;
    private readonly List<string>? _notes;
    private readonly List<string> _problems = [];
    private readonly List<string> _path = [];
    private readonly List<Edit> _edits = [];
    private Utf8JsonReader _reader;

    /// <summary>Prepares a walk; a text that is no UTF-8 has its problem at once.</summary>
    /// <param name="json">The text, without a byte order mark.</param>
    /// <param name="kind">Kind of the document, for fields that are known and left out, and for messages.</param>
    /// <param name="lenient">Unknown fields are no problem: a newer version wrote them.</param>
    /// <param name="notes">Gets the unknown fields, which are no problem then; null: they are.</param>
    public JsonWalk(ReadOnlySpan<byte> json, string kind, bool lenient, List<string>? notes = null)
    {
        _json = json;
        _kind = kind;
        _lenient = lenient;
        _notes = notes;
        // The depth is refused here, by its pointer, and not by the reader.
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonLimits.Octets });
        if (!Utf8.IsValid(json)) _problems.Add("the text is no UTF-8");
    }

    /// <summary>What is wrong; empty when nothing is.</summary>
    public readonly IReadOnlyList<string> Problems => _problems;

    /// <summary>Walks the whole text; true when nothing is wrong.</summary>
    public bool Run(Shape shape)
    {
        try
        {
            Next();
            Value(shape);
            if (_reader.Read()) Problem("more than one value");
        }
        catch (JsonException e)
        {
            var (line, octet) = (e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            _problems.Add(_json.IsEmpty ? "there is no JSON"
                : string.Create(CultureInfo.InvariantCulture, $"the JSON breaks at line {line + 1}, octet {octet + 1}"));
        }
        catch (Enough)
        {
            _problems.Add("and more");
        }

        return _problems.Count == 0;
    }

    /// <summary>The text with what was taken in another form than its field has (a number in Meta) in the field's own form.</summary>
    public readonly ReadOnlySpan<byte> Normalized()
    {
        if (_edits.Count == 0) return _json;
        var text = new ArrayBufferWriter<byte>(_json.Length + (2 * _edits.Count));
        var from = 0;
        foreach (var (start, length, isName) in _edits)
        {
            text.Write(_json[from..start]);
            text.Write("\""u8);
            // A field that is null is absent: its name is made one that no field has.
            if (!isName) text.Write(_json.Slice(start, length));
            text.Write("\""u8);
            from = start + length;
        }

        text.Write(_json[from..]);
        return text.WrittenSpan;
    }

    private void Next()
    {
        // The reader throws for a text that ends too early.
        _reader.Read();
    }

    private void Value(Shape shape)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                if (Entered(shape.Kind is ShapeKind.Fields or ShapeKind.Map or ShapeKind.Free, shape)) Object(shape);
                break;
            case JsonTokenType.StartArray:
                if (Entered(shape.Kind is ShapeKind.List or ShapeKind.Free, shape)) List(shape);
                break;
            case JsonTokenType.String:
                Text(shape);
                break;
            case JsonTokenType.Number:
                Number(shape);
                break;
            case JsonTokenType.Null:
                if (shape.Kind != ShapeKind.Free) Problem($"must be {shape.Expected}, not null");
                break;
            default:
                if (shape.Kind is not (ShapeKind.Flag or ShapeKind.Free))
                    Problem($"must be {shape.Expected}, not {(_reader.TokenType == JsonTokenType.True ? "true" : "false")}");
                break;
        }
    }

    /// <summary>False when the object or list is refused as a whole; then it is passed over.</summary>
    private bool Entered(bool fits, Shape shape)
    {
        if (!fits) Problem($"must be {shape.Expected}, not {(_reader.TokenType == JsonTokenType.StartArray ? "a list" : "an object")}");
        else if (_path.Count < JsonLimits.Depth) return true;
        else Problem($"is nested more than {JsonLimits.Depth} levels deep");
        _reader.Skip();
        return false;
    }

    private void List(Shape shape)
    {
        var item = shape.Item ?? shape;
        var depth = _path.Count;
        _path.Add("");
        Next();
        for (var index = 0; _reader.TokenType != JsonTokenType.EndArray; index++, Next())
        {
            _path[depth] = index.ToString(CultureInfo.InvariantCulture);
            Value(item);
        }

        _path.RemoveAt(depth);
    }

    private void Object(Shape shape)
    {
        var depth = _path.Count;
        var names = new List<string>();
        HashSet<string>? many = null;
        _path.Add("");
        Next();
        for (; _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            var start = (int)_reader.TokenStartIndex;
            var length = _reader.ValueSpan.Length + 2;
            var fault = _reader.ValueIsEscaped ? EscapeFault(_reader.ValueSpan) : null;
            var name = fault is null ? _reader.GetString()! : "";
            _path[depth] = name;
            if (fault is not null) Problem($"has a name with {fault}");
            else if (names.Count < FewNames ? names.Contains(name, StringComparer.Ordinal)
                : !(many ??= new(names, StringComparer.Ordinal)).Add(name)) Problem("is there twice");
            else if (many is null) names.Add(name);
            Next();
            Member(shape, name, start, length);
        }

        _path.RemoveAt(depth);
    }

    private void Member(Shape shape, string name, int start, int length)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Map when shape.Item!.Kind == ShapeKind.Text
                && _reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                // As DRP's clients and YAML write labels: a number or truth is its text.
                if (_reader.TokenType == JsonTokenType.Number) Finite();
                _edits.Add(new((int)_reader.TokenStartIndex, _reader.ValueSpan.Length, IsName: false));
                break;
            case ShapeKind.Map:
                Value(shape.Item!);
                break;
            case ShapeKind.Fields when shape.Fields.TryGetValue(name, out var field):
                if (_reader.TokenType == JsonTokenType.Null && field.Kind != ShapeKind.Free) _edits.Add(new(start, length, IsName: true));
                else Value(field);
                break;
            case ShapeKind.Fields when !_lenient && !DrpFields.IsState(_kind, name):
                if (!DrpFields.IsWish(_kind, name)) Unknown($"is no field of {_kind}{Hint(shape, name)}");
                else if (!IsEmpty()) Unknown("is a field of DRP v4 that is not served here: it must be empty");
                _reader.Skip();
                break;
            default:
                Value(new Shape(ShapeKind.Free));
                break;
        }
    }

    private static string Hint(Shape shape, string name)
        => shape.Fields.Keys.FirstOrDefault(f => f.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } near
            ? $": is {near} meant?" : "";

    private readonly bool IsEmpty() => _reader.TokenType switch
    {
        JsonTokenType.Null or JsonTokenType.False => true,
        JsonTokenType.String or JsonTokenType.Number => _reader.ValueSpan.IsEmpty || _reader.ValueSpan.SequenceEqual("0"u8),
        JsonTokenType.StartArray or JsonTokenType.StartObject => EndsAtOnce(_reader),
        _ => false,
    };

    private static bool EndsAtOnce(Utf8JsonReader copy)
        => copy.Read() && copy.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject;

    private void Text(Shape shape)
    {
        if (_reader.ValueIsEscaped && EscapeFault(_reader.ValueSpan) is { } fault)
        {
            Problem($"has {fault}");
            return;
        }

        switch (shape.Kind)
        {
            case ShapeKind.Text or ShapeKind.Free:
                return;
            case ShapeKind.Time when _reader.ValueSpan.IsEmpty
                || (_reader.ValueSpan.Length <= LongestQuote && Rfc3339.IsTime(_reader.GetString()!)):
                return;
            case ShapeKind.Choice when _reader.ValueSpan.Length <= LongestQuote
                && shape.Choices.Contains(_reader.GetString()!, StringComparer.Ordinal):
                return;
            default:
                Problem($"must be {shape.Expected}, not {(shape.Kind is ShapeKind.Time or ShapeKind.Choice ? Quoted() : "a text")}");
                return;
        }
    }

    private readonly string Quoted()
    {
        var text = _reader.GetString()!;
        return text.Length <= LongestQuote ? $"\"{text}\"" : $"\"{text[..LongestQuote]}…\"";
    }

    private void Number(Shape shape)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Free or ShapeKind.Number:
                Finite();
                return;
            case ShapeKind.Whole when _reader.ValueSpan.IndexOfAny(".eE"u8) < 0
                && Utf8Parser.TryParse(_reader.ValueSpan, out decimal whole, out var used)
                && used == _reader.ValueSpan.Length && whole >= shape.Least && whole <= shape.Most:
                return;
            default:
                Problem($"must be {shape.Expected}, not {(shape.Kind == ShapeKind.Whole ? Written() : "a number")}");
                return;
        }
    }

    /// <summary>A number that a double cannot hold is read by no client, though JSON's grammar knows it.</summary>
    private void Finite()
    {
        if (_reader.ValueSpan.Length > JsonLimits.NumberOctets) Problem($"is a number of more than {JsonLimits.NumberOctets} octets");
        else if (!double.IsFinite(double.Parse(_reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture)))
            Problem($"is a number that is too large: {Written()}");
    }

    private readonly string Written()
    {
        var text = _reader.ValueSpan;
        return text.Length <= LongestQuote ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..LongestQuote]) + "…";
    }

    /// <summary>
    /// What is wrong with a text's escapes: JSON's grammar allows what is no text (RFC 8259, section 8.2), and PostgreSQL takes no U+0000.
    /// </summary>
    private static string? EscapeFault(ReadOnlySpan<byte> text)
    {
        var high = false;
        for (var i = 0; i < text.Length; i++)
        {
            var unit = -1;
            if (text[i] == '\\')
            {
                i++;
                if (text[i] == 'u')
                {
                    Utf8Parser.TryParse(text.Slice(i + 1, 4), out ushort code, out _, 'x');
                    unit = code;
                    i += 4;
                }
            }

            if (unit == 0) return "the character U+0000";
            if (high != unit is >= 0xDC00 and <= 0xDFFF) return "half of a surrogate pair";
            high = unit is >= 0xD800 and <= 0xDBFF;
        }

        return high ? "half of a surrogate pair" : null;
    }

    private readonly void Unknown(string what)
    {
        if (_notes is null) Problem(what);
        else if (_notes.Count < JsonLimits.Problems) _notes.Add($"{Pointer()} {what}");
    }

    private readonly void Problem(string what)
    {
        if (_problems.Count >= JsonLimits.Problems) throw new Enough();
        _problems.Add(_path.Count == 0 ? $"the value {what}" : $"{Pointer()} {what}");
    }

    private readonly string Pointer()
    {
        var pointer = new StringBuilder();
        foreach (var token in _path)
        {
            pointer.Append('/').Append(JsonPatch.Escape(token.Length <= LongestQuote * 4 ? token : token[..(LongestQuote * 4)] + "…"));
        }

        return pointer.ToString();
    }

    private readonly record struct Edit(int Start, int Length, bool IsName);

    private sealed class Enough : Exception;
}
