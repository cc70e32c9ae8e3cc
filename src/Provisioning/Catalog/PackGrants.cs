using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Who may upload or delete a content pack: whoever may do to each of its objects what the pack does. The right to write packs is no right
/// to everything that packs can hold.
/// </summary>
public static class PackGrants
{
    /// <summary>Refuses a change of a pack that does what its requester may not do itself.</summary>
    /// <param name="principal">Who asks.</param>
    /// <param name="plan">What the change comes to.</param>
    /// <exception cref="ApiException">403 that names the objects and the rights.</exception>
    public static void Check(Principal principal, PackPlan plan)
    {
        if (principal.Has(Claim.All)) return;
        var missing = plan.Steps.SelectMany(s => Missing(principal, s, plan).Select(m => $"{LoadedPack.PointerOf(s.Key)}: {m}"))
            .Take(JsonLimits.Problems + 1).ToList();
        if (missing.Count == 0) return;
        if (missing.Count > JsonLimits.Problems) missing[^1] = "and more";
        throw new ApiException(new ApiError(StoredPack.Kind, plan.Name, "AUTH",
            [$"Cannot access {StoredPack.Kind}/{plan.Name}", .. missing], 403));
    }

    private static IEnumerable<string> Missing(Principal principal, PackStep step, PackPlan plan)
    {
        if (!principal.May(step.Key.Prefix, step.Action, step.Key.Key))
        {
            yield return $"Requires: {step.Key.Prefix} {step.Action} {step.Key.Key}";
            yield break;
        }

        // What an object gives may follow from what else is there, before the change or after it.
        var isGiven = step.After is { } after
            ? GrantRules.MayWrite(principal, step.Before, after, plan.Before)
                && GrantRules.MayWrite(principal, step.Before, after, plan.After)
            : GrantRules.MayDelete(principal, step.Before!);
        if (!isGiven)
            yield return step.Key.Prefix == "params"
                ? "Requires: machines getSecure *, profiles getSecure *, stages getSecure *, as the param is Secure"
                : "Requires: every right that it gives, or gave";
    }
}
