using System.Collections.Immutable;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What is named, by those that need it to be there, or to be available as well.</summary>
/// <param name="Target">The document that is named; it need not be there.</param>
/// <param name="MustBeAvailable">Of those only that need it to be available.</param>
internal readonly record struct Named(DocumentKey Target, bool MustBeAvailable);

/// <summary>A value of an indexed field.</summary>
internal readonly record struct FieldValue(string Prefix, string Field, string Value);

/// <summary>All that a snapshot of the catalog holds, in maps that share what did not change with those before and after.</summary>
internal sealed record CatalogState
{
    /// <summary>Nothing, with every preference at its default.</summary>
    public static CatalogState Empty { get; } = new CatalogEdit(new CatalogState()).Below(Prefs.Defaults
        .Select(p => new CatalogEntry(new Pref { Name = p.Key, Val = p.Value, Validated = true, Available = true }))
        .Append(new CatalogEntry(Roles.BuiltIn))).Finish();

    /// <summary>Documents of content packs, and defaults.</summary>
    public ImmutableDictionary<DocumentKey, CatalogEntry> BuiltIn { get; init; } = ImmutableDictionary<DocumentKey, CatalogEntry>.Empty;

    /// <summary>What the packs say that this silo was started with, without their documents.</summary>
    public PackContent Folders { get; init; } = new([], []);

    /// <summary>Uploaded content packs by name; their documents lie over those of <see cref="BuiltIn"/>.</summary>
    public ImmutableSortedDictionary<string, LoadedPack> Packs { get; init; }
        = ImmutableSortedDictionary.Create<string, LoadedPack>(StringComparer.Ordinal);

    /// <summary>Documents of the store, over those.</summary>
    public ImmutableDictionary<DocumentKey, CatalogEntry> Stored { get; init; } = ImmutableDictionary<DocumentKey, CatalogEntry>.Empty;

    /// <summary>Octets of those of the store.</summary>
    public long Octets { get; init; }

    /// <summary>What is seen of all, checked, by kind.</summary>
    public ImmutableDictionary<string, ImmutableSortedDictionary<string, Document>> Documents { get; init; } = CatalogRules.Stored.Values
        .Where(k => !k.IsRows)
        .ToImmutableDictionary(k => k.Prefix, _ => ImmutableSortedDictionary.Create<string, Document>(StringComparer.Ordinal),
            StringComparer.Ordinal);

    /// <summary>Who names a document.</summary>
    public ImmutableDictionary<Named, ImmutableSortedSet<DocumentKey>> Users { get; init; } = ImmutableDictionary<Named,
        ImmutableSortedSet<DocumentKey>>.Empty;

    /// <summary>Keys of documents by the values of indexed fields.</summary>
    public ImmutableDictionary<FieldValue, ImmutableSortedSet<string>> Fields { get; init; } = ImmutableDictionary<FieldValue,
        ImmutableSortedSet<string>>.Empty;

    /// <summary>What kinds keep.</summary>
    public CatalogIndexes Indexes { get; init; } = CatalogIndexes.Empty;
}
