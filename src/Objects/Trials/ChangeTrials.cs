using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Trials;

/// <summary>
/// Asks grains what changes would come to (dry-run). They have calls of their own for that, which silos of the version before do not know
/// and so cannot carry out; while there is one nothing is tried at all, so that nobody takes its silence for an answer.
/// </summary>
public sealed class ChangeTrials(GrainFinder grains, IEverySilo everySilo)
{
    /// <summary>
    /// Refuses who is no person: what a machine brings about is counted as it comes, and a registration is its token's only one.
    /// </summary>
    /// <exception cref="ApiException">400.</exception>
    internal static void RequirePerson(string prefix, string key, string type, ObjectRequest request)
    {
        if (request.Principal.Kind != PrincipalKind.User)
            throw new ApiException(ApiError.BadRequest(prefix, key, type, "dry-run is for people: a machine tries no change"));
    }

    /// <summary>A change of the catalog.</summary>
    /// <exception cref="ApiException">503: a silo may not know what that is.</exception>
    internal Task<CatalogTried> CatalogAsync(CatalogTrial trial) => AskAsync(() => grains.Catalog.Try(trial));

    /// <summary>A change of a machine, or of its job.</summary>
    /// <exception cref="ApiException">503: a silo may not know what that is.</exception>
    internal Task<MachineTried> MachineAsync(string uuid, MachineTrial trial) => AskAsync(() => grains.Machine(uuid).Try(trial));

    /// <summary>The deletion of a lease.</summary>
    /// <exception cref="ApiException">503: a silo may not know what that is.</exception>
    internal Task<Reply> LeaseAsync(string subnet, LeaseRemoval removal)
        => AskAsync(() => grains.Subnet(subnet).TryRemove(removal));

    private Task<T> AskAsync<T>(Func<Task<T>> call) => everySilo.Has(SiloTraits.Trials) ? GrainCalls.AskAsync(call)
        : throw new ApiException(new ApiError("", "", "DRY-RUN",
            ["a silo of this cluster is of a version without dry-run, or has not told its version yet: ask again when all silos are "
                + "upgraded"], 503));
}
