using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Values from JSON and to JSON (as Go's encoding/json writes it), at the cost of a budget.</summary>
internal sealed class ValueJson
{
    /// <summary>Octets charged for a value that is read, beside its text.</summary>
    private const int OctetsOfValue = 64;

    private readonly StringBuilder _output = new();
    private readonly RenderBudget _budget;
    private readonly bool _isHtml;
    private readonly bool _isPretty;
    private int _level;

    private ValueJson(RenderBudget budget, bool isHtml, bool isPretty)
    {
        _budget = budget;
        _isHtml = isHtml;
        _isPretty = isPretty;
    }

    /// <summary>A value as JSON.</summary>
    /// <param name="value">The value.</param>
    /// <param name="budget">What it may take.</param>
    /// <param name="isHtml">What means something in HTML is escaped.</param>
    /// <param name="isPretty">Each item on a line of its own, two blanks a level.</param>
    public static string Write(object? value, RenderBudget budget, bool isHtml = true, bool isPretty = false)
    {
        budget.Allocate(512);
        var json = new ValueJson(budget, isHtml, isPretty);
        json.Write(value);
        budget.MakeText(json._output.Length);
        return json._output.ToString();
    }

    /// <summary>A value from JSON.</summary>
    /// <param name="element">The JSON.</param>
    /// <param name="budget">What it may take.</param>
    /// <param name="isFloat">
    /// All numbers become floats, as in Go, and one that is too large for that nothing; else whole numbers stay whole and keep their
    /// digits.
    /// </param>
    public static object? Read(JsonElement element, RenderBudget budget, bool isFloat = false)
    {
        budget.Step();
        budget.Allocate(OctetsOfValue);
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new TemplateMap();
                budget.Descend(map);
                foreach (var property in element.EnumerateObject())
                {
                    var name = property.Name;
                    budget.Allocate(128 + (2 * name.Length));
                    map[name] = Read(property.Value, budget, isFloat);
                }

                budget.Ascend();
                return map;
            case JsonValueKind.Array:
                budget.MakeList(element.GetArrayLength());
                var list = new List<object?>(element.GetArrayLength());
                budget.Descend(list);
                foreach (var item in element.EnumerateArray()) list.Add(Read(item, budget, isFloat));
                budget.Ascend();
                return list;
            case JsonValueKind.String:
                var text = element.GetString()!;
                budget.MakeText(text.Length);
                return text;
            case JsonValueKind.Number: return isFloat ? Float(element) : Number(element, budget);
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            default: return null;
        }
    }

    private static object? Float(JsonElement element) => element.GetDouble() is var number && double.IsFinite(number) ? number : null;

    private static object Number(JsonElement element, RenderBudget budget)
    {
        if (element.TryGetInt64(out var whole)) return whole;
        var digits = element.GetRawText();
        budget.MakeText(digits.Length);
        if (digits.AsSpan().ContainsAny(".eE")) return element.GetDouble();
        // Making a number of digits takes longer the more there are.
        budget.Step(1 + (digits.Length / 8));
        budget.Allocate(64 + (2L * digits.Length));
        return new BigWhole(BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private void Write(object? value)
    {
        _budget.Step();
        switch (value)
        {
            case null or TypedList { IsNil: true }: Append("null"); break;
            case bool b: Append(b ? "true" : "false"); break;
            case long n: Append(n.ToString(CultureInfo.InvariantCulture)); break;
            case Whole n: Append(n.Digits); break;
            case BigWhole n: Append(n.ToString()); break;
            case double d when !double.IsFinite(d): throw new TemplateFault($"json: unsupported value: {GoFloat.Print(d)}");
            case double d: Append(GoFloat.Json(d)); break;
            case IReadOnlyDictionary<string, object?> map:
                _budget.Descend(map);
                Container('{', '}', _budget.Sorted(map), entry =>
                {
                    Text(entry.Key);
                    Append(_isPretty ? ": " : ":");
                    Write(entry.Value);
                });
                _budget.Ascend();
                break;
            case IReadOnlyList<object?> list:
                _budget.Descend(list);
                Container('[', ']', list, Write);
                _budget.Ascend();
                break;
            case IGoObject o: Write(o.Json); break;
            default: Text(value as string ?? Values.Text(value)); break;
        }
    }

    private void Container<T>(char open, char close, IReadOnlyList<T> items, Action<T> write)
    {
        Append(open.ToString());
        _level++;
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) Append(",");
            Line();
            write(items[i]);
        }

        _level--;
        if (items.Count > 0) Line();
        Append(close.ToString());
    }

    private void Line()
    {
        if (_isPretty) Append("\n" + new string(' ', 2 * _level));
    }

    private void Append(string text)
    {
        // A buffer that grows is copied, and the half of it is waste.
        _budget.Allocate(4L * text.Length);
        _output.Append(text);
    }

    private void Text(string text)
    {
        _budget.Step(1 + (text.Length / 64));
        _budget.Allocate(16L + (16L * text.Length));
        _output.Append('"');
        for (var i = 0; i < text.Length;)
        {
            var isRaw = GoText.IsRaw(text, i);
            var rune = GoText.At(text, ref i);
            switch (rune.Value)
            {
                case '"' or '\\': _output.Append('\\').Append((char)rune.Value); break;
                case '\n': _output.Append("\\n"); break;
                case '\r': _output.Append("\\r"); break;
                case '\t': _output.Append("\\t"); break;
                case '\b': _output.Append("\\b"); break;
                case '\f': _output.Append("\\f"); break;
                case < ' ' or 0x2028 or 0x2029: Escape(rune.Value); break;
                case '<' or '>' or '&' when _isHtml: Escape(rune.Value); break;
                default:
                    if (isRaw) _output.Append("\\ufffd");
                    else _output.Append(rune.ToString());
                    break;
            }
        }

        _output.Append('"');
    }

    private void Escape(int value) => _output.Append("\\u").Append(value.ToString("x4", CultureInfo.InvariantCulture));
}
