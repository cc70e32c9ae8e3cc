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
        => GivenBy(after).Concat(before is null ? [] : GivenBy(before)).All(principal.Has);

    /// <summary>True when the requester may patch a document at some pointers.</summary>
    /// <param name="principal">Who writes.</param>
    /// <param name="before">The document so far.</param>
    /// <param name="pointers">What the patch writes (RFC 6901).</param>
    public static bool MayPatch(Principal principal, Document before, IEnumerable<string> pointers)
    {
        if (before is not (TaskDefinition or User)) return true;
        // What comes of a patch is known where it is carried out: who writes rights by it has all of them.
        var gives = pointers.Any(p => p.Length == 0 || Giving.Any(g => p == g || p.StartsWith(g + "/", StringComparison.Ordinal)));
        return (!gives || principal.Has(Claim.All)) && GivenBy(before).All(principal.Has);
    }

    /// <summary>The rights that a document gives to others than the one who wrote it.</summary>
    private static IEnumerable<Claim> GivenBy(Document document) => document switch
    {
        TaskDefinition task => task.ExtraClaims.Concat(task.ExtraRoles.SelectMany(Roles.ClaimsOf)),
        User user => user.Roles.SelectMany(Roles.ClaimsOf),
        _ => [],
    };
}
