using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What gives rights (a task to its jobs, with the templates that it renders; a user to whoever signs in; a role to whoever has it; a
/// tenant, which takes a limit from its users or sets it) is written by who has them: the right to write tasks, templates, users, roles or
/// tenants is no right to everything.
/// </summary>
public static class GrantRules
{
    private static readonly Claim[] OpenAll = [new("machines", "getSecure", "*"), new("profiles", "getSecure", "*"),
        new("stages", "getSecure", "*")];

    private static readonly string[] Giving = ["/ExtraClaims", "/ExtraRoles", "/Roles"];

    /// <summary>True when the requester may leave a document as it becomes.</summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="before">
    /// The document so far; null for a new one. Who could change what a privileged task does would have its rights.
    /// </param>
    /// <param name="after">The document as it becomes.</param>
    /// <param name="catalog">What else there is.</param>
    public static bool MayWrite(Principal principal, Document? before, Document after, CatalogSnapshot catalog)
        => principal.Has(Claim.All) || IsOfItself(principal, before, after)
            || (IsWithin(principal, before as User, catalog) && MayBeMadeBy(principal, before, after, catalog)
            // What it gave, or limited, nobody knows.
            && before is not ({ Validated: false } and (Role or Tenant))
            && GivenBy(after, catalog).Concat(before is null ? [] : GivenBy(before, catalog)).All(principal.Has)
            && (after is not Tenant || !principal.Reach.IsLimited)
            && (before is not Param { Secure: true } || after is Param { Secure: true } || MayOpenAll(principal))
            && (after is not Profile profile || profile.Profiles.Except((before as Profile)?.Profiles ?? [], StringComparer.Ordinal)
                .All(p => MayPutWithin(principal, p))));

    /// <summary>
    /// True when the requester may leave some templates and boot environments as they become: one search of those that render them.
    /// </summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="written">What is written, as it was and as it becomes; documents of other kinds are passed over.</param>
    /// <param name="catalog">What else there is.</param>
    public static bool MayRender(Principal principal, IReadOnlyCollection<Document> written, CatalogSnapshot catalog)
    {
        if (written.Count == 0 || principal.Has(Claim.All) || !catalog.Tasks.Values.Any(t => catalog.GivenTo(t).Any())) return true;
        List<Template> templates = [.. written.OfType<Template>()];
        var tasks = templates.Count == 0 ? [] : TemplateReach.TasksOf(templates, catalog);
        if (written.Any(d => d is BootEnv)) tasks = tasks.Concat(TemplateReach.TasksOfBootParams(catalog));
        return tasks.SelectMany(catalog.GivenTo).Distinct().All(principal.Has);
    }

    /// <summary>True when the requester may patch a document at some pointers.</summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="before">The document so far.</param>
    /// <param name="pointers">What the patch writes (RFC 6901).</param>
    /// <param name="catalog">What else there is.</param>
    public static bool MayPatch(Principal principal, Document before, IEnumerable<string> pointers, CatalogSnapshot catalog)
    {
        if (principal.Has(Claim.All) && before is not Param) return true;
        if (before is Param { Secure: true } param)
            return (!pointers.Any(p => p.Length == 0 || IsAt(p, "/Secure")) || MayOpenAll(principal))
                // What was written before it was refused is not to be copied out of its place.
                && (!param.HasSecretDefault() || principal.May("params", "getSecure", param.Name));
        if (before is Template or BootEnv) return GivenBy(before, catalog).All(principal.Has);
        if (before is Profile) return MayPutWithin(principal, "*") || !pointers.Any(p => p.Length == 0 || IsAt(p, "/Profiles"));
        // What comes of a patch is known, and asked once more, where it is carried out.
        if (before is Role) return GivenBy(before, catalog).All(principal.Has);
        if (before is Tenant) return !principal.Reach.IsLimited && GivenBy(before, catalog).All(principal.Has);
        if (before is User own && IsItself(principal, own) && !pointers.Any(p => p.Length == 0 || IsAt(p, "/Roles"))) return true;
        if (before is not (TaskDefinition or User)) return true;
        if (!IsWithin(principal, before as User, catalog)) return false;
        // What comes of a patch is known where it is carried out: who writes rights by it has all of them.
        var gives = pointers.Any(p => p.Length == 0 || Giving.Any(g => IsAt(p, g)));
        return (!gives || principal.Has(Claim.All)) && GivenBy(before, catalog).All(principal.Has);
    }

    /// <summary>
    /// True when the requester may delete a document: without its definition a param's values are nobody's secret, without its tenant a
    /// user is limited by nothing, and a user of other tenants is nobody's whom a tenant limits.
    /// </summary>
    public static bool MayDelete(Principal principal, Document before, CatalogSnapshot catalog)
        => (before is not Param { Secure: true } || MayOpenAll(principal))
            && (before is not (Tenant or Role) || MayWrite(principal, before, before, catalog))
            && IsWithin(principal, before as User, catalog);

    /// <summary>
    /// True when the requester may set what holds for the whole system: by the secrets there, and by what they give to all machines, it
    /// would reach more than its tenant leaves it.
    /// </summary>
    public static bool MaySetPreferences(Principal principal) => !principal.Reach.IsLimited;

    /// <summary>
    /// True when whoever writes may give what a document gives as it becomes. Of other documents what they give is asked before: here is
    /// what is known only where a change is carried out, of patches and of what others changed meanwhile.
    /// </summary>
    /// <param name="by">Who writes; null for who is held to nothing.</param>
    /// <param name="before">The document so far; null for a new one.</param>
    /// <param name="after">The document as it becomes.</param>
    /// <param name="catalog">The catalog upon which it is changed.</param>
    public static bool MayGive(Principal? by, Document? before, Document after, CatalogSnapshot catalog)
        => by is null || after is not (Role or Tenant or User or TaskDefinition) || MayWrite(by, before, after, catalog);

    /// <summary>
    /// True for who may open every secure param. Without the mark those values are shown that are in clear (content packs', and what was
    /// written before), and all that is written from then on.
    /// </summary>
    private static bool MayOpenAll(Principal principal) => OpenAll.All(principal.Has);

    /// <summary>
    /// True when the requester may act as a user, by a password or a token that it sets or makes for it: it has all rights of that user,
    /// and where tenants limit it, they limit that user as much.
    /// </summary>
    public static bool MayActAs(Principal principal, User user, CatalogSnapshot catalog)
        => IsItself(principal, user) || (IsWithin(principal, user, catalog) && catalog.GivenTo(user).All(principal.Has));

    /// <summary>
    /// True when a user is limited by all that limits the requester. By one that is not, whatever its rights are, the requester would be
    /// out of its tenant.
    /// </summary>
    private static bool IsWithin(Principal principal, User? user, CatalogSnapshot catalog)
        => user is null || !principal.Reach.IsLimited
            || (catalog.TenantsOf(principal.Name).ToList() is { Count: > 0 } own
            && own.All(t => t.Users.Contains(user.Name, StringComparer.Ordinal)));

    /// <summary>
    /// A user that is made by one whom a tenant limits becomes that tenant's (<see cref="AccessConsequences"/>); where nobody knows which
    /// that is, there is none to be made.
    /// </summary>
    private static bool MayBeMadeBy(Principal principal, Document? before, Document after, CatalogSnapshot catalog)
        => before is not null || after is not User || !principal.Reach.IsLimited || catalog.TenantsOf(principal.Name).Any();

    /// <summary>A limited token may be that of who made it.</summary>
    private static bool IsItself(Principal principal, User user)
        => principal is { Kind: PrincipalKind.User, Limits.Count: 0 } && principal.Name == user.Name;

    /// <summary>What somebody writes of itself gives nothing, as long as its roles stay: its password is its own.</summary>
    private static bool IsOfItself(Principal principal, Document? before, Document after)
        => before is User old && after is User now && IsItself(principal, old)
            && now.Roles.SequenceEqual(old.Roles, StringComparer.Ordinal);

    /// <summary>Whoever has a profile is rendered the secrets of those within it: who puts one there may open or give them.</summary>
    private static bool MayPutWithin(Principal principal, string profile)
        => principal.Has(new Claim("profiles", "getSecure", profile)) || principal.Has(new Claim("profiles", "assign", profile));

    private static bool IsAt(string pointer, string field)
        => pointer == field || pointer.StartsWith(field + "/", StringComparison.Ordinal);

    /// <summary>The rights that a document gives to others than the one who wrote it.</summary>
    private static IEnumerable<Claim> GivenBy(Document document, CatalogSnapshot catalog) => document switch
    {
        TaskDefinition task => catalog.GivenTo(task),
        User user => catalog.GivenTo(user),
        Role role => role.Rights,
        // Within, or no longer within, a tenant its users have their rights on other objects.
        Tenant tenant => tenant.Users.Select(u => catalog.Users.GetValueOrDefault(u)).OfType<User>().SelectMany(catalog.GivenTo)
            .Distinct(),
        // What it holds runs with the rights of the tasks that render it.
        Template template when catalog.Tasks.Values.Any(t => catalog.GivenTo(t).Any())
            => TemplateReach.TasksOf(template, catalog).SelectMany(catalog.GivenTo).Distinct(),
        BootEnv when catalog.Tasks.Values.Any(t => catalog.GivenTo(t).Any())
            => TemplateReach.TasksOfBootParams(catalog).SelectMany(catalog.GivenTo).Distinct(),
        _ => [],
    };
}
