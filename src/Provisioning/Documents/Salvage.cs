using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Reads what is left of a stored object that is not as it was written (its row was damaged, or changed by hand). Each field that can be
/// read is read; of the others it is said which they are, so that one row harms no other.
/// </summary>
public static class Salvage
{
    /// <summary>Reads an object field by field.</summary>
    /// <param name="json">The stored text.</param>
    /// <param name="problems">JSON pointers of the fields that cannot be read; "the value" where nothing can.</param>
    public static T Read<T>(string json, out IReadOnlyList<string> problems)
        where T : new()
    {
        var found = new List<string>();
        problems = found;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Json.Options.MaxDepth });
            return Read<T>(document.RootElement, found);
        }
        catch (JsonException)
        {
            found.Add("the value");
            return new T();
        }
    }

    /// <summary>Reads a document: unavailable, with the reason in its errors.</summary>
    public static T Document<T>(string json)
        where T : Document, new() => Marked(Read<T>(json, out var problems), problems);

    /// <summary>A document that says which of its fields could not be read.</summary>
    public static T Marked<T>(T document, IReadOnlyList<string> problems)
        where T : Document
        => document with
        {
            Validated = false,
            Available = false,
            Errors = [.. document.Errors, $"the stored object is damaged: {string.Join(", ", problems.Take(8))} cannot be read"],
        };

    private static T Read<T>(JsonElement stored, List<string> problems)
        where T : new()
    {
        var read = (object)new T();
        if (stored.ValueKind != JsonValueKind.Object)
        {
            problems.Add("the value");
            return (T)read;
        }

        foreach (var property in Json.Options.GetTypeInfo(typeof(T)).Properties)
        {
            if (property.Set is not { } set || !stored.TryGetProperty(property.Name, out var value)) continue;
            if (Try(value, property, out var own)) set(read, own);
            else problems.Add("/" + property.Name);
        }

        return (T)read;
    }

    private static bool Try(JsonElement value, JsonPropertyInfo property, out object? read)
    {
        try
        {
            read = value.Deserialize(property.PropertyType, Json.Options);
            return read is not System.Collections.IEnumerable items || read is string || !items.Cast<object?>().Contains(null);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            read = null;
            return false;
        }
    }
}
