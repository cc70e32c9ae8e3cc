using System.Text.Json;
using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>Tokens of a profile that machines share (DRP: GenerateProfileToken).</summary>
public static class ProfileTokens
{
    /// <summary>
    /// True for a profile that a machine has, by itself or by its stage, directly or within another, and that names itself in one of its
    /// params. Asked when the token is made, and each time that it is used: a profile that is taken away takes its rights along.
    /// </summary>
    /// <param name="profile">Name of the profile.</param>
    /// <param name="profiles">The machine's own.</param>
    /// <param name="stage">Name of the machine's stage.</param>
    /// <param name="catalog">What there is.</param>
    public static bool MayHave(string profile, IEnumerable<string> profiles, string stage, CatalogSnapshot catalog)
    {
        if (profile == Profile.Global || !catalog.Profiles.TryGetValue(profile, out var shared)) return false;
        if (!shared.Params.Values.Any(v => v.ValueKind == JsonValueKind.String && v.ValueEquals(profile))) return false;
        var named = profiles.Concat(catalog.Stages.GetValueOrDefault(stage)?.Profiles ?? []).Where(p => p != Profile.Global);
        return catalog.WithNested(named).Contains(profile, StringComparer.Ordinal);
    }
}
