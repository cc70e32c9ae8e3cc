using System.Collections.Immutable;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Makes a state of the catalog from the last one and changes. What it costs depends on the changes and on what names the changed
/// documents, never on
/// how many documents there are: only what a change reaches is checked again.
/// </summary>
internal sealed class CatalogEdit(CatalogState state)
{
    private static readonly ImmutableSortedSet<string> NoKeys = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    private readonly ImmutableDictionary<DocumentKey, CatalogEntry>.Builder _builtIn = state.BuiltIn.ToBuilder();
    private readonly ImmutableDictionary<DocumentKey, CatalogEntry>.Builder _stored = state.Stored.ToBuilder();
    private readonly ImmutableDictionary<Named, ImmutableSortedSet<DocumentKey>>.Builder _users = state.Users.ToBuilder();
    private readonly ImmutableDictionary<FieldValue, ImmutableSortedSet<string>>.Builder _fields = state.Fields.ToBuilder();
    private readonly Dictionary<string, ImmutableSortedDictionary<string, Document>.Builder> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<DocumentKey, Document?> _before = [];
    private readonly Dictionary<string, SortedSet<string>> _dirty = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, LoadedPack> _packs = state.Packs;
    private CatalogIndexes _indexes = state.Indexes;
    private long _octets = state.Octets;

    /// <summary>Puts documents below those of the store.</summary>
    public CatalogEdit Below(IEnumerable<CatalogEntry> entries)
    {
        foreach (var entry in entries.Where(e => IsHeld(e.Key)))
        {
            _builtIn[entry.Key] = entry;
            Show(entry.Key);
        }

        return this;
    }

    /// <summary>Puts a document of the store into its place. A kind that is not known, or is rows of its own, is passed over.</summary>
    public CatalogEdit Put(CatalogEntry entry)
    {
        if (!IsHeld(entry.Key)) return this;
        if (entry.Document is StoredPack pack)
        {
            Swap(entry.Key.Key, LoadedPack.Of(pack, entry.Fault));
            entry = entry with { Document = pack.Bare() };
        }

        _octets += entry.Octets - (_stored.TryGetValue(entry.Key, out var old) ? old.Octets : 0);
        _stored[entry.Key] = entry;
        Show(entry.Key);
        return this;
    }

    /// <summary>Takes a document of the store away; a content pack's below it is seen again, and a pack goes with its documents.</summary>
    public CatalogEdit Remove(DocumentKey key)
    {
        if (!_stored.Remove(key, out var old)) return this;
        if (old.Document is StoredPack) Swap(key.Key, null);
        _octets -= old.Octets;
        Show(key);
        return this;
    }

    /// <summary>Takes every document of the store away, but these.</summary>
    public CatalogEdit RemoveAllBut(IReadOnlySet<DocumentKey> kept)
    {
        foreach (var key in _stored.Keys.Where(k => !kept.Contains(k)).ToList()) Remove(key);
        return this;
    }

    /// <summary>Checks what the changes reach, and gives the new state.</summary>
    public CatalogState Finish()
    {
        foreach (var (key, before) in _before)
        {
            var exists = Of(key.Prefix).ContainsKey(key.Key);
            if (exists) Dirty(key.Prefix, key.Key);
            // Whoever names it may have said that it is not there, or has to say so now.
            if (exists != (before is not null)) DirtyUsers(key, mustBeAvailable: false);
        }

        foreach (var kind in CatalogRules.InOrder)
        {
            if (!_dirty.TryGetValue(kind.Prefix, out var keys)) continue;
            foreach (var key in keys.ToList()) Check(kind, key);
        }

        return state with
        {
            BuiltIn = _builtIn.ToImmutable(),
            Packs = _packs,
            Stored = _stored.ToImmutable(),
            Octets = _octets,
            Documents = state.Documents.SetItems(_documents.Select(d => KeyValuePair.Create(d.Key, d.Value.ToImmutable()))),
            Users = _users.ToImmutable(),
            Fields = _fields.ToImmutable(),
            Indexes = _indexes,
        };
    }

    private static bool IsHeld(DocumentKey key) => CatalogRules.Stored.TryGetValue(key.Prefix, out var kind) && !kind.IsRows;

    private static void Add<TKey, TValue>(ImmutableDictionary<TKey, ImmutableSortedSet<TValue>>.Builder map, TKey key, TValue value,
        ImmutableSortedSet<TValue> none)
        where TKey : notnull
        => map[key] = map.GetValueOrDefault(key, none).Add(value);

    private static void Drop<TKey, TValue>(ImmutableDictionary<TKey, ImmutableSortedSet<TValue>>.Builder map, TKey key, TValue value)
        where TKey : notnull
    {
        if (!map.TryGetValue(key, out var values)) return;
        values = values.Remove(value);
        if (values.IsEmpty) map.Remove(key);
        else map[key] = values;
    }

