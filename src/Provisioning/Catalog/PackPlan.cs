using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// What storing or deleting a content pack comes to, once nothing stands in its way. A pack that breaks a rule is refused whole, with each
/// object by its JSON pointer; texts that clients of DRP show are DRP's.
/// </summary>
public sealed record PackPlan
{
    private PackPlan(string name, CatalogSnapshot before, CatalogSnapshot after) => (Name, Before, After) = (name, before, after);

    /// <summary>Name of the pack.</summary>
    public string Name { get; }

    /// <summary>The catalog so far.</summary>
    public CatalogSnapshot Before { get; }

    /// <summary>The catalog as it becomes.</summary>
    public CatalogSnapshot After { get; }

    /// <summary>What it does to each object.</summary>
    public IReadOnlyList<PackStep> Steps { get; private init; } = [];

    /// <summary>Documents of the store that give way to the pack's.</summary>
    public IReadOnlyList<DocumentKey> Replaced { get; private init; } = [];

    /// <summary>Objects that nobody has any more.</summary>
    public IEnumerable<Document> Gone => Steps.Where(s => s.After is null).Select(s => s.Before!);

    /// <summary>Storing a pack.</summary>
    /// <param name="pack">The pack as it was sent.</param>
    /// <param name="isNew">It must not be there yet; else it must.</param>
    /// <param name="replacesWritable">Objects of the store give way to the pack's of the same key (DRP's replaceWritable).</param>
    /// <param name="before">The catalog.</param>
    /// <param name="by">Who asks: rules are looked at once it has the rights on each object, for they take their time.</param>
    /// <exception cref="ApiException">403; 404; 409, also with what uses objects that go; 422 with every problem.</exception>
    public static PackPlan Storing(StoredPack pack, bool isNew, bool replacesWritable, CatalogSnapshot before, Principal by)
    {
        var (name, type) = (pack.Key, isNew ? "POST" : "PUT");
        if (name.Length == 0) throw Refused("", type, ["Store at content- has no Name metadata"]);
        var there = before.Packs.GetValueOrDefault(name);
        var layer = PackLayers.BuiltIn(name, before);
        if (isNew && (there is not null || layer is not null))
            throw new ApiException(ApiError.Conflict(StoredPack.Kind, name, type, $"Content {name} already exists"));
        if (layer is not null)
            throw Refused(name, type, [$"A store named {name} exists in the datastack twice!", $"{name} comes with this server"]);
        if (!isNew && there is null)
            throw new ApiException(new ApiError(StoredPack.Kind, name, type, [$"Cannot find {name}"], 404));
        Throw(name, type, Beyond(pack, there, before));
        var loaded = LoadedPack.Of(pack);
        Throw(name, type, [.. loaded.Faults.Select(f => $"{f.File}: {f.Reason}"), .. Places(pack, loaded)]);
        Throw(name, type,
        [
            .. Unfit([.. before.Packs.Values.Where(p => p.About.Name != name).Select(p => p.About), pack.About], name, before),
            .. Conflicts(name, loaded, replacesWritable, before),
        ]);
        PackGrants.CheckKeys(by, name, PackStep.Between(before, k => loaded.Entries[k].Document, loaded.Entries.Keys));
        Throw(name, type, [.. TwiceDefined(loaded).Take(JsonLimits.Problems + 1)]);
        List<DocumentKey> replaced = [.. loaded.Entries.Keys.Where(before.IsStored)];
        var after = before.With(new CatalogDelta(before.Revision, [new CatalogEntry(pack, before.Revision)], replaced, IsWhole: false));
        var steps = PackStep.Between(before, after, loaded.Entries.Keys.Concat(there?.Entries.Keys ?? []));
        var looked = loaded.Entries.Values.Select(e => e.Document).Concat(steps.Select(s => s.Before).OfType<Document>());
        if (!PackWork.IsWithin(looked, after))
            throw Refused(name, type, [$"its tasks, with their prerequisites, come to more than {PackBounds.Looks} that are looked at"]);
        Throw(name, type, [.. loaded.Entries.Values.OrderBy(e => e.Key).SelectMany(e => Broken(e, before, after))
            .Take(JsonLimits.Problems + 1)]);
        return new PackPlan(name, before, after) { Replaced = replaced, Steps = steps }.Unused();
    }

