using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Reads what is left of a stored object that is not as it was written (its row was damaged, or changed by hand). Each field that can be
/// read is read; of the others it is said which they are, so that one row harms no other.
/// </summary>
public static class Salvage
{
    private const string Whole = "the value";

    /// <summary>Reads an object: whole, or what is left of it field by field.</summary>
    /// <param name="json">The stored text.</param>
    /// <param name="problems">JSON pointers of the fields that cannot be read; "the value" where nothing can; none when it is
    /// whole.</param>
    public static T Read<T>(string json, out IReadOnlyList<string> problems)
        where T : new()
    {
        problems = [];
        try
        {
            return Json.Read<T>(json);
        }
        catch (JsonException)
        {
            // What is left of it follows.
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Json.Options.MaxDepth });
            return Fields<T>(document.RootElement, out problems);
        }
        catch (JsonException)
        {
            problems = [Whole];
            return new T();
        }
    }

    /// <summary>Reads a document; one that is not whole is unavailable, with the reason in its errors.</summary>
    public static T Document<T>(string json)
        where T : Document, new() => Marked(Read<T>(json, out var problems), problems);

    /// <summary>A document that says which of its fields could not be read; where there are none, the document itself.</summary>
    public static T Marked<T>(T document, IReadOnlyList<string> problems)
        where T : Document
        => problems.Count == 0 ? document : document with
        {
            Validated = false,
            Available = false,
            Errors = [.. document.Errors, $"the stored object is damaged: {string.Join(", ", problems.Take(8))} cannot be read"],
        };

    /// <summary>Reads an object field by field.</summary>
    internal static T Fields<T>(JsonElement stored, out IReadOnlyList<string> problems)
        where T : new()
    {
        var read = (object)new T();
        if (stored.ValueKind != JsonValueKind.Object)
        {
            problems = [Whole];
            return (T)read;
        }

        var found = new List<string>();
        problems = found;

        foreach (var property in Json.Options.GetTypeInfo(typeof(T)).Properties)
        {
            if (property.Set is not { } set || !stored.TryGetProperty(property.Name, out var value)) continue;
            if (Try(value, property, out var own)) set(read, own);
            else found.Add("/" + property.Name);
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
