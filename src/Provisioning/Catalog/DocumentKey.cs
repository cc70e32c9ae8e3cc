namespace Anvil.Provisioning.Catalog;

/// <summary>A document's place in the catalog.</summary>
/// <param name="Prefix">Its kind.</param>
/// <param name="Key">Its key within the kind.</param>
public readonly record struct DocumentKey(string Prefix, string Key) : IComparable<DocumentKey>
{
    /// <summary>By kind, then by key, both by their characters' numbers.</summary>
    public int CompareTo(DocumentKey other)
    {
        var order = string.CompareOrdinal(Prefix, other.Prefix);
        return order != 0 ? order : string.CompareOrdinal(Key, other.Key);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Prefix}:{Key}";
}
