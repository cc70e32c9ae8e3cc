using System.Text;
using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// What is stored of a document. It may be longer than what was sent: fields that were left out are written, a character beyond Unicode's
/// first plane takes twelve octets, and what is secure is sealed. What is too long to be read again is not stored.
/// </summary>
public static class StoredDocument
{
    /// <summary>The text of a document.</summary>
    /// <exception cref="ApiException">413: it is longer than <see cref="JsonLimits.Octets"/>.</exception>
    public static string Text(Document document)
    {
        var text = JsonSerializer.Serialize(document, document.GetType(), Json.Options);
        // No octet has more than one character of it, and no character more than three octets.
        if (text.Length > JsonLimits.Octets / 3) Check(document, Encoding.UTF8.GetByteCount(text));
        return text;
    }

    /// <summary>Refuses a document that takes too many octets.</summary>
    /// <exception cref="ApiException">413.</exception>
    public static void Check(Document document, long octets)
    {
        if (octets > JsonLimits.Octets)
            throw new ApiException(new ApiError(document.Prefix, document.Key, "PUT",
                [$"an object has at most {JsonLimits.Octets} octets as it is stored: this one has {octets}"], 413));
    }
}
