using System.Text.Json;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Objects.Trials;

/// <summary>Deletions of leases, tried; what DHCP alone does is refused as ever.</summary>
/// <param name="leases">The kind.</param>
/// <param name="trials">Asks the subnets' grains.</param>
internal sealed class TriedLeases(LeaseObjects leases, ChangeTrials trials) : IObjectChanges
{
    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => leases.CreateAsync(document, request, cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => leases.ReplaceAsync(found, document, request, cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => leases.PatchAsync(found, patch, request, cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var lease = (Lease)found.Document;
        if (leases.RemovalOf(found, request.AsTrial()) is not var (subnet, removal)) return leases.Gone(lease);
        var reply = await trials.LeaseAsync(subnet, removal);
        if (reply.Error is { } error) return new ChangedObject(reply.Status, null, error, "");
        return new ChangedObject(reply.Status, lease, null, "")
        {
            Would = new Consequences([new Consequence(leases.Prefix, lease.Key, Consequence.Delete, false, false, [])], []),
        };
    }
}
