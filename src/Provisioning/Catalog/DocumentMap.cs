using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>The documents of one kind under their own type, in order of their keys; nothing is copied.</summary>
/// <param name="documents">The documents.</param>
internal sealed class DocumentMap<T>(ImmutableSortedDictionary<string, Document> documents) : IReadOnlyDictionary<string, T>
    where T : Document
{
    /// <inheritdoc/>
    public int Count => documents.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => documents.Keys;

    /// <inheritdoc/>
    public IEnumerable<T> Values => documents.Values.Cast<T>();

    /// <inheritdoc/>
    public T this[string key] => (T)documents[key];

    /// <inheritdoc/>
    public bool ContainsKey(string key) => documents.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        var found = documents.TryGetValue(key, out var document);
        value = (T?)document;
        return found;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
        => documents.Select(p => KeyValuePair.Create(p.Key, (T)p.Value)).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
