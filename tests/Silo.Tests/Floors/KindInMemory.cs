using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Objects;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Silo.Tests.Floors;

/// <summary>Keeps any kind's documents in memory: what the floor of objects asks of a kind, by what the kind's one file says.</summary>
internal sealed class KindInMemory(CatalogKind kind, ICatalog catalog, ParamKeys keys) : IObjectKind
{
    private readonly SortedDictionary<string, Document> _all = new(StringComparer.Ordinal);
    private int _revision;

    public string Prefix => kind.Prefix;

    public Type Document => kind.Type;

    public bool HasSlashes => kind.HasSlashes;

    public FieldTable Fields => kind.Fields;

    public IReadOnlySet<string> Hidden => kind.WriteOnly;

    /// <summary>As it is kept.</summary>
    public Document this[string key] => _all[key];

    public Document Shown(Document document) => kind.Shown(document);

    public Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
        => Task.FromResult(new ListEvaluator(TimeProvider.System).Page<Document>(query, [.. _all.Values]));

    public Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult(_all.TryGetValue(text, out var found) ? new FoundObject(found, $"{_revision}", found.Key) : null);

    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => owners.Contains(text) ? FindAsync(text, request, cancellation) : Task.FromResult<FoundObject?>(null);

    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult(_all.ContainsKey(document.Key)
            ? new ChangedObject(409, null, ApiError.Conflict(Prefix, document.Key, "CREATE", "already exists"), "")
            : Keep(document, null, 201));

    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult(Keep(kind.Keep(document, found.Document), found.Document, 200));

    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
    {
        JsonPatch.CheckReads(patch, kind.WriteOnly, Prefix, found.Document.Key);
        var shown = JsonSerializer.SerializeToElement(kind.Shown(found.Document), kind.Type, Json.Options);
        var text = JsonPatch.ApplyToText(shown, patch, Prefix, found.Document.Key);
        return ReplaceAsync(found, (Document)DocumentReader.ReadPatched(text, kind.Type, Prefix, found.Document.Key), request,
            cancellation);
    }

    public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        _all.Remove(found.Document.Key);
        return Task.FromResult(new ChangedObject(200, found.Document, null, ""));
    }

    private ChangedObject Keep(Document document, Document? old, int status)
    {
        var filled = SecureValues.Sealed(kind.Fill(document), catalog.Current, keys);
        var problems = kind.Problems(filled, old, catalog.Current).ToList();
        if (problems.Count > 0) return new ChangedObject(422, null, ApiError.Invalid(Prefix, document.Key, problems), "");
        _all[document.Key] = filled;
        _revision++;
        return new ChangedObject(status, filled, null, $"{_revision}");
    }
}
