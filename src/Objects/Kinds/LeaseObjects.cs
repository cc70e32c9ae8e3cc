using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Kinds;

/// <summary>Leases: listed, read and deleted; DHCP alone makes them.</summary>
public sealed class LeaseObjects(ILeaseStore store, ICatalog catalog, GrainFinder grains, IMachineQueries machines, ChangeTrials trials)
    : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => "leases";

    /// <inheritdoc/>
    public Type Document => typeof(Lease);

    /// <inheritdoc/>
    public FieldTable Fields => CatalogFields.Leases;

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var page = await store.PageAsync(query, cancellation);
        return new ListPage<Document>([.. page.Rows], page.Total, page.Filtered, page.Next);
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => TryAddress(text, out var address) && await store.FindAsync(address, cancellation) is { } lease
            ? new FoundObject(lease, DocumentTag.Of(lease), lease.Key) : null;

    /// <inheritdoc/>
    public Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => TryAddress(text, out var address) && owners.Contains(IPv4.Hex(address))
            ? FindAsync(text, request, cancellation) : Task.FromResult<FoundObject?>(null);

    /// <inheritdoc/>
    public async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => await FindAsync(text, request, cancellation) is { Document: Lease lease } found
            && await machines.UuidOfMacAsync(lease.Token, cancellation) is { } machine && reach.Holds("machines", machine) ? found : null;

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => new(Fields["Token"], reach.KeysOf("machines")) { ByMac = true };

    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation) => Refuse("", "POST");

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key, "PUT");

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => Refuse(found.Document.Key, "PATCH");

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var lease = (Lease)found.Document;
        if (RemovalOf(found, request) is not var (subnet, removal)) return Gone(lease);
        Reply reply;
        try
        {
            reply = await GrainCalls.ActAsync(() => grains.Subnet(subnet).Remove(removal));
        }
        catch (Exception e) when (e is not (OperationCanceledException or TimeoutException) && removal.IfTag.Length == 0)
        {
            // A silo of the version before knows another call, which does not say who asks, and does no harm twice.
            reply = await GrainCalls.ActAsync(() => grains.Subnet(subnet).DeleteLease(removal.Address));
        }

        return new ChangedObject(reply.Status, reply.Error is null ? lease : null, reply.Error, "");
    }

    /// <inheritdoc/>
    public IObjectChanges Trial => new TriedLeases(this, trials);

    /// <summary>What is asked of which subnet, to delete a lease; null where no subnet has it any more.</summary>
    internal (string Subnet, LeaseRemoval Removal)? RemovalOf(FoundObject found, ObjectRequest request)
    {
        var address = IPv4.Parse(((Lease)found.Document).Addr);
        return catalog.Current.SubnetOf(address) is { } subnet
            ? (subnet.Name, new LeaseRemoval(address, request.Actor()) { IfTag = request.WantedOf(found) }) : null;
    }

    /// <summary>The refusal of one that no subnet has.</summary>
    internal ChangedObject Gone(Lease lease) => new(404, null, ApiError.NotFound(Prefix, lease.Key, "DELETE"), "");

    /// <summary>Reads a lease's key: its address, dotted or as eight hexadecimal digits.</summary>
    public static bool TryAddress(string text, out uint address)
        => IPv4.TryParse(text, out address) || IPv4.TryParseHex(text, out address);

    private Task<ChangedObject> Refuse(string key, string type)
    {
        var error = new ApiError(Prefix, key, type, ["leases are made by DHCP alone"], 405);
        return Task.FromResult(new ChangedObject(error.Code, null, error, ""));
    }
}
