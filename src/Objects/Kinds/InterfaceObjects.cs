using System.Text.Json;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Kinds;

/// <summary>The network interfaces of the edges: seen, never written.</summary>
public sealed class InterfaceObjects(IInterfaceDirectory edges, TimeProvider time) : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => "interfaces";

    /// <inheritdoc/>
    public Type Document => typeof(HostInterface);

    /// <inheritdoc/>
    public bool IsStored => false;

    /// <inheritdoc/>
    public FieldTable Fields { get; } = FieldTable.Of<HostInterface>("interfaces", nameof(HostInterface.Name),
        new Dictionary<string, FieldKind>(StringComparer.Ordinal) { [nameof(HostInterface.Gateway)] = FieldKind.Address });

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
        => new ListEvaluator(time).Page<Document>(query, [.. await AllAsync(cancellation)]);

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => (await AllAsync(cancellation)).FirstOrDefault(i => i.Name == KeyText.Bare(text, "Key", "Name")) is { } found
            ? new FoundObject(found, DocumentTag.Of(found), found.Name) : null;

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => owners.Contains(KeyText.Bare(text, "Key", "Name")) ? FindAsync(text, request, cancellation)
            : Task.FromResult<FoundObject?>(null);

    /// <summary>There are no changes: who tries one is told so.</summary>
    public IObjectChanges Trial => this;

    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation) => Refuse("", "POST");

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key, "PUT");

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key, "PATCH");

    /// <inheritdoc/>
    public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key, "DELETE");

    private async Task<IReadOnlyList<HostInterface>> AllAsync(CancellationToken cancellation)
    {
        var all = await edges.ListAsync(cancellation);
        return [.. all.SelectMany(e => e.Value.DistinctBy(i => i.Name).Select(i => new HostInterface
        {
            Name = all.Count == 1 ? i.Name : $"{i.Name}@{e.Key}",
            Index = i.Index,
            Addresses = i.Addresses,
            ActiveAddress = i.Addresses[0],
            Gateway = i.Gateway,
            DnsServers = i.DnsServers,
            DnsDomain = i.DnsDomain,
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [HostInterface.EdgeMeta] = e.Key },
            ReadOnly = true,
            Validated = true,
            Available = true,
        }))];
    }

    private Task<ChangedObject> Refuse(string key, string type)
    {
        var error = new ApiError(Prefix, key, type, ["interfaces are the edges' own, and are not changed here"], 405);
        return Task.FromResult(new ChangedObject(error.Code, null, error, ""));
    }
}
