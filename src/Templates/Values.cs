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
            case null or string or bool or long or double or ITemplateObject or TemplateMap: return value;
            case JsonElement json: return ValueJson.Read(json, budget);
            case byte or sbyte or short or ushort or int or uint or ulong: return Convert.ToInt64(value, CultureInfo.InvariantCulture);
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
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    /// <summary>A value as JSON text, as toJson writes it.</summary>
    /// <exception cref="TemplateFault">A bound is hit.</exception>
    public static string Json(object? value, RenderBudget budget) => ValueJson.Write(value, budget);

    /// <summary>Text of what is no list and no map, as Go's fmt prints it with %v.</summary>
    internal static string Text(object? value) => value switch
    {
        null => "<no value>",
        bool b => b ? "true" : "false",
        string s => s,
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => GoFloat(d),
        _ => value.ToString() ?? "",
    };

    /// <summary>Name of a value's Go kind, as error texts and Sprig's kindOf use it.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "invalid",
        bool => "bool",
        long => "int",
        double => "float64",
        string => "string",
        IReadOnlyList<object?> => "slice",
        IReadOnlyDictionary<string, object?> => "map",
        _ => "struct",
    };

    /// <summary>A whole number from a number or numeric text (Sprig's int64 rule: what is no number is 0).</summary>
    public static long ToLong(object? value) => value switch
    {
        long n => n,
        double d => double.IsFinite(d) ? (long)d : 0,
        bool b => b ? 1 : 0,
        string s when long.TryParse(s, NumberStyles.Integer, CultureInfo.InvariantCulture, out var n) => n,
        string s when double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) => (long)d,
        _ => 0,
    };

    /// <summary>A float from a number or numeric text; what is no number is 0.</summary>
    public static double ToDouble(object? value) => value switch
    {
        long n => n,
        double d => d,
        bool b => b ? 1 : 0,
        string s when double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) => d,
        _ => 0,
    };

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

    private static string GoFloat(double d)
    {
        if (double.IsNaN(d)) return "NaN";
        if (double.IsInfinity(d)) return d > 0 ? "+Inf" : "-Inf";
        var magnitude = Math.Abs(d);
        if (magnitude != 0 && magnitude is < 1e-4 or >= 1e21) return d.ToString("0.################e+00", CultureInfo.InvariantCulture);
        return d.ToString("0.##################", CultureInfo.InvariantCulture);
    }
}
