using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What users and tasks may do by the roles and tenants of a catalog.</summary>
public static class AccessRights
{
    /// <summary>True for a role that there is, and that can be read.</summary>
    public static bool HasRole(this CatalogSnapshot catalog, string role)
        => role == Roles.Superuser || catalog.Roles.TryGetValue(role, out var found) && found.Validated;

    /// <summary>The rights of a role; none of one that is not there. Nothing that is stored changes what superuser is.</summary>
    public static IReadOnlyList<Claim> ClaimsOf(this CatalogSnapshot catalog, string role)
        => role == Roles.Superuser ? [Claim.All]
            : catalog.Roles.TryGetValue(role, out var found) && found.Validated ? found.Rights : [];

    /// <summary>The rights that a user's roles give it.</summary>
    public static IEnumerable<Claim> GivenTo(this CatalogSnapshot catalog, User user)
        => user.Roles.Distinct(StringComparer.Ordinal).SelectMany(catalog.ClaimsOf);

    /// <summary>The rights that a task gives to its jobs.</summary>
    public static IEnumerable<Claim> GivenTo(this CatalogSnapshot catalog, TaskDefinition task)
        => task.ExtraClaims.Concat(task.ExtraRoles.Distinct(StringComparer.Ordinal).SelectMany(catalog.ClaimsOf));

    /// <summary>A user with its rights, and with what its tenants let it reach.</summary>
    public static Principal PrincipalOf(this CatalogSnapshot catalog, User user)
        => new(user.Name, PrincipalKind.User, [.. catalog.GivenTo(user), .. Roles.Own(user.Name)]) { Reach = catalog.ReachOf(user.Name) };

    /// <summary>
    /// What a user's tenants let it reach. While a tenant cannot be read nobody knows whose it is: who is in none that can be, and is no
    /// superuser, who has to mend it, reaches nothing.
    /// </summary>
    public static Reach ReachOf(this CatalogSnapshot catalog, string user)
    {
        var tenants = catalog.TenantsOf(user).ToList();
        if (tenants.Count > 0) return Reach.Of(tenants);
        return catalog.HasUnreadableTenant && !IsSuperuser(catalog, user) ? Reach.Nothing : Reach.All;
    }

    /// <summary>The tenants of a user: one, as long as nobody wrote the database by hand.</summary>
    public static IEnumerable<Tenant> TenantsOf(this CatalogSnapshot catalog, string user)
        => catalog.Having("tenants", nameof(Tenant.Users), user).Cast<Tenant>();

    /// <summary>True for an object, there or gone, that some tenant has.</summary>
    public static bool IsMember(this CatalogSnapshot catalog, string prefix, string key)
        => catalog.Tenants.Values.Any(t => t.Of(prefix)?.Contains(key) == true);

    /// <summary>
    /// True for who can always mend everything: a superuser with a password, whom no tenant keeps from anything. One of those remains.
    /// </summary>
    public static bool IsAdministrator(this CatalogSnapshot catalog, User user)
        => IsAdministrator(user) && !catalog.TenantsOf(user.Name).Any();

    /// <summary>True for a superuser with a password.</summary>
    internal static bool IsAdministrator(User user)
        => user.Roles.Contains(Roles.Superuser, StringComparer.Ordinal) && Passwords.IsHash(user.PasswordHash);

    private static bool IsSuperuser(CatalogSnapshot catalog, string user)
        => catalog.Users.TryGetValue(user, out var found) && found.Roles.Contains(Roles.Superuser, StringComparer.Ordinal);
}
