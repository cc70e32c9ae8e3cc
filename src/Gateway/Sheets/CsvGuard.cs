using System.Text.RegularExpressions;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// Keeps spreadsheet programs from running what a cell of a CSV file holds (OWASP, CSV injection): a quote stands before what would be
/// a formula, and reading takes it away. It does so within a cell as well, after what another program may take for the end of one: where
/// the semicolon parts cells, as in much of Europe, our quotes around a cell stand in the middle of another and hold nothing together.
/// A text that has such a quote of its own gets one more, so that each text comes back as it was. Double quotes before a formula hide
/// nothing: there such a program takes them for an empty cell's, and goes on with what follows.
/// </summary>
internal static partial class CsvGuard
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>The text as it is written.</summary>
    public static string Guard(string text) => Formula().Replace(text, "'");

    /// <summary>The text that was meant.</summary>
    public static string Unguard(string text) => Guarded().Replace(text, "");

    /// <summary>Before a formula, where a cell may begin; the full-width signs are formulas in Japanese and Chinese locales.</summary>
    [GeneratedRegex(@"(?<=^|[;\t\n\r|])(?=['""]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])", Options)]
    private static partial Regex Formula();

    [GeneratedRegex(@"(?<=^|[;\t\n\r|])'(?=['""]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])", Options)]
    private static partial Regex Guarded();
}
