using System.Collections.Frozen;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// A kind of the catalog: everything that tells it from other kinds, in one file of the folder Kinds. Its documents are rows of the store
/// under its prefix,
/// over those of content packs.
/// </summary>
/// <param name="prefix">Name in paths and in the store.</param>
/// <param name="keyField">Field that holds the key.</param>
/// <param name="type">The document's type.</param>
public abstract class CatalogKind(string prefix, string keyField, Type type)
{
    /// <summary>Name in paths and in the store.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>Field that holds the key: a document that cannot be read is still known by it.</summary>
    public string KeyField { get; } = keyField;

    /// <summary>The document's type.</summary>
    public Type Type { get; } = type;

    /// <summary>What its documents are filtered and sorted by.</summary>
    public abstract FieldTable Fields { get; }

    /// <summary>Keys may hold slashes.</summary>
    public virtual bool HasSlashes => false;

    /// <summary>True when none of the generic verbs is its, and no content pack has its documents.</summary>
    public virtual bool HasOwnVerbs => false;

    /// <summary>Where its documents name others.</summary>
    public virtual IReadOnlyList<Reference> References => [];

    /// <summary>The fields that its documents are found by.</summary>
    public virtual IReadOnlyList<FieldIndex> Indexes => [];

    /// <summary>
    /// True when its documents are rows of a table of their own, looked up by that table's indexes: there may be a hundred thousand, and
    /// no snapshot and
    /// no content pack holds them.
    /// </summary>
    public virtual bool IsRows => false;

    /// <summary>
    /// Fields that can be written and are never read, by whomever: no document that is shown or patched has them, and no list goes by
    /// them.
    /// </summary>
    public virtual IReadOnlySet<string> WriteOnly => FrozenSet<string>.Empty;

    /// <summary>The document without what is write-only.</summary>
    public virtual Document Shown(Document document) => document;

    /// <summary>Sets defaults of a document that is to be stored.</summary>
    public abstract Document Fill(Document document);

    /// <summary>What a replacement takes over from the document in whose place it comes.</summary>
    public virtual Document Keep(Document document, Document old) => document;

    /// <summary>Notes what has to be known later of who wrote it.</summary>
    /// <param name="document">What is written.</param>
    /// <param name="old">What it replaces; null for nothing.</param>
    /// <param name="by">Who writes; null for who has all rights.</param>
    public virtual Document Signed(Document document, Document? old, Principal? by) => document;

    /// <summary>Notes whose it is, where documents of the kind act in somebody's name.</summary>
    /// <param name="document">What is written.</param>
    /// <param name="old">What it replaces; null for nothing.</param>
    /// <param name="by">Who writes.</param>
    public virtual Document Owned(Document document, Document? old, Signer by) => document;

    /// <summary>Sets the fields that follow from what else is in the catalog.</summary>
    public virtual Document Settle(Document document, CatalogSnapshot catalog) => document;

    /// <summary>Key of a document that has a new one's key already, as far as the kind tells keys apart; null: none has.</summary>
    public virtual string? Holder(string key, CatalogSnapshot catalog) => catalog.OfKind(Prefix).ContainsKey(key) ? key : null;

    /// <summary>What breaks a rule of the kind; the old version is null for a new document.</summary>
    public abstract IEnumerable<string> Problems(Document document, Document? old, CatalogSnapshot catalog);

    /// <summary>Why a document must stay, beyond being used.</summary>
    public virtual IEnumerable<string> Stays(Document document, CatalogSnapshot catalog) => [];

    /// <summary>The refusal to delete a document that has to stay.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="by">Why it has to.</param>
    public virtual ApiError StillUsed(string key, IReadOnlyList<string> by) => ApiError.Conflict(Prefix, key, "StillInUseError", by);

    /// <summary>An empty document with this key, in the place of one that cannot be read.</summary>
    public abstract Document Empty(string key);

    /// <summary>What makes a document unavailable, beyond what its references lack.</summary>
    internal virtual IEnumerable<string> Lacks(Document document, CatalogIndexes indexes) => [];

    /// <summary>Keys of the kind's other documents whose availability depends on this one, beyond references.</summary>
    internal virtual IEnumerable<string> Neighbours(Document document, CatalogIndexes indexes) => [];

