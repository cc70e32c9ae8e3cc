using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What gives rights (a task to its jobs, a user to whoever signs in) is written by who has them: the right to write tasks or users is no
/// right to everything.
/// </summary>
public static class GrantRules
{
    private static readonly string[] Giving = ["/ExtraClaims", "/ExtraRoles", "/Roles"];

    /// <summary>True when the requester may leave a document as it becomes.</summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="before">
    /// The document so far; null for a new one. Who could change what a privileged task does would have its rights.
    /// </param>
    /// <param name="after">The document as it becomes.</param>
    public static bool MayWrite(Principal principal, Document? before, Document after)
        => GivenBy(after).Concat(before is null ? [] : GivenBy(before)).All(principal.Has)
            && (after is not Profile profile || profile.Profiles.Except((before as Profile)?.Profiles ?? [], StringComparer.Ordinal)
                .All(p => principal.Has(Within(p))));

    /// <summary>True when the requester may patch a document at some pointers.</summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="before">The document so far.</param>
    /// <param name="pointers">What the patch writes (RFC 6901).</param>
    public static bool MayPatch(Principal principal, Document before, IEnumerable<string> pointers)
    {
        if (before is Profile) return principal.Has(Within("*")) || !pointers.Any(p => p.Length == 0 || IsAt(p, "/Profiles"));
        if (before is not (TaskDefinition or User)) return true;
        // What comes of a patch is known where it is carried out: who writes rights by it has all of them.
        var gives = pointers.Any(p => p.Length == 0 || Giving.Any(g => IsAt(p, g)));
        return (!gives || principal.Has(Claim.All)) && GivenBy(before).All(principal.Has);
    }

    /// <summary>Whoever has a profile is rendered the secrets of those within it: who puts one there may open them.</summary>
    private static Claim Within(string profile) => new("profiles", "getSecure", profile);

    private static bool IsAt(string pointer, string field)
        => pointer == field || pointer.StartsWith(field + "/", StringComparison.Ordinal);

    /// <summary>The rights that a document gives to others than the one who wrote it.</summary>
    private static IEnumerable<Claim> GivenBy(Document document) => document switch
    {
        TaskDefinition task => task.ExtraClaims.Concat(task.ExtraRoles.SelectMany(Roles.ClaimsOf)),
        User user => user.Roles.SelectMany(Roles.ClaimsOf),
        _ => [],
    };
}
