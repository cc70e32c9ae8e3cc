namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The layers that objects come from, the highest first (DRP): what the API writes, uploaded packs, the packs that a silo is started with,
/// and what must be there. What is said of them is DRP's.
/// </summary>
public static class PackLayers
{
    /// <summary>The layer that the API writes to.</summary>
    public const string Writable = "BackingStore";

    /// <summary>The layer of what must be there.</summary>
    public const string Basic = "BasicStore";

    private const string NoVersion = "0.0.0";

    /// <summary>The layers of DRP, with what each says of itself.</summary>
    private static readonly ContentMeta[] Drp =
    [
        Layer(Writable, "Writable backing store", "writable") with { Writable = true, Overwritable = false },
        Layer("LocalStore", "Local Override Store", "local"),
        Layer("DefaultStore", "Initial Default Content", "default"),
        Layer(Basic, "Default objects that must be present", "basic") with { Version = "3.12.0" },
    ];

    /// <summary>What machines rely upon whatever else there is: no uploaded pack stands in the place of these.</summary>
    private static readonly DocumentKey[] Core =
    [
        new("bootenvs", "ignore"), new("bootenvs", "local"), new("stages", "none"), new("stages", "local"),
        new("params", "pxelinux-local-boot"), new("roles", "superuser"),
    ];

    /// <summary>All layers, the highest first.</summary>
    public static IReadOnlyList<ContentMeta> All(CatalogSnapshot catalog) =>
    [
        .. Drp[..2], .. catalog.Packs.Values.Select(p => p.About), Drp[2], .. FoldersOf(catalog), Drp[3],
    ];

    /// <summary>A layer that no upload made; null where there is none of this name.</summary>
    public static ContentMeta? BuiltIn(string name, CatalogSnapshot catalog)
        => Drp.Concat(FoldersOf(catalog)).FirstOrDefault(m => m.Name == name);

    /// <summary>True for an object that must be there.</summary>
    public static bool IsCore(DocumentKey key) => Core.Contains(key);

    /// <summary>The objects of a layer that no upload made.</summary>
    public static IEnumerable<CatalogEntry> EntriesOf(string name, CatalogSnapshot catalog)
        => catalog.BuiltIn.Where(e => LayerOf(e) == name).OrderBy(e => e.Key);

    /// <summary>Why packs do not fit what else there is, by the pack's name: features, versions, prerequisites (DRP's texts).</summary>
    /// <param name="uploaded">What the uploaded packs say of themselves.</param>
    /// <param name="catalog">What else there is.</param>
    /// <param name="name">The one pack that is asked about; null for all of them.</param>
    public static IEnumerable<(string Pack, string Problem)> Problems(IEnumerable<ContentMeta> uploaded, CatalogSnapshot catalog,
        string? name = null)
    {
        var packs = uploaded.ToList();
        var versions = Drp.Concat(FoldersOf(catalog)).Concat(packs).DistinctBy(m => m.Name, StringComparer.Ordinal)
            .ToDictionary(m => m.Name, m => Try(() => PackVersion.Parse(m.Version), out _), StringComparer.Ordinal);
        return packs.Where(p => name is null || p.Name == name)
            .SelectMany(p => Problems(p, versions).Select(problem => (p.Name, problem)));
    }

    private static IEnumerable<string> Problems(ContentMeta pack, Dictionary<string, PackVersion?> versions)
    {
        foreach (var feature in pack.Wanted.Where(f => !Features.All.Contains(f, StringComparer.OrdinalIgnoreCase)))
            yield return $"Content layer {pack.Name} requires feature {feature}, but dr-provision does not provide it";
        if (Try(() => PackVersion.Parse(pack.Version), out var why) is null)
            yield return $"Layer {pack.Name}: invalid version {pack.Version}: {why}";
        foreach (var (name, text) in pack.Needs)
        {
            var range = Try(() => PackRange.Parse(text), out why);
            if (range is null)
                yield return $"Layer {pack.Name}: error parsing prerequisites {name}: {text}: "
                    + $"Invalid version requirement for {name}: {why}";
            else if (!versions.TryGetValue(name, out var version))
                yield return $"Layer {pack.Name} has {name} as a prerequisite, but {name} does not exist!";
            else if (version is not { } there || !range.Has(there))
                yield return $"Layer {pack.Name} prerequisite test on {name} failed";
        }
    }

    private static IEnumerable<ContentMeta> FoldersOf(CatalogSnapshot catalog)
        => catalog.Folders.Packs.Select(p => p.About).Where(m => Drp.All(d => d.Name != m.Name))
            .DistinctBy(m => m.Name, StringComparer.Ordinal);

    private static string LayerOf(CatalogEntry entry)
        => IsCore(entry.Key) && entry.Document.Bundle is ContentPack.Own or Basic ? Basic : entry.Document.Bundle;

    private static ContentMeta Layer(string name, string description, string type)
        => new() { Name = name, Version = NoVersion, Description = description, Type = type, Overwritable = true };

    private static T? Try<T>(Func<T> read, out string why)
        where T : class
    {
        why = "";
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            why = e.Message;
            return null;
        }
    }

    private static PackVersion? Try(Func<PackVersion> read, out string why)
    {
        var found = Try<object>(() => read(), out why);
        return found is null ? null : (PackVersion)found;
    }
}
