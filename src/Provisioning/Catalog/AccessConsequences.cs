using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog.Kinds;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What else changes together with a document, so that nobody has, or reaches, more by it than was meant.</summary>
public static class AccessConsequences
{
    /// <summary>
    /// The other documents as they become. Where a role gives more than before, passwords of its users end that somebody without all
    /// rights has set. What a tenant's user makes of a kind that its tenant limits is the tenant's, and a user that it makes is in the
    /// tenant, or would be a way out of it; what is deleted is nobody's, so that no later object of that key is, and so are
    /// the webhooks of a user who is.
    /// </summary>
    /// <param name="before">The document as it was; null for a new one.</param>
    /// <param name="after">The document as it becomes; null for one that goes.</param>
    /// <param name="maker">The user who changes it; "" for anybody else.</param>
    /// <param name="catalog">The catalog before the change.</param>
    /// <exception cref="ApiException">422: the tenant has as many members, or users, as it may.</exception>
    public static IReadOnlyList<Document> Of(Document? before, Document? after, string maker, CatalogSnapshot catalog)
    {
        if (after is null)
            return before is null ? [] : [.. Leaving([new DocumentKey(before.Prefix, before.Key)], catalog), .. Orphaned(before, catalog)];
        IEnumerable<Document> ended = after is Role role ? Ended(role, before as Role, catalog) : [];
        return [.. ended, .. before is null ? Joining(after, maker, catalog) : []];
    }

    /// <summary>The webhooks of a user who goes, as nobody's: a later user of that name said nowhere where they go.</summary>
    private static IEnumerable<Webhook> Orphaned(Document gone, CatalogSnapshot catalog)
        => gone is not User ? [] : catalog.OfKind(Webhook.Kind).Values.OfType<Webhook>()
            .Where(w => w is { Validated: true, ReadOnly: false } && w.Owner == gone.Key).Select(w => w with { Owner = "", Grant = null });

    private static IEnumerable<User> Ended(Role role, Role? before, CatalogSnapshot catalog)
    {
        var had = before?.Rights ?? [];
        return role.Rights.All(r => Claim.Cover(had, r)) ? []
            : catalog.NamedBy("roles", role.Name).OfType<User>().Where(u => u.SetByLess).Select(UserKind.WithoutPassword);
    }

    private static IEnumerable<Tenant> Joining(Document made, string maker, CatalogSnapshot catalog)
        => maker.Length == 0 ? []
            : catalog.TenantsOf(maker).Where(t => made is User || t.Of(made.Prefix) is not null).Select(t =>
            {
                var joined = made is User ? WithUser(t, made.Key) : t;
                return joined.Of(made.Prefix) is null ? joined : With(joined, made.Prefix, made.Key);
            });

    /// <summary>The tenants of which something that is gone is a member, without it.</summary>
    /// <param name="gone">What is gone.</param>
    /// <param name="catalog">The catalog.</param>
    public static IEnumerable<Tenant> Leaving(IReadOnlyCollection<DocumentKey> gone, CatalogSnapshot catalog)
    {
        if (gone.Count == 0) yield break;
        foreach (var tenant in catalog.Tenants.Values.Where(t => t.Validated))
        {
            var left = gone.Where(k => tenant.Of(k.Prefix)?.Contains(k.Key) == true)
                .ToLookup(k => k.Prefix, k => k.Key, StringComparer.Ordinal)
                .Aggregate(tenant, (rest, kind) => Changed(rest, kind.Key,
                    [.. rest.Members[kind.Key].Except(kind, StringComparer.Ordinal)]));
            if (!ReferenceEquals(left, tenant)) yield return left;
        }
    }

    /// <summary>A tenant with one member more.</summary>
    /// <exception cref="ApiException">422: it has as many as it may.</exception>
    public static Tenant With(Tenant tenant, string prefix, string key)
    {
        if (tenant.Members.Values.Sum(m => m.Count) >= Tenant.MostMembers)
            throw new ApiException(ApiError.Invalid("tenants", tenant.Name, $"Members: a tenant has at most {Tenant.MostMembers}"));
        return tenant.Of(prefix)!.Contains(key) ? tenant : Changed(tenant, prefix, [.. tenant.Members[prefix], key]);
    }

    /// <summary>A tenant with one user more.</summary>
    private static Tenant WithUser(Tenant tenant, string user)
        => tenant.Users.Contains(user, StringComparer.Ordinal) ? tenant
            : tenant.Users.Count < Tenant.MostUsers ? tenant with { Users = [.. tenant.Users, user] }
            : throw new ApiException(ApiError.Invalid("tenants", tenant.Name, $"Users: a tenant has at most {Tenant.MostUsers}"));

    private static Tenant Changed(Tenant tenant, string prefix, IReadOnlyList<string> keys)
        => tenant with
        {
            Members = new Dictionary<string, IReadOnlyList<string>>(tenant.Members, StringComparer.Ordinal) { [prefix] = keys },
        };
}
