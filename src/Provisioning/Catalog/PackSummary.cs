using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What is told of a layer beside its objects (DRP's ContentSummary).</summary>
/// <param name="About">What it says of itself.</param>
/// <param name="Counts">How many objects it has, by kind.</param>
/// <param name="Warnings">What does not serve, and what should be known of it.</param>
public sealed record PackSummary([property: JsonPropertyName("meta")] ContentMeta About, IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Of an uploaded pack; null where there is none of this name.</summary>
    public static PackSummary? Of(string name, CatalogSnapshot catalog)
        => catalog.Packs.TryGetValue(name, out var pack) ? new PackSummary(pack.About, pack.Counts, Bounded(Told(pack, catalog))) : null;

    /// <summary>Of a layer that no upload made.</summary>
    public static PackSummary OfBuiltIn(ContentMeta about, CatalogSnapshot catalog)
    {
        var all = catalog.Folders;
        return new PackSummary(about, CountsOf(PackLayers.EntriesOf(about.Name, catalog)),
            Bounded(all.Faults.Concat(all.Notes).Where(f => f.Pack == about.Name)
                .Select(f => f.File.Length == 0 ? f.Reason : $"{f.File}: {f.Reason}")));
    }

    /// <summary>How many objects there are of each kind.</summary>
    public static SortedDictionary<string, int> CountsOf(IEnumerable<CatalogEntry> entries)
        => new(entries.GroupBy(e => e.Key.Prefix).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);

    private static IEnumerable<string> Told(LoadedPack pack, CatalogSnapshot catalog)
    {
        if (pack.Fault.Length > 0) return [pack.Fault];
        return PackLayers.Problems(catalog.Packs.Values.Select(p => p.About), catalog, pack.About.Name).Select(p => p.Problem)
            .Concat(pack.Faults.Concat(pack.Notes).Select(f => $"{f.File}: {f.Reason}"))
            .Concat(pack.Entries.Keys.Order().SelectMany(k => Told(pack, k, catalog)));
    }

    private static IEnumerable<string> Told(LoadedPack pack, DocumentKey key, CatalogSnapshot catalog)
    {
        if (catalog.IsStored(key)) return [$"{key} is stored, too: the pack's does not serve"];
        if (catalog.Find(key) is not { } seen) return [];
        return seen.Bundle != pack.About.Name ? [$"{key} is in content pack {seen.Bundle}, too: this pack's does not serve"]
            : seen.Errors.Concat(PackLeniency.Told(seen)).Select(e => $"{key}: {e}");
    }

    private static IReadOnlyList<string> Bounded(IEnumerable<string> warnings)
    {
        var first = warnings.Take(PackBounds.Warnings + 1).ToList();
        if (first.Count > PackBounds.Warnings) first[^1] = "and more";
        return first;
    }
}