    /// <summary>Deleting a pack. Whether machines use what goes with it is not looked at here.</summary>
    /// <param name="name">The pack.</param>
    /// <param name="before">The catalog.</param>
    /// <exception cref="ApiException">404; 409 with what uses its objects; 422 with the packs that build upon it.</exception>
    public static PackPlan Deleting(string name, CatalogSnapshot before)
    {
        const string Type = "DELETE";
        if (!before.Packs.TryGetValue(name, out var there))
            throw PackLayers.BuiltIn(name, before) is null
                ? new ApiException(new ApiError(StoredPack.Kind, name, Type, ["No such content store"], 404))
                : Refused(name, Type, [$"{name} is no uploaded content pack: it comes with this server"]);
        Throw(name, Type, Unfit([.. before.Packs.Values.Where(p => p.About.Name != name).Select(p => p.About)], name, before));
        var after = before.Without([new DocumentKey(StoredPack.Kind, name)]);
        return new PackPlan(name, before, after) { Steps = PackStep.Between(before, after, there.Entries.Keys) }.Unused();
    }

    /// <summary>The refusal to take away a pack's objects that are used: a pack whose objects are used.</summary>
    /// <param name="name">The pack.</param>
    /// <param name="uses">What uses them.</param>
    public static ApiException InUse(string name, IReadOnlyList<string> uses)
        => new(ApiError.Conflict(StoredPack.Kind, name, "StillInUseError", Shortened(uses)));

    private PackPlan Unused()
    {
        var uses = Gone.SelectMany(d => CatalogRules.Stored[d.Prefix].Stays(d, Before).Concat(After.Uses(d.Prefix, d.Key)))
            .Take(JsonLimits.Problems + 1).ToList();
        return uses.Count == 0 ? this : throw InUse(Name, uses);
    }

    private static IReadOnlyList<string> Beyond(StoredPack pack, LoadedPack? there, CatalogSnapshot before)
    {
        if (!NameRules.IsName(pack.Key)) return [$"Invalid Name `{ShortText.Of(pack.Key, NameRules.Longest)}`"];
        if (pack.About.Beyond().ToList() is { Count: > 0 } faults) return faults;
        if (pack.Sections.Count > PackBounds.Sections) return [$"a content pack has at most {PackBounds.Sections} sections"];
        if (pack.Sections.Keys.FirstOrDefault(k => !NameRules.IsName(k)) is { } unnamed)
            return [$"/sections: `{ShortText.Of(unnamed, NameRules.Longest)}` is no name of a kind"];
        var objects = pack.Sections.Values.Sum(s => s?.Count ?? 0);
        if (objects > PackBounds.Objects) return [$"a content pack has at most {PackBounds.Objects} objects: this one has {objects}"];
        var others = before.Packs.Values.Where(p => !ReferenceEquals(p, there)).ToList();
        if (others.Count >= PackBounds.Packs) return [$"at most {PackBounds.Packs} content packs can be uploaded: delete one"];
        var subnets = pack.Sections.GetValueOrDefault("subnets")?.Count ?? 0;
        if (subnets > 0 && others.Sum(p => p.Counts.GetValueOrDefault("subnets")) + subnets > PackBounds.Subnets)
            return [$"uploaded content packs have at most {PackBounds.Subnets} subnets in all: make them by the API"];
        return others.Sum(p => p.Counts.Values.Sum()) + objects > PackBounds.AllObjects
            ? [$"uploaded content packs have at most {PackBounds.AllObjects} objects in all"] : [];
    }

