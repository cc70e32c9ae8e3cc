using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Sheets;

/// <summary>
/// Values as cells hold them, and back: a text as it is, any other value as JSON. A text that would be read as something else (as another
/// value, as `-`, which empties a field, as an empty cell, as an error of the spreadsheet, or without the blanks around it) is a JSON
/// string: `"-"`.
/// </summary>
public static partial class SheetText
{
    private const string Clear = "-";
    private const int LongestError = 32;

    /// <summary>A cell for a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isAlways">The empty text is one, too, and no empty cell.</param>
    public static string Write(string text, bool isAlways = false)
        => (isAlways || text.Length > 0) && IsAmbiguous(text) ? Quoted(text) : text;

    /// <summary>
    /// True for what spreadsheet programs show where a formula went wrong, in any language (`#N/A`, `#REF!`, `#WERT!`, `#¡VALOR!`,
    /// LibreOffice's `Err:508`), and for the `####` of a column that is too narrow: what a CSV file has then is no value.
    /// </summary>
    public static bool IsError(string cell) => cell.Length > 1 && cell[0] is '#' or 'E'
        && (cell.Length < LongestError ? Error().IsMatch(cell) : cell.All(c => c == '#'));

    /// <summary>What is said of a cell that is an error.</summary>
    public static string ErrorOf(string cell)
        => $"{cell} is an error of the spreadsheet, and no value; where it is meant as a text, it is written \"{cell}\" with its quotes";

    /// <summary>A cell for a param's value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isText">The param's schema asks for a text.</param>
    public static string Write(JsonElement value, bool isText)
    {
        if (value.ValueKind != JsonValueKind.String) return value.GetRawText();
        var text = value.GetString()!;
        return IsAmbiguous(text) || (!isText && Json(text) is not null) ? Quoted(text) : text;
    }

    /// <summary>The text of a cell.</summary>
    public static string Read(string cell) => Unquoted(cell) is { } text && IsAmbiguous(text) ? text : cell;

    /// <summary>The value of a cell: JSON, read as strictly as a body's, or else text.</summary>
    /// <inheritdoc cref="Write(JsonElement, bool)" path="/param[@name='isText']"/>
    public static JsonElement Value(string cell, bool isText)
        => (isText ? null : Json(cell)) ?? JsonSerializer.SerializeToElement(isText ? Read(cell) : cell);

    /// <summary>True for a text that a cell cannot hold as it is; a JSON string of one is such a text, too.</summary>
    private static bool IsAmbiguous(string text)
        => text.Length == 0 || text == Clear || text.Trim().Length != text.Length || IsError(text)
            || (Unquoted(text) is { } inner && IsAmbiguous(inner));

    [GeneratedRegex(
        @"^(#[¡¿]?[\p{Lu}\p{Lo}0-9/_]+[!?]|#N/A!?|#N/[BDV]|#Н/Д|#Δ/Υ|#NV|#I/T|#YOK|#HIÁNYZIK|#GETTING_DATA|#{2,}|Err:[0-9]{3})$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Error();

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Documents.Json.Options);

    private static string? Unquoted(string text)
        => text.Length >= 2 && text[0] == '"' && text[^1] == '"' && Json(text) is { ValueKind: JsonValueKind.String } value
            ? value.GetString() : null;

    private static JsonElement? Json(string text)
    {
        try
        {
            return JsonText.Read(Encoding.UTF8.GetBytes(text), "params", "", "IMPORT");
        }
        catch (ApiException)
        {
            // Text it is, and the schema says whether it may be.
            return null;
        }
    }
}
