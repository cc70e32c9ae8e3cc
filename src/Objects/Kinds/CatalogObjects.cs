using System.Globalization;
using System.Text.Json;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Kinds;

/// <summary>A kind of the catalog: read from this silo's snapshot, changed by the catalog's one grain.</summary>
public sealed class CatalogObjects(string prefix, ICatalog catalog, GrainFinder grains, IMachineQueries machines, ChangeTrials trials,
    TimeProvider time)
    : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix { get; } = prefix;

    /// <inheritdoc/>
    public Type Document { get; } = CatalogRules.Kinds[prefix].Type;

    /// <inheritdoc/>
    public bool HasSlashes => CatalogRules.Kinds[Prefix].HasSlashes;

    /// <inheritdoc/>
    public bool IsInMemory => true;

    /// <inheritdoc/>
    public FieldTable Fields { get; } = CatalogRules.Kinds[prefix].Fields;

    /// <inheritdoc/>
    public IReadOnlySet<string> Hidden => CatalogRules.Kinds[Prefix].WriteOnly;

    /// <inheritdoc/>
    public Document Shown(Document document) => CatalogRules.Kinds[Prefix].Shown(document);

    /// <summary>Machines that are named where an object cannot be deleted.</summary>
    private const int MostMachinesNamed = 20;

    private ICatalogGrain Writer => grains.Catalog;

    /// <inheritdoc/>
    public Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
        => Task.FromResult(new ListEvaluator(time).Page<Document>(query, [.. catalog.Current.OfKind(Prefix).Values]));

    /// <inheritdoc/>
    public Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult(catalog.Current.OfKind(Prefix).TryGetValue(KeyOf(text), out var document) ? Found(document) : null);

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => owners.Contains(KeyOf(text)) ? FindAsync(text, request, cancellation) : Task.FromResult<FoundObject?>(null);

    /// <inheritdoc/>
    public Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => reach.Holds(Prefix, KeyOf(text)) ? FindAsync(text, request, cancellation) : Task.FromResult<FoundObject?>(null);

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => new(Fields["Key"], reach.KeysOf(Prefix));

    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Make(new CatalogWrite(Prefix, "", document, request.Terms())), cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Replace(new CatalogWrite(Prefix, found.Document.Key, document, request.TermsOf(found))), cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => CommitAsync(() => Writer.Amend(new CatalogPatch(Prefix, found.Document.Key, patch.GetRawText(), request.TermsOf(found))),
            cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var key = found.Document.Key;
        var changed = await CommitAsync(() => Writer.Remove(new CatalogRemoval(Prefix, key, request.TermsOf(found))), cancellation);
        return await ToldAsync(changed, key, request, cancellation);
    }

    /// <inheritdoc/>
    public IObjectChanges Trial => new TriedDocuments(Prefix, trials, ToldAsync);

    /// <summary>A deletion as it is told: one that is refused as the object is used names the machines that do.</summary>
    private async Task<ChangedObject> ToldAsync(ChangedObject changed, string key, ObjectRequest request, CancellationToken cancellation)
    {
        if (changed.Error is not { } error || error.Type != CatalogRules.Kinds[Prefix].StillUsed(key, []).Type) return changed;
        // Names of machines are for who may list them.
        return request.Principal.May("machines", "list", "*")
            ? changed with { Error = error with { Messages = await WithMachinesAsync(error.Messages, key, cancellation) } } : changed;
    }

    /// <summary>A document with its version: the revision that wrote it; a hash for those of content packs, which have none.</summary>
    internal FoundObject Found(Document document)
        => catalog.Current.RevisionOf(Prefix, document.Key) is var revision and > 0
            ? new FoundObject(document, revision.ToString(CultureInfo.InvariantCulture), document.Key) { Revision = revision }
            : new FoundObject(document, DocumentTag.Of(JsonSerializer.Serialize(document, document.GetType(), Json.Options),
                catalog.Current.Prefs["baseTokenSecret"]), document.Key);

    /// <summary>
    /// Why an object has to stay, the machines that use it first (DRP). The writer asks for machines only where nothing else uses it: all
    /// writes wait for that.
    /// </summary>
    private async Task<IReadOnlyList<string>> WithMachinesAsync(IReadOnlyList<string> told, string key, CancellationToken cancellation)
    {
        var all = new List<string>();
        foreach (var reference in MachineReferences.All.Where(r => r.To == Prefix))
        {
            var query = reference.UsersOf(MachineFields.Table, key) with { Limit = MostMachinesNamed };
            all.AddRange((await machines.ListAsync(query, cancellation)).Select(m => reference.UseOf(m, key)));
        }

        return [.. all.Concat(told).Distinct(StringComparer.Ordinal)];
    }

    private static string KeyOf(string text) => KeyText.Bare(text, "Key", "Name", "ID");

    private async Task<ChangedObject> CommitAsync(Func<Task<CatalogAnswer>> change, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var answer = await GrainCalls.ActAsync(change);
        if (answer.Error is null) await catalog.AtLeastAsync(answer.Revision, cancellation);
        var tag = answer.Document is { } document
            ? Found(catalog.Current.OfKind(Prefix).GetValueOrDefault(document.Key, document)).Tag : "";
        return new ChangedObject(answer.Status, answer.Document, answer.Error, tag);
    }
}
