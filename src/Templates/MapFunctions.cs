namespace Anvil.Templates;

/// <summary>Sprig's dictionary functions.</summary>
internal static class MapFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Any("dict", 0, Dict),
        Function.Of("get", (map, key) => Function.Map(map).TryGetValue(Function.Text(key), out var v) ? v : ""),
        Function.Of("set", (map, key, value) => Change(map, m => m[Function.Text(key)] = value)),
        Function.Of("unset", (map, key) => Change(map, m => m.Remove(Function.Text(key)))),
        Function.Of("hasKey", (map, key) => Function.Map(map).ContainsKey(Function.Text(key))),
        Function.Any("keys", 1, a => a.SelectMany(m => Function.Map(m).Keys).Order(StringComparer.Ordinal).ToList<object?>()),
        Function.Of("values", m => Function.Map(m).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value).ToList()),
        Function.Any("pick", 1, a => new TemplateMap(Function.Map(a[0]).Where(p => Named(a, p.Key)))),
        Function.Any("omit", 1, a => new TemplateMap(Function.Map(a[0]).Where(p => !Named(a, p.Key)))),
        Function.Any("pluck", 1,
            a => a.Skip(1).Select(Function.Map).Where(m => m.ContainsKey(Function.Text(a[0]))).Select(m => m[Function.Text(a[0])])
                .ToList()),
        Function.Any("merge", 1, a => Merge(a, overwrite: false)),
        Function.Any("mergeOverwrite", 1, a => Merge(a, overwrite: true)),
        Function.Any("dig", 3, Dig),
        Function.Of("deepCopy", Copy),
    ];

    private static TemplateMap Dict(IReadOnlyList<object?> a)
    {
        var map = new TemplateMap();
        for (var i = 0; i < a.Count; i += 2) map[Function.Text(a[i])] = i + 1 < a.Count ? a[i + 1] : "";
        return map;
    }

    private static TemplateMap Change(object? map, Action<TemplateMap> change)
    {
        var target = map as TemplateMap ?? new TemplateMap(Function.Map(map));
        change(target);
        return target;
    }

    private static bool Named(IReadOnlyList<object?> a, string key) => a.Skip(1).Any(k => Function.Text(k) == key);

    private static TemplateMap Merge(IReadOnlyList<object?> a, bool overwrite)
    {
        var target = a[0] as TemplateMap ?? new TemplateMap(Function.Map(a[0]));
        foreach (var source in a.Skip(1)) MergeInto(target, Function.Map(source), overwrite);
        return target;
    }

    private static void MergeInto(TemplateMap target, IReadOnlyDictionary<string, object?> source, bool overwrite)
    {
        foreach (var (key, value) in source)
        {
            if (target.TryGetValue(key, out var old) && old is TemplateMap inner && value is IReadOnlyDictionary<string, object?> more)
                MergeInto(inner, more, overwrite);
            else if (overwrite || !Values.Truth(old)) target[key] = value;
        }
    }

    private static object? Dig(IReadOnlyList<object?> a)
    {
        var value = a[^1];
        for (var i = 0; i < a.Count - 2; i++)
        {
            if (value is not IReadOnlyDictionary<string, object?> map || !map.TryGetValue(Function.Text(a[i]), out value)) return a[^2];
        }

        return value;
    }

    private static object? Copy(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => new TemplateMap(map.Select(p => KeyValuePair.Create(p.Key, Copy(p.Value)))),
        IReadOnlyList<object?> list => list.Select(Copy).ToList(),
        _ => value,
    };
}
