using System.Collections.Frozen;

namespace Anvil.Templates;

/// <summary>
/// The functions that templates may call: text/template's own, and all of Sprig's; those that would reach outside (the server's
/// environment, its clock, names in DNS) say why they do not.
/// </summary>
internal static class Functions
{
    private static readonly FrozenDictionary<string, Function> Table = new Func<IEnumerable<Function>>[]
        {
            BuiltinFunctions.All, ComparisonFunctions.All, TextFunctions.All, CaseFunctions.All, PathFunctions.All, RandomFunctions.All,
            PatternFunctions.All, ListFunctions.All, MapFunctions.All, ValueFunctions.All, NumberFunctions.All, EncodingFunctions.All,
            JsonFunctions.All, UrlFunctions.All, VersionFunctions.All, DateFunctions.All, CryptoFunctions.All, CertificateFunctions.All,
            RefusedFunctions.All,
        }
        .SelectMany(all => all()).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>All names; those of `and` and `or`, which the evaluator itself knows, included.</summary>
    public static IEnumerable<string> Names => Table.Keys.Concat(["and", "or"]);

    public static bool Exists(string name) => name is "and" or "or" || Table.ContainsKey(name);

    public static Function Find(string name) => Table[name];
}
