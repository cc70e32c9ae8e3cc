using System.Text.Json;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Kinds;

/// <summary>Plugins: there are none, and none can be made.</summary>
public sealed class PluginObjects : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => "plugins";

    /// <inheritdoc/>
    public Type Document => typeof(Plugin);

    /// <inheritdoc/>
    public FieldTable Fields { get; } = FieldTable.Of<Plugin>("plugins", nameof(Plugin.Name));

    /// <inheritdoc/>
    public Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
        => Task.FromResult(new ListPage<Document>([], 0, 0, null));

    /// <inheritdoc/>
    public Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult<FoundObject?>(null);

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation) => Task.FromResult<FoundObject?>(null);

    /// <summary>There are no changes: who tries one is told so.</summary>
    public IObjectChanges Trial => this;

    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => Refuse(document.Key);

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key);

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key);

    /// <inheritdoc/>
    public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key);

    private Task<ChangedObject> Refuse(string key)
    {
        var error = ApiError.Invalid(Prefix, key, PluginVerbs.None);
        return Task.FromResult(new ChangedObject(error.Code, null, error, ""));
    }
}
