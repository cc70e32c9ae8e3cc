using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Who may upload or delete a content pack: whoever may do to each of its objects what the pack does. The right to write packs is no right
/// to everything that packs can hold.
/// </summary>
public static class PackGrants
{
    private const string AllThatItGives = "Requires: every right that it gives, or gave";

    /// <summary>Refuses a change of a pack that does what its requester may not do itself.</summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="plan">What the change comes to.</param>
    /// <exception cref="ApiException">403 that names the objects and the rights.</exception>
    public static void Check(Principal principal, PackPlan plan)
    {
        CheckReach(principal, plan.Name);
        if (principal.Has(Claim.All)) return;
        Refuse(plan.Name, plan.Steps.SelectMany(s => Missing(principal, s, plan).Select(m => $"{LoadedPack.PointerOf(s.Key)}: {m}")));
        // What renders one of them may render all: which of them it is, is not looked for.
        List<PackStep> rendered = [.. plan.Steps.Where(IsRendered)];
        List<Document> texts = [.. rendered.SelectMany(s => (Document?[])[s.Before, s.After]).OfType<Document>()];
        if (!GrantRules.MayRender(principal, texts, plan.Before) || !GrantRules.MayRender(principal, texts, plan.After))
            Refuse(plan.Name, rendered.Select(s => $"{LoadedPack.PointerOf(s.Key)}: {AllThatItGives}"));
    }

    /// <summary>
    /// Refuses whom a tenant limits: what a pack brings is everybody's, and what it brings of a kind that the tenant limits would be no
    /// member of it.
    /// </summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="name">The pack.</param>
    /// <exception cref="ApiException">403.</exception>
    public static void CheckReach(Principal principal, string name)
    {
        if (principal.Reach.IsLimited) Refuse(name, ["Requires: to be in no tenant, since a pack's objects are everybody's"]);
    }

    /// <summary>Refuses objects that the requester may not make or change, whatever they hold: before anything is made of them.</summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="name">The pack.</param>
    /// <param name="steps">What becomes of each object.</param>
    /// <exception cref="ApiException">403 that names the objects and the rights.</exception>
    public static void CheckKeys(Principal principal, string name, IEnumerable<PackStep> steps)
    {
        CheckReach(principal, name);
        if (principal.Has(Claim.All)) return;
        Refuse(name, steps.Where(s => !principal.May(s.Key.Prefix, s.Action, s.Key.Key))
            .Select(s => $"{LoadedPack.PointerOf(s.Key)}: Requires: {s.Key.Prefix} {s.Action} {s.Key.Key}"));
    }

    private static bool IsRendered(PackStep step) => step.After is Template or BootEnv;

    private static void Refuse(string name, IEnumerable<string> problems)
    {
        var missing = problems.Take(JsonLimits.Problems + 1).ToList();
        if (missing.Count == 0) return;
        if (missing.Count > JsonLimits.Problems) missing[^1] = "and more";
        throw new ApiException(new ApiError(StoredPack.Kind, name, "AUTH", [$"Cannot access {StoredPack.Kind}/{name}", .. missing], 403));
    }

    private static IEnumerable<string> Missing(Principal principal, PackStep step, PackPlan plan)
    {
        if (!principal.May(step.Key.Prefix, step.Action, step.Key.Key))
        {
            yield return $"Requires: {step.Key.Prefix} {step.Action} {step.Key.Key}";
            yield break;
        }

        // What an object gives may follow from what else is there, before the change or after it.
        var isGiven = IsRendered(step) || (step.After is { } after
            ? GrantRules.MayWrite(principal, step.Before, after, plan.Before)
                && GrantRules.MayWrite(principal, step.Before, after, plan.After)
            : GrantRules.MayDelete(principal, step.Before!, plan.Before));
        if (!isGiven)
            yield return step.Key.Prefix == "params"
                ? "Requires: machines getSecure *, profiles getSecure *, stages getSecure *, as the param is Secure"
                : AllThatItGives;
    }
}
