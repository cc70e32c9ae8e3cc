using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Verbs;

/// <summary>What there is, and how many of it, for who may see that.</summary>
public sealed class InfoVerbs(ObjectFloor floor, IMachineQueries machines, ICatalog catalog)
{
    /// <summary>Refuses who may not read what the system is.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">404.</exception>
    public static void Require(ObjectRequest request) => request.Require("info", "get", "*");

    /// <summary>How many there are, by what is counted: told to who may see which there are.</summary>
    public async Task<IReadOnlyList<KeyValuePair<string, long>>> CountsAsync(Principal principal, CancellationToken cancellation)
    {
        var counts = new List<KeyValuePair<string, long>>();
        if (principal.HasRight("machines", "list", "*"))
            counts.Add(new("machines.count", principal.Reach.Limits("machines")
                ? (await CountAsync("machines", principal, cancellation)) : await machines.CountAsync(cancellation)));
        if (principal.HasRight("subnets", "list", "*"))
            counts.Add(new("subnets.count", principal.Reach.Limits("subnets") ? await CountAsync("subnets", principal, cancellation)
                : catalog.Current.Subnets.Count));
        return counts;
    }

    /// <summary>What rights can be about: actions by scope.</summary>
    public object Scopes { get; } = ScopeTable.Of(floor.Kinds);

    /// <summary>Those within somebody's reach.</summary>
    private async Task<long> CountAsync(string prefix, Principal principal, CancellationToken cancellation)
        => (await floor.ListAsync(prefix, new ObjectRequest(principal, "info") { CountsAlone = true }, cancellation)).Total;

    /// <summary>The names of all kinds that DRP has, in order.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">403.</exception>
    public IEnumerable<string> Kinds(ObjectRequest request)
    {
        request.Require("objects", "list", "*");
        return floor.Kinds.Where(k => k is { IsStored: true, IsOfDrp: true }).Select(k => k.Prefix)
            .Append("preferences").Order(StringComparer.Ordinal);
    }
}
