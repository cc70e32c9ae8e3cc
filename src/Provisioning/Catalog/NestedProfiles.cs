namespace Anvil.Provisioning.Catalog;

/// <summary>Profiles within profiles (DRP v4).</summary>
public static class NestedProfiles
{
    /// <summary>Most profiles that a list comes to; what is beyond gives nothing.</summary>
    public const int Most = 1000;

    /// <summary>
    /// Some profiles, each followed by those within it. One that is there already is passed over, so that a ring ends; one that does not
    /// exist stands alone.
    /// </summary>
    public static IReadOnlyList<string> WithNested(this CatalogSnapshot catalog, IEnumerable<string> names)
    {
        // Mostly there are none, and each packet asks.
        if (names is IReadOnlyList<string> flat && !HasNested(catalog, flat)) return flat;
        var all = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(names.Reverse());
        while (all.Count < Most && open.TryPop(out var name))
        {
            if (!seen.Add(name)) continue;
            all.Add(name);
            if (!catalog.Profiles.TryGetValue(name, out var profile) || !ContentBounds.IsWithin(profile)) continue;
            for (var i = profile.Profiles.Count - 1; i >= 0; i--) open.Push(profile.Profiles[i]);
        }

        return all;
    }

    private static bool HasNested(CatalogSnapshot catalog, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (catalog.Profiles.TryGetValue(names[i], out var profile) && profile.Profiles.Count > 0) return true;
        }

        return false;
    }
}
