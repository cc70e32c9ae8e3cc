using System.Collections.Frozen;

namespace Anvil.Provisioning.Sheets;

/// <summary>Truths as spreadsheet programs show them in the languages of their users: where a param is a truth, nothing else is
/// meant.</summary>
internal static class SheetTruths
{
    private static readonly FrozenSet<string> True = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "true", "wahr", "vrai",
        "verdadero", "vero", "verdadeiro", "waar", "sant", "sann", "sand", "tosi", "prawda", "pravda", "igaz", "adevărat", "doğru",
        "истина", "істина", "αληθής", "αληθης", "cert", "egia", "tõene", "patiesa");

    private static readonly FrozenSet<string> False = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "false", "falsch", "faux",
        "falso", "onwaar", "falskt", "falsk", "usann", "epätosi", "fałsz", "nepravda", "hamis", "fals", "yanlış", "yanliş",
        "ложь", "хибність", "ψευδής", "ψευδης", "faltsua", "väär", "aplama");

    /// <summary>The truth that a text shows; null when it shows none.</summary>
    public static bool? Of(string text) => True.Contains(text) ? true : False.Contains(text) ? false : null;
}
