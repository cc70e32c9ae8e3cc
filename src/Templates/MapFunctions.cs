namespace Anvil.Templates;

/// <summary>Sprig's dictionary functions.</summary>
internal static class MapFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Own("dict", "any...", Dict),
        Function.Own("get", "map text", a => a.Map(0).TryGetValue(Key(a.Text(1), a.Budget), out var v) ? v : ""),
        Function.Own("set", "map text any", a => Change(a, m => m[Key(a.Text(1), a.Budget)] = a[2])),
        Function.Own("unset", "map text", a => Change(a, m => m.Remove(Key(a.Text(1), a.Budget)))),
        Function.Own("hasKey", "map text", a => a.Map(0).ContainsKey(Key(a.Text(1), a.Budget))),
        Function.Of("keys", "map...", Keys),
        Function.Of("values", "map", a => a.Budget.Sorted(a.Map(0)).Select(p => p.Value).ToList()),
        Function.Of("pick", "map text...", a => Filter(a, isNamed: true)),
        Function.Of("omit", "map text...", a => Filter(a, isNamed: false)),
        Function.Own("pluck", "text map...", Pluck),
        .. Function.Named("merge mustMerge", name => Function.Own(name, "map map...", a => Merge(a, overwrite: false))),
        .. Function.Named("mergeOverwrite mustMergeOverwrite", name => Function.Own(name, "map map...", a => Merge(a, overwrite: true))),
        Function.Own("dig", "any...", Dig),
    ];

    /// <summary>A value with all that it holds, copied.</summary>
    public static object? Copy(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> map:
                budget.Descend(map);
                budget.MakeMap(map.Count);
                var entries = new TemplateMap { Element = (map as TemplateMap)?.Element ?? TypedList.Anything };
                foreach (var (key, item) in map)
                {
                    budget.Step(1 + (key.Length / 64));
                    entries[key] = Copy(item, budget);
                }

                budget.Ascend();
                return entries;
            case IReadOnlyList<object?> list:
                budget.Descend(list);
                budget.MakeList(list.Count);
                var items = new List<object?>(list.Count);
                for (var i = 0; i < list.Count; i++)
                {
                    budget.Step();
                    items.Add(Copy(list[i], budget));
                }

                budget.Ascend();
                return list is TypedList { IsNil: true } ? list : ListFunctions.Like(list, items);
            default: return value;
        }
    }

    /// <summary>A key; looking it up takes as long as it is.</summary>
    private static string Key(string key, RenderBudget budget)
    {
        budget.Step(1 + (key.Length / 64));
        return key;
    }

    private static object? Dict(Arguments a)
    {
        a.Budget.MakeMap(a.Count);
        var map = new TemplateMap();
        for (var i = 0; i < a.Count; i += 2) map[Key(a.Shown(i), a.Budget)] = i + 1 < a.Count ? a[i + 1] : "";
        return map;
    }

    private static object? Change(Arguments a, Action<TemplateMap> change)
    {
        if (a[0] is null) throw new TemplateFault("assignment to entry in nil map");
        a.Budget.MakeMap(1);
        var target = Changeable(a.Map(0), a.Budget);
        change(target);
        return target;
    }

    private static TemplateMap Changeable(IReadOnlyDictionary<string, object?> map, RenderBudget budget)
    {
        if (map is TemplateMap own) return own;
        budget.MakeMap(map.Count);
        return new TemplateMap(map);
    }

    private static object? Keys(Arguments a)
    {
        var keys = a.All.SelectMany((_, i) => a.Map(i).Keys).ToArray();
        a.Budget.MakeList(2L * keys.Length);
        a.Budget.Sort(keys);
        Array.Sort(keys, GoText.Compare);
        return TypedList.Texts(keys);
    }

    private static object? Filter(Arguments a, bool isNamed)
    {
        a.Budget.MakeMap(a.Count);
        var names = a.From(1).Select(k => Key((string)k!, a.Budget)).ToHashSet(StringComparer.Ordinal);
        var map = new TemplateMap();
        foreach (var (key, value) in a.Map(0))
        {
            a.Budget.Step(1 + (key.Length / 64));
            if (names.Contains(key) == isNamed) map[key] = value;
        }

        return map;
    }

    private static object? Pluck(Arguments a)
    {
        a.Budget.MakeList(a.Count);
        var found = new List<object?>();
        for (var i = 1; i < a.Count; i++)
        {
            if (a.Map(i).TryGetValue(Key(a.Text(0), a.Budget), out var value)) found.Add(value);
        }

        return found;
    }

    private static object? Merge(Arguments a, bool overwrite)
    {
        var target = Changeable(a.Map(0), a.Budget);
        for (var i = 1; i < a.Count; i++) MergeInto(target, a.Map(i), overwrite, a.Budget);
        return target;
    }

    /// <summary>
    /// Puts a map's entries into another. What is there stays, but where it is empty, or where it may be overwritten; maps are merged, and
    /// never take the place of what is there and no map.
    /// </summary>
    private static void MergeInto(TemplateMap target, IReadOnlyDictionary<string, object?> source, bool overwrite, RenderBudget budget)
    {
        budget.Descend(target);
        foreach (var (key, value) in source)
        {
            budget.Step(1 + (key.Length / 64));
            budget.MakeMap(1);
            var isThere = target.TryGetValue(key, out var old);
            if (value is null)
            {
                if (overwrite) target[key] = null;
                continue;
            }

            if (value is IReadOnlyDictionary<string, object?> more)
            {
                if (old is TemplateMap inner) MergeInto(inner, more, overwrite, budget);
                if (!Values.Truth(old)) target[key] = value;
                continue;
            }

            if (overwrite || !isThere || !Values.Truth(old)) target[key] = value;
        }

        budget.Ascend();
    }

    private static object? Dig(Arguments a)
    {
        if (a.Count < 3) throw new TemplateFault("dig needs at least three arguments");
        var value = a[a.Count - 1];
        for (var i = 0; i < a.Count - 2; i++)
        {
            if (a[i] is not string key)
                throw new TemplateFault($"interface conversion: interface {{}} is {Values.TypeOf(a[i])}, not string");
            if (value is not IReadOnlyDictionary<string, object?> map || map is TemplateMap { Element: not TypedList.Anything })
            {
                throw new TemplateFault("interface conversion: interface {} is "
                    + $"{(value is null ? "nil" : Values.TypeOf(value))}, not map[string]interface {{}}");
            }

            if (!map.TryGetValue(Key(key, a.Budget), out value)) return a[a.Count - 2];
        }

        return value;
    }
}
