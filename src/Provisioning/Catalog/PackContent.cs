namespace Anvil.Provisioning.Catalog;

/// <summary>What a content pack gave.</summary>
/// <param name="Entries">Its documents; one that cannot be read is there by its key, unavailable, with the reason.</param>
/// <param name="Faults">The files that were not taken as they are.</param>
public sealed record PackContent(IReadOnlyList<CatalogEntry> Entries, IReadOnlyList<PackFault> Faults)
{
    /// <summary>Several packs as one: of documents with one key the first counts, and the others are faults of their packs.</summary>
    public static PackContent Of(IEnumerable<PackContent> packs)
    {
        var entries = new Dictionary<DocumentKey, CatalogEntry>();
        var faults = new List<PackFault>();
        foreach (var pack in packs)
        {
            faults.AddRange(pack.Faults);
            foreach (var entry in pack.Entries)
            {
                if (entries.TryAdd(entry.Key, entry)) continue;
                faults.Add(new PackFault(entry.Document.Bundle, entry.File,
                    $"{entry.Key} is in content pack {entries[entry.Key].Document.Bundle} already"));
            }
        }

        return new PackContent([.. entries.Values], faults);
    }
}
