namespace Anvil.Templates;

/// <summary>Sprig's dictionary functions.</summary>
internal static class MapFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Any("dict", 0, Dict).ChargingAll(),
        Function.Of("get", (map, key, b) => Function.Map(map).TryGetValue(Key(key, b), out var v) ? v : "").ChargingAll(),
        Function.Of("set", (map, key, value, b) => Change(map, m => m[Key(key, b)] = value, b)).ChargingAll(),
        Function.Of("unset", (map, key, b) => Change(map, m => m.Remove(Key(key, b)), b)).ChargingAll(),
        Function.Of("hasKey", (map, key, b) => Function.Map(map).ContainsKey(Key(key, b))).ChargingAll(),
        Function.Any("keys", 1, Keys),
        Function.Of("values", (m, b) => b.Sorted(Function.Map(m)).Select(p => p.Value).ToList()),
        Function.Any("pick", 1, (a, b) => Filter(a, b, isNamed: true)),
        Function.Any("omit", 1, (a, b) => Filter(a, b, isNamed: false)),
        Function.Any("pluck", 1, Pluck).ChargingAll(),
        Function.Any("merge", 1, (a, b) => Merge(a, overwrite: false, b)).ChargingAll(),
        Function.Any("mergeOverwrite", 1, (a, b) => Merge(a, overwrite: true, b)).ChargingAll(),
        Function.Any("dig", 3, Dig).ChargingAll(),
        Function.Of("deepCopy", Copy).ChargingAll(),
    ];

    /// <summary>A key's text; looking it up takes as long as it is.</summary>
    public static string Key(object? key, RenderBudget budget)
    {
        var text = budget.Text(key);
        budget.Step(1 + (text.Length / 64));
        return text;
    }

    private static TemplateMap Dict(IReadOnlyList<object?> a, RenderBudget budget)
    {
        budget.MakeMap(a.Count);
        var map = new TemplateMap();
        for (var i = 0; i < a.Count; i += 2) map[Key(a[i], budget)] = i + 1 < a.Count ? a[i + 1] : "";
        return map;
    }

    private static TemplateMap Change(object? map, Action<TemplateMap> change, RenderBudget budget)
    {
        budget.MakeMap(1);
        var target = Changeable(map, budget);
        change(target);
        return target;
    }

    private static TemplateMap Changeable(object? value, RenderBudget budget)
    {
        if (value is TemplateMap own) return own;
        var map = Function.Map(value);
        budget.MakeMap(map.Count);
        return new TemplateMap(map);
    }

    private static object? Keys(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var keys = a.SelectMany(m => Function.Map(m).Keys).ToArray();
        budget.Sort(keys);
        Array.Sort(keys, StringComparer.Ordinal);
        return keys.ToList<object?>();
    }

    private static TemplateMap Filter(IReadOnlyList<object?> a, RenderBudget budget, bool isNamed)
    {
        budget.MakeMap(a.Count);
        var names = a.Skip(1).Select(k => Key(k, budget)).ToHashSet(StringComparer.Ordinal);
        var map = new TemplateMap();
        foreach (var (key, value) in Function.Map(a[0]))
        {
            budget.Step(1 + (key.Length / 64));
            if (names.Contains(key) == isNamed) map[key] = value;
        }

        return map;
    }

    private static object? Pluck(IReadOnlyList<object?> a, RenderBudget budget)
    {
        budget.MakeList(a.Count);
        var found = new List<object?>();
        foreach (var map in a.Skip(1))
        {
            if (Function.Map(map).TryGetValue(Key(a[0], budget), out var value)) found.Add(value);
        }

        return found;
    }

    private static TemplateMap Merge(IReadOnlyList<object?> a, bool overwrite, RenderBudget budget)
    {
        var target = Changeable(a[0], budget);
        foreach (var source in a.Skip(1)) MergeInto(target, Function.Map(source), overwrite, budget);
        return target;
    }

    private static void MergeInto(TemplateMap target, IReadOnlyDictionary<string, object?> source, bool overwrite, RenderBudget budget)
    {
        budget.Descend(target);
        foreach (var (key, value) in source)
        {
            budget.Step(1 + (key.Length / 64));
            budget.MakeMap(1);
            var isThere = target.TryGetValue(key, out var old);
            if (isThere && old is TemplateMap inner && value is IReadOnlyDictionary<string, object?> more)
                MergeInto(inner, more, overwrite, budget);
            else if (overwrite || !Values.Truth(old)) target[key] = value;
        }

        budget.Ascend();
    }

    private static object? Dig(IReadOnlyList<object?> a, RenderBudget budget)
    {
        var value = a[^1];
        for (var i = 0; i < a.Count - 2; i++)
        {
            if (value is not IReadOnlyDictionary<string, object?> map || !map.TryGetValue(Key(a[i], budget), out value)) return a[^2];
        }

        return value;
    }

    private static object? Copy(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> map:
                budget.Descend(map);
                budget.MakeMap(map.Count);
                var entries = new TemplateMap();
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
                return items;
            default: return value;
        }
    }
}
