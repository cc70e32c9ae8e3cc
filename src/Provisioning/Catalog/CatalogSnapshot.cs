using System.Collections.Immutable;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The whole catalog at one revision: configuration that everything reads and few write. Immutable; the next one is made from it and the
/// change, and
/// shares the rest with it. Objects in it have been checked: Available and Errors say what they lack. Kinds that are rows of their own
/// (<see cref="CatalogKind.IsRows"/>) are not in it.
/// </summary>
public sealed class CatalogSnapshot
{
    private readonly CatalogState _state;

    /// <summary>Builds and checks a snapshot from documents: those that are read-only lie below the others, as content packs do.</summary>
    /// <param name="revision">Revision of the store that they were read at.</param>
    /// <param name="documents">All documents.</param>
    public CatalogSnapshot(long revision, IEnumerable<Document> documents)
        : this(revision, Edited(revision, documents))
    {
    }

    private CatalogSnapshot(long revision, CatalogState state)
    {
        Revision = revision;
        _state = state;
        BootEnvs = Of<BootEnv>("bootenvs");
        Templates = Of<Template>("templates");
        Stages = Of<Stage>("stages");
        Tasks = Of<TaskDefinition>("tasks");
        Workflows = Of<Workflow>("workflows");
        Profiles = Of<Profile>("profiles");
        Params = Of<Param>("params");
        Subnets = Of<Subnet>("subnets");
        Users = Of<User>("users");
        Roles = Of<Role>("roles");
        Tenants = Of<Tenant>("tenants");
        HasUnreadableTenant = Tenants.Values.Any(t => !t.Validated);
        Prefs = Prefs.Of(Of<Pref>("prefs").Values);
    }

    /// <summary>Revision of the store.</summary>
    public long Revision { get; }

    /// <summary>Boot environments by name.</summary>
    public IReadOnlyDictionary<string, BootEnv> BootEnvs { get; }

    /// <summary>Templates by ID.</summary>
    public IReadOnlyDictionary<string, Template> Templates { get; }

    /// <summary>Stages by name.</summary>
    public IReadOnlyDictionary<string, Stage> Stages { get; }

    /// <summary>Tasks by name.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Tasks { get; }

    /// <summary>Workflows by name.</summary>
    public IReadOnlyDictionary<string, Workflow> Workflows { get; }

    /// <summary>Profiles by name.</summary>
    public IReadOnlyDictionary<string, Profile> Profiles { get; }

    /// <summary>Param definitions by name.</summary>
    public IReadOnlyDictionary<string, Param> Params { get; }

    /// <summary>Subnets by name.</summary>
    public IReadOnlyDictionary<string, Subnet> Subnets { get; }

    /// <summary>Users by name.</summary>
    public IReadOnlyDictionary<string, User> Users { get; }

    /// <summary>Roles by name.</summary>
    public IReadOnlyDictionary<string, Role> Roles { get; }

    /// <summary>Tenants by name.</summary>
    public IReadOnlyDictionary<string, Tenant> Tenants { get; }

    /// <summary>A tenant is stored that cannot be read: whom it limits is not known.</summary>
    public bool HasUnreadableTenant { get; }

    /// <summary>Preferences.</summary>
    public Prefs Prefs { get; }

    /// <summary>Uploaded content packs by name, in order.</summary>
    public IReadOnlyDictionary<string, LoadedPack> Packs => _state.Packs;

    /// <summary>What the packs say that this silo was started with, without their documents.</summary>
    public PackContent Folders => _state.Folders;

    /// <summary>The documents of those packs, whether or not others stand in their place.</summary>
    public IEnumerable<CatalogEntry> BuiltIn => _state.BuiltIn.Values.Where(e => e.Document.ReadOnly);

    /// <summary>All templates that parse, calling each other by ID.</summary>
    public TemplateSet TemplateSet => _state.Indexes.Templates;

    /// <summary>A catalog that holds content packs, and nothing of the store yet: its revision is 0.</summary>
    public static CatalogSnapshot Of(IEnumerable<CatalogEntry> content)
        => new(0, new CatalogEdit(CatalogState.Empty).Below(content).Finish());

    /// <summary>The same, with what the packs say of themselves.</summary>
    public static CatalogSnapshot Of(PackContent content)
        => new(0, new CatalogEdit(CatalogState.Empty).Below(content.Entries).Finish() with { Folders = content with { Entries = [] } });

    /// <summary>The documents of a kind in order of their keys; none for a kind that is not in the catalog.</summary>
    public IReadOnlyDictionary<string, Document> OfKind(string prefix)
        => _state.Documents.TryGetValue(prefix, out var all) ? all : ImmutableSortedDictionary<string, Document>.Empty;