    /// <summary>What is wrong with how objects are put into a pack.</summary>
    private static IEnumerable<string> Places(StoredPack pack, LoadedPack loaded)
    {
        foreach (var (prefix, section) in pack.Sections.Where(s => LoadedPack.Kinds.Contains(s.Key)))
        {
            foreach (var (key, content) in section)
            {
                var at = LoadedPack.PointerOf(prefix, key);
                if (!loaded.Entries.ContainsKey(new DocumentKey(prefix, key)))
                    yield return $"{at}/{CatalogRules.Kinds[prefix].KeyField}: must be {key}, as its place in the pack is";
                if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("Meta", out var labels)
                    || labels.ValueKind != JsonValueKind.Object) continue;
                // DRP does not load such an object; a folder's YAML may have it, where nobody chose the type.
                foreach (var label in labels.EnumerateObject()
                    .Where(l => l.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))
                    yield return $"{at}/Meta/{JsonPatch.Escape(label.Name)}: must be a text";
            }
        }
    }

    /// <summary>What does not fit any more, as far as it is of this pack, or was right before.</summary>
    private static IReadOnlyList<string> Unfit(IReadOnlyList<ContentMeta> packs, string name, CatalogSnapshot before)
    {
        var known = PackLayers.Problems(before.Packs.Values.Select(p => p.About), before).ToHashSet();
        return [.. PackLayers.Problems(packs, before).Where(p => p.Pack == name || !known.Contains(p)).Select(p => p.Problem)
            .Take(JsonLimits.Problems + 1)];
    }

    /// <summary>Objects that another layer has, and that this one cannot have as well.</summary>
    private static IEnumerable<string> Conflicts(string name, LoadedPack loaded, bool replacesWritable, CatalogSnapshot before)
    {
        foreach (var key in loaded.Entries.Keys.Order())
        {
            var holder = PackLayers.IsCore(key) ? "basic-BasicStore"
                : before.Packs.Values.FirstOrDefault(p => p.About.Name != name && p.Entries.ContainsKey(key)) is { } other
                    ? $"dynamic-{other.About.Name}"
                : before.IsStored(key) && (!replacesWritable || Stays(key, before)) ? "writable-BackingStore" : null;
            if (holder is not null) yield return $"{key} in layer dynamic-{name} would override layer {holder}";
        }
    }

    private static bool Stays(DocumentKey key, CatalogSnapshot before)
        => before.Find(key) is { } document && CatalogRules.Stored[key.Prefix].Stays(document, before).Any();

    /// <summary>What breaks a rule of the object's kind, once the whole pack is there.</summary>
    private static IEnumerable<string> Broken(CatalogEntry entry, CatalogSnapshot before, CatalogSnapshot after)
    {
        var old = before.Find(entry.Key) is { Validated: true } known ? known : null;
        // A pack's template comes before all others that define its names: it would be rendered in the place of what others wrote.
        var shared = entry.Document is Template ? after.TemplateSet.Sharing(entry.Key.Key).Take(1)
            .Select(o => $"Template {entry.Key.Key} defines a name that template {o} defines, too") : [];
        return shared.Concat(CatalogRules.Kinds[entry.Key.Prefix].Problems(PackLeniency.Judged(entry.Document), old, after))
            .Select(p => $"{LoadedPack.PointerOf(entry.Key)}: {p}");
    }

    /// <summary>Names that two templates of the pack define: looked at first of all, since each of them would name all.</summary>
    private static IEnumerable<string> TwiceDefined(LoadedPack loaded)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        var templates = loaded.Entries.Values.Select(e => e.Document).OfType<Template>();
        foreach (var template in templates.OrderBy(t => t.ID, StringComparer.Ordinal))
        {
            IReadOnlyCollection<string> names;
            try
            {
                names = TemplateSet.Definitions(template.ID, template.Contents);
            }
            catch (TemplateException)
            {
                // Its kind says why.
                continue;
            }

            foreach (var name in names.Where(n => !owners.TryAdd(n, template.ID)))
                yield return $"{LoadedPack.PointerOf("templates", template.ID)}: Template {template.ID} defines {name}, "
                    + $"which belongs to template {owners[name]}";
        }
    }

    private static void Throw(string name, string type, IReadOnlyList<string> problems)
    {
        if (problems.Count > 0) throw Refused(name, type, problems);
    }

    private static ApiException Refused(string name, string type, IReadOnlyList<string> problems)
        => new(new ApiError(StoredPack.Kind, name, type, Shortened(problems), 422));

    private static IReadOnlyList<string> Shortened(IReadOnlyList<string> problems)
        => problems.Count <= JsonLimits.Problems ? problems : [.. problems.Take(JsonLimits.Problems), "and more"];
}
