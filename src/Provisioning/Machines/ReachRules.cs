using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a tenant's user names anew, for a machine or in a document, is within its reach: else it would be given by a machine's params, or
/// rendered for it, what it may not read. It is told what it would be told if there were no such object.
/// </summary>
public static class ReachRules
{
    /// <summary>Refuses a machine that names what is beyond the reach of who changes it.</summary>
    /// <param name="options">On whose behalf.</param>
    /// <param name="before">The machine as it was, or as it is without anybody's choice; null for neither.</param>
    /// <param name="after">The machine as it becomes.</param>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="ApiException">422.</exception>
    public static void Check(ChangeOptions options, Machine? before, Machine after, CatalogSnapshot catalog)
        => Throw(after, Problems(options, before, after, catalog));

    /// <summary>What a machine names that is beyond the reach of who changes it, in the words for what is not there.</summary>
    /// <param name="options">On whose behalf.</param>
    /// <param name="before">The machine as it was, or as it is without anybody's choice; null for neither.</param>
    /// <param name="after">The machine as it becomes.</param>
    /// <param name="catalog">The catalog.</param>
    public static IReadOnlyList<string> Problems(ChangeOptions options, Machine? before, Machine after, CatalogSnapshot catalog)
        => Problems(options.ByMachine ? "" : options.By, MachineReferences.All, before, after, catalog);

    /// <summary>
    /// The words for what is not there, in an order that does not tell what is there and beyond the reach of who changes a machine.
    /// </summary>
    /// <param name="options">On whose behalf.</param>
    /// <param name="absent">What is not there, in its order.</param>
    /// <param name="beyond">What is beyond (<see cref="Problems(ChangeOptions, Machine?, Machine, CatalogSnapshot)"/>).</param>
    /// <param name="catalog">The catalog.</param>
    public static IReadOnlyList<string> Mixed(ChangeOptions options, IReadOnlyList<string> absent, IReadOnlyList<string> beyond,
        CatalogSnapshot catalog)
        => options.ByMachine || !IsLimited(options.By, catalog) ? absent
            : [.. absent.Union(beyond, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>
    /// True when all that gives a machine its params is within a reach: what is rendered for the machine has them in it, and nobody knows
    /// which. A profile without params gives nothing.
    /// </summary>
    /// <param name="reach">Of who is shown what is rendered.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="catalog">The catalog.</param>
    public static bool HoldsLayers(Reach reach, Machine machine, CatalogSnapshot catalog)
        => !reach.IsLimited || MachineParams.Layers(machine, catalog)
            .All(l => (l.Prefix == "profiles" && l.Values.Count == 0) || reach.Holds(l.Prefix, l.Key));

    /// <summary>Refuses a document of the catalog that names what is beyond the reach of who writes it.</summary>
    /// <param name="user">Who; "" for who is no user.</param>
    /// <param name="before">The document as it was; null for a new one.</param>
    /// <param name="after">The document as it becomes.</param>
    /// <param name="catalog">The catalog.</param>
    /// <exception cref="ApiException">422.</exception>
    public static void Check(string user, Document? before, Document after, CatalogSnapshot catalog)
        => Throw(after, Problems(user, CatalogRules.Stored[after.Prefix].References, before, after, catalog));

    private static IReadOnlyList<string> Problems(string user, IReadOnlyList<Reference> references, Document? before, Document after,
        CatalogSnapshot catalog)
    {
        if (!IsLimited(user, catalog)) return [];
        var reach = catalog.ReachOf(user);
        return [.. references.Where(r => reach.Limits(r.To))
            .SelectMany(r => r.Beyond(before, after, key => reach.Holds(r.To, key))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Parts of Anvil have names, too, and no tenants.</summary>
    private static bool IsLimited(string user, CatalogSnapshot catalog)
        => catalog.Users.ContainsKey(user) && catalog.ReachOf(user).IsLimited;

    private static void Throw(Document after, IReadOnlyList<string> problems)
    {
        if (problems.Count > 0) throw new ApiException(ApiError.Invalid(after.Prefix, after.Key, problems));
    }
}