    /// <summary>A document; null where there is none.</summary>
    public Document? Find(DocumentKey key) => OfKind(key.Prefix).GetValueOrDefault(key.Key);

    /// <summary>Revision of the catalog that wrote a document; 0 for one of a content pack, and for one that is not there.</summary>
    public long RevisionOf(string prefix, string key)
        => _state.Stored.TryGetValue(new DocumentKey(prefix, key), out var entry) ? entry.Revision : 0;

    /// <summary>True for a document of the store: the API, or Anvil itself, has written it.</summary>
    public bool IsStored(DocumentKey key) => _state.Stored.ContainsKey(key);

    /// <summary>Octets that the documents of the store take there.</summary>
    public long StoredOctets => _state.Octets;

    /// <summary>Octets that a document takes in the store; 0 for one of a content pack, and for one that is not there.</summary>
    public long OctetsOf(string prefix, string key)
        => _state.Stored.TryGetValue(new DocumentKey(prefix, key), out var entry) ? entry.Octets : 0;

    /// <summary>The documents of a kind that have a value in one of its indexed fields.</summary>
    public IEnumerable<Document> Having(string prefix, string field, string value)
        => _state.Fields.TryGetValue(new FieldValue(prefix, field, value), out var keys)
            ? keys.Select(k => _state.Documents[prefix][k]) : [];

    /// <summary>The catalog after changes of the store.</summary>
    public CatalogSnapshot With(CatalogDelta delta)
    {
        var edit = new CatalogEdit(_state);
        if (delta.IsWhole) edit.RemoveAllBut(delta.Written.Select(e => e.Key).ToHashSet());
        foreach (var key in delta.Removed) edit.Remove(key);
        foreach (var entry in delta.Written) edit.Put(entry);
        return new CatalogSnapshot(delta.Revision, edit.Finish());
    }

    /// <summary>The catalog as it is once some documents are gone.</summary>
    public CatalogSnapshot Without(IEnumerable<DocumentKey> gone) => With(new CatalogDelta(Revision, [], [.. gone], IsWhole: false));

    /// <summary>How many documents of the catalog name a document.</summary>
    public int CountUsers(string prefix, string key) => UsersOf(prefix, key).Count;

    /// <summary>The documents of the catalog that name a document, which need not be there.</summary>
    public IEnumerable<Document> NamedBy(string prefix, string key)
        => UsersOf(prefix, key).Select(user => _state.Documents[user.Prefix][user.Key]);

    /// <summary>What still uses a document, as DRP names it in a 409, in order of kind and key; machines are not in the catalog.</summary>
    /// <param name="prefix">Kind of the document.</param>
    /// <param name="key">Its key.</param>
    /// <param name="isTold">Which of those that use it are named; null for all.</param>
    public IEnumerable<string> Uses(string prefix, string key, Func<DocumentKey, bool>? isTold = null)
        => UsersOf(prefix, key).Where(user => isTold?.Invoke(user) != false).Select(user =>
        {
            var reference =
                CatalogRules.Stored[user.Prefix].References.First(
                    r => r.To == prefix && r.KeysOf(_state.Documents[user.Prefix][user.Key]).Contains(key, StringComparer.Ordinal));
            return reference.UseOf(_state.Documents[user.Prefix][user.Key], key);
        });

    /// <summary>The enabled or disabled subnet that holds an address; the smallest one when several do.</summary>
    public Subnet? SubnetOf(uint address) => _state.Indexes.Networks.Find(address) is { } name ? Subnets[name] : null;

    /// <summary>All subnets that hold an address, the largest network first.</summary>
    public IEnumerable<Subnet> SubnetsHolding(uint address)
        => _state.Indexes.Networks.Overlapping(new Cidr(address, 32)).Select(name => Subnets[name]);

    private static CatalogState Edited(long revision, IEnumerable<Document> documents)
    {
        var all = documents.Select(d => new CatalogEntry(d, d.ReadOnly ? 0 : revision)).ToList();
        var edit = new CatalogEdit(CatalogState.Empty).Below(all.Where(e => e.Document.ReadOnly));
        foreach (var entry in all.Where(e => !e.Document.ReadOnly)) edit.Put(entry);
        return edit.Finish();
    }

    private DocumentMap<T> Of<T>(string prefix)
        where T : Document
        => new(_state.Documents[prefix]);

    private ImmutableSortedSet<DocumentKey> UsersOf(string prefix, string key)
    {
        var target = new DocumentKey(prefix, key);
        return _state.Users.GetValueOrDefault(new Named(target, false), [])
            .Union(_state.Users.GetValueOrDefault(new Named(target, true), []));
    }
}
