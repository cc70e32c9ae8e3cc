using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>
/// The values that templates work on: null, bool, long, double, string, lists (<see cref="IReadOnlyList{T}"/>),
/// maps (<see cref="IReadOnlyDictionary{TKey,TValue}"/> with string keys) and <see cref="ITemplateObject"/>.
/// </summary>
public static class Values
{
    /// <summary>Turns JSON into template values; whole numbers become long.</summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public static object? FromJson(JsonElement element, RenderBudget budget) => ValueJson.Read(element, budget);

    /// <summary>Brings any .NET value into the shapes that templates know.</summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public static object? From(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case null or string or bool or long or double or ITemplateObject or TemplateMap or Whole or BigWhole: return value;
            case JsonElement json: return ValueJson.Read(json, budget);
            case byte or sbyte or short or ushort or int or uint: return Convert.ToInt64(value, CultureInfo.InvariantCulture);
            case float or decimal: return Convert.ToDouble(value, CultureInfo.InvariantCulture);
            case Guid or Uri: return value.ToString();
            case IReadOnlyList<object?> list: return list;
            case IEnumerable<KeyValuePair<string, string>> pairs: return Map(pairs, v => v, budget);
            case IEnumerable<KeyValuePair<string, JsonElement>> pairs: return Map(pairs, v => ValueJson.Read(v, budget), budget);
            case IReadOnlyDictionary<string, object?> map:
                budget.MakeMap(map.Count);
                return new TemplateMap(map);
            case IEnumerable items:
                budget.Descend(items);
                var all = new List<object?>();
                foreach (var item in items)
                {
                    budget.MakeList(1);
                    all.Add(From(item, budget));
                }

                budget.Ascend();
                return all;
            default: return value.ToString();
        }
    }

    /// <summary>Truth as `if` sees it: false, 0, nil and anything empty are false.</summary>
    public static bool Truth(object? value) => value switch
    {
        null => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        Whole n => n.Value != 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        ITemplateObject thing => thing.IsTrue,
        _ => true,
    };

    /// <summary>
    /// A value as Go's encoder writes JSON: without blanks, what means something in HTML by its number, a line end behind it.
    /// </summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public static string EncodedJson(object? value, RenderBudget budget) => ValueJson.Write(value, budget) + "\n";

    /// <summary>Text of what is no list and no map, as Go's fmt prints it with %v.</summary>
    internal static string Text(object? value) => value switch
    {
        null => "<nil>",
        bool b => b ? "true" : "false",
        string s => s,
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => GoFloat.Print(d),
        Whole n => n.Name ?? n.Digits,
        IGoObject o => o.Text,
        _ => value.ToString() ?? "",
    };

    /// <summary>A value that is no list and no map, of a type that .NET knows: whole numbers beyond 64 bits become texts.</summary>
    public static object? Plain(object? value) => value switch
    {
        Whole n => n.IsSigned ? n.Value : (ulong)n.Value,
        BigWhole { Value: var big } => big >= 0 && big <= ulong.MaxValue ? (ulong)big : big.ToString(CultureInfo.InvariantCulture),
        IGoObject o => o.Text,
        _ => value,
    };

    /// <summary>Name of a value's Go kind, as error texts and Sprig's kindOf use it.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "invalid",
        bool => "bool",
        long => "int",
        double or BigWhole => "float64",
        string => "string",
        Whole n => n.Kind,
        IReadOnlyList<object?> => "slice",
        IReadOnlyDictionary<string, object?> => "map",
        IGoObject o when o.Type.StartsWith('*') => "ptr",
        _ => "struct",
    };

    /// <summary>Name of a value's Go type, as %T prints it.</summary>
    internal static string TypeOf(object? value) => value switch
    {
        null => "<nil>",
        Whole n => n.Type,
        IReadOnlyList<object?> list => "[]" + TypedList.ElementOf(list),
        IReadOnlyDictionary<string, object?> map => "map[string]" + (map is TemplateMap own ? own.Element : TypedList.Anything),
        IGoObject o => o.Type,
        ITemplateObject => value.GetType().Name,
        _ => Kind(value),
    };

    /// <summary>
    /// A whole number from a number or numeric text, as Sprig's int64 has it: what is no number is 0, a fraction is cut off, a text may be
    /// in octal or hexadecimal digits.
    /// </summary>
    public static long ToLong(object? value) => value switch
    {
        long n => n,
        Whole n => n.Value,
        double d => Cut(d),
        BigWhole n => Cut((double)n.Value),
        bool b => b ? 1 : 0,
        string s => GoNumber.TryWhole(Point(s), 0, out var n) ? n : 0,
        _ => 0,
    };

    /// <summary>A float from a number or numeric text; what is no number is 0.</summary>
    public static double ToDouble(object? value) => value switch
    {
        long n => n,
        Whole n => n.IsSigned ? n.Value : (ulong)n.Value,
        double d => d,
        BigWhole n => (double)n.Value,
        bool b => b ? 1 : 0,
        string s => GoNumber.TryFloat(s, out var d) ? d : 0,
        _ => 0,
    };

    private static long Cut(double value) => value is >= -9.2233720368547758E18 and < 9.2233720368547758E18 ? (long)value : long.MinValue;

    /// <summary>A number's text without a point that only zeros follow.</summary>
    private static string Point(string text)
    {
        var zeros = text.Length;
        while (zeros > 0 && text[zeros - 1] == '0') zeros--;
        return zeros > 0 && zeros < text.Length && text[zeros - 1] == '.' ? text[..(zeros - 1)] : text;
    }

    private static TemplateMap Map<T>(IEnumerable<KeyValuePair<string, T>> pairs, Func<T, object?> convert, RenderBudget budget)
    {
        var map = new TemplateMap();
        foreach (var (key, value) in pairs)
        {
            budget.MakeMap(1);
            map[key] = convert(value);
        }

        return map;
    }
}
