using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What gives rights (a task to its jobs, with the templates that it renders; a user to whoever signs in) is written by who has them: the
/// right to write tasks, templates or users is no right to everything.
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
        => principal.Has(Claim.All) || (GivenBy(after, catalog).Concat(before is null ? [] : GivenBy(before, catalog)).All(principal.Has)
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
        if (written.Count == 0 || principal.Has(Claim.All) || !catalog.Tasks.Values.Any(t => RightsOf(t).Any())) return true;
        List<Template> templates = [.. written.OfType<Template>()];
        var tasks = templates.Count == 0 ? [] : TemplateReach.TasksOf(templates, catalog);
        if (written.Any(d => d is BootEnv)) tasks = tasks.Concat(TemplateReach.TasksOfBootParams(catalog));
        return tasks.SelectMany(RightsOf).Distinct().All(principal.Has);
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
        if (before is not (TaskDefinition or User)) return true;
        // What comes of a patch is known where it is carried out: who writes rights by it has all of them.
        var gives = pointers.Any(p => p.Length == 0 || Giving.Any(g => IsAt(p, g)));
        return (!gives || principal.Has(Claim.All)) && GivenBy(before, catalog).All(principal.Has);
    }

    /// <summary>True when the requester may delete a document: without its definition a param's values are nobody's secret.</summary>
    public static bool MayDelete(Principal principal, Document before) => before is not Param { Secure: true } || MayOpenAll(principal);

    /// <summary>
    /// True for who may open every secure param. Without the mark those values are shown that are in clear (content packs', and what was
    /// written before), and all that is written from then on.
    /// </summary>
    private static bool MayOpenAll(Principal principal) => OpenAll.All(principal.Has);

    /// <summary>
    /// True when the requester may act as a user, by a password or a token that it sets or makes for it: it has all rights of that user.
    /// </summary>
    public static bool MayActAs(Principal principal, User user) => RightsOf(user).All(principal.Has);

    /// <summary>Whoever has a profile is rendered the secrets of those within it: who puts one there may open or give them.</summary>
    private static bool MayPutWithin(Principal principal, string profile)
        => principal.Has(new Claim("profiles", "getSecure", profile)) || principal.Has(new Claim("profiles", "assign", profile));

    private static bool IsAt(string pointer, string field)
        => pointer == field || pointer.StartsWith(field + "/", StringComparison.Ordinal);

    /// <summary>The rights that a document gives to others than the one who wrote it.</summary>
    private static IEnumerable<Claim> GivenBy(Document document, CatalogSnapshot catalog) => document switch
    {
        TaskDefinition task => RightsOf(task),
        User user => RightsOf(user),
        // What it holds runs with the rights of the tasks that render it.
        Template template when catalog.Tasks.Values.Any(t => RightsOf(t).Any())
            => TemplateReach.TasksOf(template, catalog).SelectMany(RightsOf).Distinct(),
        BootEnv when catalog.Tasks.Values.Any(t => RightsOf(t).Any())
            => TemplateReach.TasksOfBootParams(catalog).SelectMany(RightsOf).Distinct(),
        _ => [],
    };

    private static IEnumerable<Claim> RightsOf(TaskDefinition task)
        => task.ExtraClaims.Concat(task.ExtraRoles.SelectMany(Roles.ClaimsOf));

    private static IEnumerable<Claim> RightsOf(User user) => user.Roles.SelectMany(Roles.ClaimsOf);
}
