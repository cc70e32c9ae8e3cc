using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Webhooks;

/// <summary>
/// Webhooks: a kind of the catalog, each with the place of the log at which it was made, from which on it is told of what happens.
/// </summary>
public sealed class WebhookObjects(CatalogObjects stored, IEventStore events, GrainFinder grains) : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => Webhook.Kind;

    /// <inheritdoc/>
    public bool IsOfDrp => false;

    /// <inheritdoc/>
    public bool IsInMemory => true;

    /// <inheritdoc/>
    public IObjectChanges Trial => new Tried(this, stored.Trial);

    /// <inheritdoc/>
    public Type Document => stored.Document;

    /// <inheritdoc/>
    public FieldTable Fields => stored.Fields;

    /// <inheritdoc/>
    public IReadOnlySet<string> Hidden => stored.Hidden;

    /// <inheritdoc/>
    public Document Shown(Document document) => stored.Shown(document);

    /// <inheritdoc/>
    public Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation) => stored.ListAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => stored.FindAsync(text, request, cancellation);

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => stored.FindAmongAsync(text, owners, request, cancellation);

    /// <inheritdoc/>
    public Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => stored.FindWithinAsync(text, reach, request, cancellation);

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => stored.Within(reach);

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => await stored.CreateAsync(await BeginAsync(document, cancellation), request, cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => stored.ReplaceAsync(found, document, request, cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => stored.PatchAsync(found, patch, request, cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var changed = await stored.DeleteAsync(found, request, cancellation);
        if (changed.Error is not null) return changed;
        try
        {
            await grains.Webhook(found.Document.Key).Wake();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The cores see that it is gone, and do the same.
        }

        return changed;
    }

    private async Task<Document> BeginAsync(Document document, CancellationToken cancellation)
        => (Webhook)document with { Begins = (await events.EndAsync(cancellation)).Seq };

    /// <summary>Changes that are tried: a webhook begins where it would now.</summary>
    private sealed class Tried(WebhookObjects kind, IObjectChanges tried) : IObjectChanges
    {
        public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
            => await tried.CreateAsync(await kind.BeginAsync(document, cancellation), request, cancellation);

        public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
            CancellationToken cancellation)
            => tried.ReplaceAsync(found, document, request, cancellation);

        public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
            CancellationToken cancellation)
            => tried.PatchAsync(found, patch, request, cancellation);

        public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
            => tried.DeleteAsync(found, request, cancellation);
    }
}
