using System.Collections.Frozen;

namespace Anvil.Templates;

/// <summary>
/// The functions that templates may call: text/template's own, and Sprig's without env, expandenv, ago and now (as DRP offers them).
/// </summary>
internal static class Functions
{
    private static readonly FrozenDictionary<string, Function> Table = new Func<IEnumerable<Function>>[]
        { BuiltinFunctions.All, StringFunctions.All, ListFunctions.All, MapFunctions.All, NumberFunctions.All, EncodingFunctions.All,
            DateFunctions.All }
        .SelectMany(all => all()).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    public static bool Exists(string name) => name is "and" or "or" || Table.ContainsKey(name);

    public static object? Call(string name, IReadOnlyList<object?> arguments)
    {
        var function = Table[name];
        if (arguments.Count < function.Least || arguments.Count > function.Most)
        {
            var want = function.Most == int.MaxValue
                ? $"at least {function.Least}"
                : function.Least == function.Most ? $"{function.Least}" : $"{function.Least} to {function.Most}";
            throw new TemplateFault($"wrong number of args for {name}: want {want} got {arguments.Count}");
        }

        return function.Body(arguments);
    }
}

/// <summary>A template function with the number of arguments that it takes.</summary>
internal sealed record Function(string Name, int Least, int Most, Func<IReadOnlyList<object?>, object?> Body)
{
    public static Function Of(string name, Func<object?> body) => new(name, 0, 0, _ => body());

    public static Function Of(string name, Func<object?, object?> body) => new(name, 1, 1, a => body(a[0]));

    public static Function Of(string name, Func<object?, object?, object?> body) => new(name, 2, 2, a => body(a[0], a[1]));

    public static Function Of(string name, Func<object?, object?, object?, object?> body) => new(name, 3, 3, a => body(a[0], a[1], a[2]));

    public static Function Any(string name, int least, Func<IReadOnlyList<object?>, object?> body) => new(name, least, int.MaxValue, body);

    public static Function OfText(string name, Func<string, object?> body) => Of(name, a => body(Text(a)));

    public static Function OfText(string name, Func<string, string, object?> body) => Of(name, (a, b) => body(Text(a), Text(b)));

    public static string Text(object? value) => value is null ? "" : Values.Text(value);

    public static IReadOnlyList<object?> List(object? value) => value switch
    {
        IReadOnlyList<object?> list => list,
        null => [],
        _ => throw new TemplateFault($"wrong type; expected slice, got {Values.Kind(value)}"),
    };

    public static IReadOnlyDictionary<string, object?> Map(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => map,
        null => new TemplateMap(),
        _ => throw new TemplateFault($"wrong type; expected map, got {Values.Kind(value)}"),
    };

    public static int Size(object? value)
    {
        var n = Values.ToLong(value);
        return n is >= 0 and <= 1_000_000 ? (int)n : throw new TemplateFault($"{n} is not between 0 and 1000000");
    }
}
