using System.Security.Cryptography;
using System.Text;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// The version of a document that has no revision: a hash of its JSON. Who was shown it and who writes the document make the same of it.
/// </summary>
public static class DocumentTag
{
    /// <summary>The tag of a document.</summary>
    public static string Of<T>(T document)
        where T : Document
        => Text(SHA256.HashData(Encoding.UTF8.GetBytes(Json.Write(document))));

    /// <summary>
    /// The same for a document that has more in it than everybody sees who sees the tag: without the site's secret nobody can try what
    /// it may be.
    /// </summary>
    public static string Of(string json, string secret)
        => Text(HMACSHA256.HashData(Encoding.UTF8.GetBytes($"entity tag {secret}"), Encoding.UTF8.GetBytes(json)));

    /// <summary>
    /// Refuses a change of a document that has another version than the one that was asked for (RFC 9110 section 13.1.1).
    /// </summary>
    /// <param name="wanted">The version that it must have; "" for any.</param>
    /// <param name="document">The document as it is.</param>
    /// <param name="type">Type of the error.</param>
    /// <returns>412; null where it may be changed.</returns>
    public static ApiError? Problem<T>(string wanted, T document, string type)
        where T : Document
        => wanted.Length == 0 || wanted == Of(document) ? null
            : new ApiError(document.Prefix, document.Key, type, ["the object has changed since (If-Match)"], 412);

    private static string Text(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 12));
}
