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
    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Aggregate(new TemplateMap(), (map, p) =>
        {
            map[p.Name] = FromJson(p.Value);
            return map;
        }),
        JsonValueKind.Array => element.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>Brings any .NET value into the shapes that templates know.</summary>
    public static object? From(object? value) => value switch
    {
        null or string or bool or long or double or ITemplateObject or TemplateMap => value,
        JsonElement json => FromJson(json),
        byte or sbyte or short or ushort or int or uint or ulong => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        float or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        Guid or Uri => value.ToString(),
        IReadOnlyList<object?> list => list,
        IEnumerable<KeyValuePair<string, string>> pairs =>
            new TemplateMap(pairs.Select(p => KeyValuePair.Create(p.Key, (object?)p.Value))),
        IEnumerable<KeyValuePair<string, JsonElement>> pairs =>
            new TemplateMap(pairs.Select(p => KeyValuePair.Create(p.Key, FromJson(p.Value)))),
        IReadOnlyDictionary<string, object?> map => new TemplateMap(map),
        IEnumerable items => items.Cast<object?>().Select(From).ToList(),
        _ => value.ToString(),
    };

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

    /// <summary>Text as Go's fmt prints it with %v.</summary>
    public static string Text(object? value) => value switch
    {
        null => "<no value>",
        bool b => b ? "true" : "false",
        string s => s,
        long n => n.ToString(CultureInfo.InvariantCulture),
        double d => GoFloat(d),
        IReadOnlyList<object?> list => $"[{string.Join(' ', list.Select(Inner))}]",
        IReadOnlyDictionary<string, object?> map =>
            $"map[{string.Join(' ', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Inner(p.Value)}"))}]",
        _ => value.ToString() ?? "",
    };

    /// <summary>A value as JSON text, as toJson writes it.</summary>
    public static string Json(object? value) => EncodingFunctions.Json(value);

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

    internal static bool Same(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (long x, double y) => x == y,
        (double x, long y) => x == y,
        (IReadOnlyList<object?> x, IReadOnlyList<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Same(p.First, p.Second)),
        (IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y) =>
            x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out var other) && Same(p.Value, other)),
        _ => Equals(a, b),
    };

    private static string Inner(object? value) => value is null ? "<nil>" : Text(value);

    private static string GoFloat(double d)
    {
        if (double.IsNaN(d)) return "NaN";
        if (double.IsInfinity(d)) return d > 0 ? "+Inf" : "-Inf";
        var magnitude = Math.Abs(d);
        if (magnitude != 0 && magnitude is < 1e-4 or >= 1e21) return d.ToString("0.################e+00", CultureInfo.InvariantCulture);
        return d.ToString("0.##################", CultureInfo.InvariantCulture);
    }
}
