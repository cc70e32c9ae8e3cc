using Anvil.Contracts.Subnets;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>What leases have beside the verbs of every kind: who held an address.</summary>
public sealed class LeaseVerbs(ILeaseStore store)
{
    /// <summary>Who held an address from when to when, oldest first.</summary>
    public async Task<ObjectAnswer> HistoryAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        request.Require("leases", "list", "*");
        if (!LeaseObjects.TryAddress(text, out var address))
            throw new ApiException(ApiError.BadRequest("leases", text, "GET", "an address is needed"));
        return ObjectAnswer.Of(await store.HistoryAsync(address, cancellation));
    }
}
