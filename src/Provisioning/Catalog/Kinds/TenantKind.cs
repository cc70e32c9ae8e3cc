using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Tenants (DRP's Tenant). A user is in one at most, and one administrator always in none.</summary>
internal sealed class TenantKind() : CatalogKind<Tenant>("tenants")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [To(nameof(Tenant.Users), "users", "User", t => t.Users)];

    /// <inheritdoc/>
    public override IReadOnlyList<FieldIndex> Indexes { get; } = [new(nameof(Tenant.Users), d => ((Tenant)d).Users)];

    /// <inheritdoc/>
    public override Tenant Empty(string key) => new() { Name = key };

    /// <summary>Keys are a set, and clients send them as they come.</summary>
    protected override Tenant Fill(Tenant document) => document with
    {
        Users = [.. document.Users.Distinct(StringComparer.Ordinal)],
        Members = document.Members.ToDictionary(m => m.Key,
            m => (IReadOnlyList<string>)[.. (m.Value ?? []).Distinct(StringComparer.Ordinal)], StringComparer.Ordinal),
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Tenant document, Tenant? old, CatalogSnapshot catalog)
        => KindRules.Bounded(Beyond(document), () =>
        [
            .. KindRules.Name(document.Name, old),
            .. document.Members.Keys.Where(k => !IsLimitable(k)).Order(StringComparer.Ordinal).Select(k => Reach.Follows(k)
                ? $"Members: {k} follow their machine: name machines"
                : $"Members: there is no kind {Short(k)} whose objects have tenants"),
            .. document.Members.Values.SelectMany(k => k).Where(k => k is null or "" or "*" || k.Length > NameRules.Longest).Take(1)
                .Select(_ => $"Members: a key has 1 to {NameRules.Longest} characters, and is not *"),
            .. document.Users.Except(old?.Users ?? [], StringComparer.Ordinal).SelectMany(u => UserProblems(u, document.Name, catalog)),
            .. Locked(document, old, catalog),
        ]);

    /// <summary>Kinds whose objects can be a tenant's: those that are found by their own key, at which it is asked for.</summary>
    private static bool IsLimitable(string kind)
        => kind == "machines" || (CatalogRules.Kinds.TryGetValue(kind, out var found) && !found.IsRows);

    private static IEnumerable<string> UserProblems(string user, string name, CatalogSnapshot catalog)
    {
        if (!catalog.Users.ContainsKey(user)) yield return $"User {Short(user)} does not exist";
        if (catalog.TenantsOf(user).FirstOrDefault(t => t.Name != name) is { } other)
            yield return $"User {user} is in tenant {other.Name} already";
    }

    private static IEnumerable<string> Locked(Tenant document, Tenant? old, CatalogSnapshot catalog)
    {
        var users = document.Users.ToHashSet(StringComparer.Ordinal);
        return users.IsSubsetOf(old?.Users ?? []) || !users.Any(u => catalog.Users.TryGetValue(u, out var user)
            && AccessRights.IsAdministrator(user)) || UserKind.Administrators(catalog).Any(u => !users.Contains(u.Name)) ? []
            : ["Users: the last administrator is kept from nothing: one superuser with a password stays in no tenant"];
    }

    private static IEnumerable<string> Beyond(Tenant tenant) =>
    [
        .. tenant.Members.Values.Sum(m => (long)(m?.Count ?? 0)) > Tenant.MostMembers
            ? [$"Members: a tenant has at most {Tenant.MostMembers}"] : (string[])[],
        .. tenant.Members.Count > CatalogRules.Stored.Count
            ? [$"Members: {tenant.Members.Count} kinds are more than there are"] : (string[])[],
        .. tenant.Users.Count > Tenant.MostUsers ? [$"Users: a tenant has at most {Tenant.MostUsers}"] : (string[])[],
    ];

    private static string Short(string text) => text.Length <= NameRules.Longest ? text : $"{CodePoints.First(text, 20)}…";
}
