using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;

namespace Anvil.Grains.Catalog;

/// <summary>Takes what a change would write, in the place of the store: from here on nothing of it is kept, told or carried out.</summary>
public sealed class TriedChange
{
    /// <summary>What the change would come to.</summary>
    public Consequences Consequences { get; private set; } = Consequences.None;

    /// <summary>Takes documents of the catalog.</summary>
    /// <returns>What the catalog would be.</returns>
    public CatalogSnapshot Take(CatalogSnapshot catalog, IReadOnlyList<CatalogChange> changes)
    {
        var after = catalog.With(new CatalogDelta(catalog.Revision,
            [.. changes.Where(c => c.Document is not null).Select(c => new CatalogEntry(c.Document!, catalog.Revision))],
            [.. changes.Where(c => c.Document is null).Select(c => new DocumentKey(c.Prefix, c.Key))], IsWhole: false));
        Consequences = Consequences.Between(catalog, after);
        return after;
    }

    /// <summary>Takes rows of their own, which no document names.</summary>
    public void Take(IEnumerable<CatalogChange> rows)
        => Consequences = new Consequences([.. rows.Select(c => c.Document is { } now
            ? Consequence.Of(c.Prefix, c.Key, c.Action, now) : new Consequence(c.Prefix, c.Key, c.Action, false, false, []))], []);
}
