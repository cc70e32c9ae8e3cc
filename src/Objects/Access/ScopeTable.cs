using System.Collections.Frozen;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Access;

/// <summary>
/// What rights can be about, as clients show it who make roles (DRP's Info.scopes): the kinds with their actions, and what is no kind. It
/// is told and decides nothing: what no right covers is denied, whether it stands here or not.
/// </summary>
public static class ScopeTable
{
    private static readonly string[] OfEveryKind = ["action", "actions", "create", "delete", "get", "list", "update"];
    private static readonly string[] OfParams = ["getSecure", "updateSecure"];
    private static readonly string[] OfBlobs = ["delete", "get", "list", "post"];

    /// <summary>What a kind has beyond that.</summary>
    private static readonly FrozenDictionary<string, string[]> More = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["jobs"] = ["log"],
        ["machines"] = ["approve", "render", "updateTaskList"],
        ["params"] = ["getSecure"],
        ["profiles"] = ["assign"],
        ["stages"] = ["assign"],
        ["tasks"] = ["assign"],
        ["users"] = ["password", "token"],
        ["webhooks"] = ["ping", "redeliver"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is no kind.</summary>
    private static readonly FrozenDictionary<string, string[]> Others = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["contents"] = ["create", "delete", "get", "list", "update"],
        ["files"] = OfBlobs,
        ["info"] = ["get"],
        ["isos"] = OfBlobs,
        ["objects"] = ["list"],
        ["plugin_providers"] = [.. OfEveryKind, "post"],
        ["preferences"] = ["list", "post"],
        ["system"] = ["action", "actions", "upgrade"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Actions by scope, each with an empty object behind it (DRP).</summary>
    /// <param name="kinds">All kinds.</param>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> Of(
        IEnumerable<IObjectKind> kinds)
    {
        var none = FrozenDictionary<string, string>.Empty;
        var all = new SortedDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Shown(IEnumerable<string> actions)
            => new SortedDictionary<string, IReadOnlyDictionary<string, string>>(
                actions.Distinct().ToDictionary(a => a, _ => (IReadOnlyDictionary<string, string>)none), StringComparer.Ordinal);

        foreach (var kind in kinds)
        {
            var ofParams = typeof(IParamHolder).IsAssignableFrom(kind.Document) ? OfParams : [];
            all[kind.Prefix] = Shown([.. OfEveryKind, .. ofParams, .. More.GetValueOrDefault(kind.Prefix, [])]);
        }

        foreach (var (scope, actions) in Others) all[scope] = Shown(actions);
        return all;
    }
}
