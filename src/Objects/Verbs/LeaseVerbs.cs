using Anvil.Contracts.Retention;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>What leases have beside the verbs of every kind: who held an address.</summary>
public sealed class LeaseVerbs(ILeaseStore store, IRetentionStore retention)
{
    /// <summary>Who held an address from when to when, oldest first.</summary>
    public async Task<ObjectAnswer> HistoryAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        request.Require("leases", "list", "*");
        if (!LeaseObjects.TryAddress(text, out var address))
            throw new ApiException(ApiError.BadRequest("leases", text, "GET", "an address is needed"));
        var trimmed = (await retention.TotalsAsync(cancellation)).FirstOrDefault(t => t.What == RetentionRules.Leases);
        return ObjectAnswer.Of(await store.HistoryAsync(address, cancellation)) with
        {
            Trimmed = trimmed is null ? "" : $"{trimmed.Rows} holds of all addresses, up to {trimmed.UpTo:u}",
        };
    }
}
