using System.Collections.Frozen;

namespace Anvil.Templates;

/// <summary>
/// The functions that templates may call: text/template's own, and Sprig's without env, expandenv, ago and now (as DRP offers them).
/// </summary>
internal static class Functions
{
    private static readonly FrozenDictionary<string, Function> Table = new Func<IEnumerable<Function>>[]
        {
            BuiltinFunctions.All, StringFunctions.All, PatternFunctions.All, ListFunctions.All, MapFunctions.All, NumberFunctions.All,
            EncodingFunctions.All, DateFunctions.All,
        }
        .SelectMany(all => all()).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>All names; those of `and` and `or`, which the evaluator itself knows, included.</summary>
    public static IEnumerable<string> Names => Table.Keys.Concat(["and", "or"]);

    public static bool Exists(string name) => name is "and" or "or" || Table.ContainsKey(name);

    public static object? Call(string name, IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        var function = Table[name];
        if (arguments.Count < function.Least || arguments.Count > function.Most)
        {
            var want = function.Most == int.MaxValue ? $"at least {function.Least}"
                : function.Least == function.Most ? $"{function.Least}" : $"{function.Least} to {function.Most}";
            throw new TemplateFault($"wrong number of args for {name}: want {want} got {arguments.Count}");
        }

        function.Charge(arguments, budget);
        return function.Body(arguments, budget);
    }
}
