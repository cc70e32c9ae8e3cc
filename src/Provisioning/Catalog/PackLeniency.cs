using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What public packs have, DRP takes, and the API refuses of those who write it here: it keeps no pack from being uploaded, gives nobody
/// anything, and is told.
/// </summary>
internal static class PackLeniency
{
    /// <summary>An object as the rules of its kind are asked about it: without what is taken all the same.</summary>
    public static Document Judged(Document document) => document switch
    {
        Param param when param.HasSecretDefault() => param with { Secure = false },
        TaskDefinition task when task.ExtraClaims.Any(IsPartial)
            => task with { ExtraClaims = [.. task.ExtraClaims.Where(c => !IsPartial(c))] },
        _ => document,
    };

    /// <summary>What is told of it.</summary>
    public static IEnumerable<string> Told(Document document)
    {
        if (document is Param param && param.HasSecretDefault())
            yield return "its default is kept in clear, though it is Secure, and is shown to who has params getSecure";
        if (document is TaskDefinition task && task.ExtraClaims.Any(IsPartial))
            yield return "one of its ExtraClaims has no scope, action or specific: it gives nothing";
    }

    private static bool IsPartial(Claim claim) => claim.Scope.Length == 0 || claim.Action.Length == 0 || claim.Specific.Length == 0;
}
