using System.Text;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Sheets;

/// <summary>
/// Values as cells hold them, and back: a text as it is, any other value as JSON. A text that would be read as something else (as another
/// value, as `-`, which empties a field, as an empty cell, or without the blanks around it) is a JSON string: `"-"`.
/// </summary>
public static class SheetText
{
    private const string Clear = "-";

    /// <summary>A cell for a text.</summary>
    public static string Write(string text) => text.Length > 0 && IsAmbiguous(text) ? Quoted(text) : text;

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
        => text.Length == 0 || text == Clear || text.Trim().Length != text.Length || (Unquoted(text) is { } inner && IsAmbiguous(inner));

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