    private static IEnumerable<Named> NamesOf(CatalogKind kind, Document document)
        => kind.References.SelectMany(r => r.KeysOf(document).Select(k => new Named(new DocumentKey(r.To, k), r.MustBeAvailable)))
            .Distinct();

    private static IEnumerable<FieldValue> ValuesOf(CatalogKind kind, Document document)
        => kind.Indexes.SelectMany(i => i.Values(document).Select(v => new FieldValue(kind.Prefix, i.Field, v))).Distinct();

    private ImmutableSortedDictionary<string, Document>.Builder Of(string prefix)
    {
        if (!_documents.TryGetValue(prefix, out var documents)) _documents[prefix] = documents = state.Documents[prefix].ToBuilder();
        return documents;
    }

    private CatalogEntry? Seen(DocumentKey key)
    {
        if (_stored.TryGetValue(key, out var entry)) return entry;
        // No two have the same; where the store was written by other means, the first has it.
        foreach (var pack in _packs.Values)
        {
            if (pack.Entries.TryGetValue(key, out entry)) return entry;
        }

        return _builtIn.GetValueOrDefault(key);
    }

    /// <summary>Puts an uploaded pack in the place of the one of its name, or takes that away: all its documents at once.</summary>
    private void Swap(string name, LoadedPack? now)
    {
        var old = _packs.GetValueOrDefault(name);
        _packs = now is null ? _packs.Remove(name) : _packs.SetItem(name, now);
        foreach (var key in (old?.Entries.Keys ?? []).Union(now?.Entries.Keys ?? [])) Show(key);
    }

    private void Show(DocumentKey key)
    {
        var kind = CatalogRules.Stored[key.Prefix];
        var documents = Of(key.Prefix);
        var old = documents.GetValueOrDefault(key.Key);
        _before.TryAdd(key, old);
        var entry = Seen(key);
        // One that could not be read takes part in nothing.
        var now = entry is { Fault.Length: 0 } ? entry.Document : null;
        if (old is not null)
        {
            Neighbours(kind, old);
            foreach (var named in NamesOf(kind, old)) Drop(_users, named, key);
            foreach (var value in ValuesOf(kind, old)) Drop(_fields, value, key.Key);
        }

        if (old is not null || now is not null) _indexes = kind.Index(_indexes, old, now);
        if (entry is null) documents.Remove(key.Key);
        else documents[key.Key] = entry.Document;
        if (now is null) return;
        Neighbours(kind, now);
        foreach (var named in NamesOf(kind, now)) Add(_users, named, key, ImmutableSortedSet<DocumentKey>.Empty);
        foreach (var value in ValuesOf(kind, now)) Add(_fields, value, key.Key, NoKeys);
    }

    private void Neighbours(CatalogKind kind, Document document)
    {
        foreach (var neighbour in kind.Neighbours(document, _indexes)) Dirty(kind.Prefix, neighbour);
    }

    private void Dirty(string prefix, string key)
    {
        if (!_dirty.TryGetValue(prefix, out var keys)) _dirty[prefix] = keys = new SortedSet<string>(StringComparer.Ordinal);
        keys.Add(key);
    }

    private void DirtyUsers(DocumentKey key, bool mustBeAvailable)
    {
        foreach (var user in _users.GetValueOrDefault(new Named(key, true), [])) Dirty(user.Prefix, user.Key);
        if (mustBeAvailable) return;
        foreach (var user in _users.GetValueOrDefault(new Named(key, false), [])) Dirty(user.Prefix, user.Key);
    }

    private void Check(CatalogKind kind, string name)
    {
        var documents = Of(kind.Prefix);
        if (!documents.TryGetValue(name, out var document)) return;
        var key = new DocumentKey(kind.Prefix, name);
        var before = _before.TryGetValue(key, out var old) ? old : document;
        var entry = Seen(key)!;
        IReadOnlyList<string> problems = entry.Fault.Length > 0 ? [entry.Fault]
            : [.. kind.References.SelectMany(r => r.Problems(document, Find)), .. kind.Lacks(document, _indexes)];
        var isValid = entry.Fault.Length == 0;
        if (document.Validated != isValid || document.Available != (problems.Count == 0)
            || !document.Errors.SequenceEqual(problems, StringComparer.Ordinal))
        {
            document = document with { Validated = isValid, Available = problems.Count == 0, Errors = problems };
            documents[name] = document;
        }

        if (before is null || before.Available != document.Available
            || (!ReferenceEquals(before, document) && kind.ServesOthers(before, document)))
            DirtyUsers(key, mustBeAvailable: true);
    }

    private Document? Find(DocumentKey key)
        => _documents.TryGetValue(key.Prefix, out var changed)
            ? changed.GetValueOrDefault(key.Key) : state.Documents[key.Prefix].GetValueOrDefault(key.Key);
}
