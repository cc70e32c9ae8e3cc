namespace Anvil.Provisioning.Catalog;

/// <summary>What content packs gave.</summary>
/// <param name="Entries">Their documents; one that cannot be read is there by its key, unavailable, with the reason.</param>
/// <param name="Faults">The files that were not taken as they are.</param>
public sealed record PackContent(IReadOnlyList<CatalogEntry> Entries, IReadOnlyList<PackFault> Faults)
{
    /// <summary>DRP's own lowest layer, which packs name as a prerequisite.</summary>
    private const string Basic = "BasicStore";

    /// <summary>
    /// What was taken, and should be known: fields that no document has, kinds that are not served, prerequisites that lack.
    /// </summary>
    public IReadOnlyList<PackFault> Notes { get; init; } = [];

    /// <summary>Files whose objects stand in the place of those of Anvil's own pack; among the notes, too.</summary>
    public IReadOnlyList<PackFault> InPlace { get; init; } = [];

    /// <summary>What the packs say of themselves.</summary>
    public IReadOnlyList<PackMeta> Packs { get; init; } = [];

    /// <summary>
    /// Several packs as one. Of documents with one key the first counts, and the others are faults of their packs; but those of Anvil's
    /// own pack stand below all others, as DRP's basic store does.
    /// </summary>
    public static PackContent Of(IEnumerable<PackContent> packs)
    {
        var all = packs.ToList();
        var entries = new Dictionary<DocumentKey, CatalogEntry>();
        var faults = all.SelectMany(p => p.Faults).ToList();
        var notes = all.SelectMany(p => p.Notes).ToList();
        var inPlace = new List<PackFault>();
        foreach (var entry in all.SelectMany(p => p.Entries).OrderBy(e => e.Document.Bundle == ContentPack.Own ? 1 : 0))
        {
            if (entries.TryAdd(entry.Key, entry)) continue;
            var first = entries[entry.Key];
            if (entry.Document.Bundle != ContentPack.Own)
            {
                faults.Add(new PackFault(entry.Document.Bundle, entry.File,
                    $"{entry.Key} is in content pack {first.Document.Bundle} already"));
            }
            else if (first.Fault.Length > 0)
            {
                // What cannot be read takes the place of nothing that can.
                entries[entry.Key] = entry;
            }
            else
            {
                inPlace.Add(new PackFault(first.Document.Bundle, first.File,
                    $"{entry.Key} stands in the place of the one of content pack {ContentPack.Own}"));
            }
        }

        notes.AddRange(inPlace);
        var names = all.SelectMany(p => p.Packs).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var pack in all.SelectMany(p => p.Packs))
        {
            foreach (var missing in pack.Prerequisites.Where(p => p != Basic && !names.Contains(p)))
                notes.Add(new PackFault(pack.Name, "", $"it builds upon content pack {missing}, which is not there"));
        }

        return new PackContent([.. entries.Values], faults)
        {
            Notes = notes,
            InPlace = inPlace,
            Packs = [.. all.SelectMany(p => p.Packs)],
        };
    }
}