    /// <summary>The indexes after a document came, went or changed.</summary>
    internal virtual CatalogIndexes Index(CatalogIndexes indexes, Document? old, Document? now) => indexes;

    /// <summary>True when a change can alter whether those who name the document are served by it, beyond its availability.</summary>
    internal virtual bool ServesOthers(Document old, Document now) => false;
}

/// <summary>A kind by the type of its documents.</summary>
/// <param name="prefix">Name in paths and in the store.</param>
/// <param name="keyField">Field that holds the key.</param>
public abstract class CatalogKind<T>(string prefix, string keyField = "Name") : CatalogKind(prefix, keyField, typeof(T))
    where T : Document
{
    private FieldTable? _fields;

    /// <inheritdoc/>
    public sealed override FieldTable Fields
        => LazyInitializer.EnsureInitialized(ref _fields, () => FieldTable.Of<T>(Prefix, KeyField, FieldKinds));

    /// <summary>Kinds of fields that their type does not tell: addresses, MAC addresses, UUIDs.</summary>
    protected virtual IReadOnlyDictionary<string, FieldKind> FieldKinds => FrozenDictionary<string, FieldKind>.Empty;

    /// <inheritdoc/>
    public sealed override Document Fill(Document document) => Fill((T)document);

    /// <inheritdoc/>
    public sealed override Document Keep(Document document, Document old) => Keep((T)document, (T)old);

    /// <inheritdoc/>
    public sealed override Document Signed(Document document, Document? old, Principal? by) => Signed((T)document, (T?)old, by);

    /// <inheritdoc/>
    public sealed override IEnumerable<string> Problems(Document document, Document? old, CatalogSnapshot catalog)
        => Problems((T)document, (T?)old, catalog);

    /// <inheritdoc/>
    public sealed override IEnumerable<string> Stays(Document document, CatalogSnapshot catalog) => Stays((T)document, catalog);

    /// <inheritdoc/>
    internal sealed override IEnumerable<string> Lacks(Document document, CatalogIndexes indexes) => Lacks((T)document, indexes);

    /// <inheritdoc/>
    internal sealed override IEnumerable<string> Neighbours(Document document, CatalogIndexes indexes) => Neighbours((T)document, indexes);

    /// <inheritdoc/>
    internal sealed override CatalogIndexes Index(CatalogIndexes indexes, Document? old, Document? now)
        => Index(indexes, (T?)old, (T?)now);

    /// <inheritdoc/>
    internal sealed override bool ServesOthers(Document old, Document now) => ServesOthers((T)old, (T)now);

    /// <summary>Sets defaults of a document that is to be stored.</summary>
    protected virtual T Fill(T document) => document;

    /// <summary>What a replacement takes over from the document in whose place it comes.</summary>
    protected virtual T Keep(T document, T old) => document;

    /// <summary>Notes what has to be known later of who wrote it.</summary>
    protected virtual T Signed(T document, T? old, Principal? by) => document;

    /// <summary>What breaks a rule of the kind.</summary>
    protected abstract IEnumerable<string> Problems(T document, T? old, CatalogSnapshot catalog);

    /// <summary>Why a document must stay, beyond being used.</summary>
    protected virtual IEnumerable<string> Stays(T document, CatalogSnapshot catalog) => [];

    /// <summary>What makes a document unavailable, beyond what its references lack.</summary>
    protected virtual IEnumerable<string> Lacks(T document, CatalogIndexes indexes) => [];

    /// <summary>Keys of other documents whose availability depends on this one, beyond references.</summary>
    protected virtual IEnumerable<string> Neighbours(T document, CatalogIndexes indexes) => [];

    /// <summary>The indexes after a document came, went or changed.</summary>
    protected virtual CatalogIndexes Index(CatalogIndexes indexes, T? old, T? now) => indexes;

    /// <summary>True when a change can alter whether those who name the document are served by it, beyond its availability.</summary>
    protected virtual bool ServesOthers(T old, T now) => false;

    /// <summary>A field by which the kind's documents name others.</summary>
    protected static Reference To(string field, string kind, string noun, Func<T, IEnumerable<string>> keys)
        => new(field, kind, d => keys((T)d)) { Noun = noun };
}
