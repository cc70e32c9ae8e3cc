using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Lists;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>Hands as much of a list query to the database as it can carry out.</summary>
internal static class ListPlan
{
    /// <summary>The database's part, and whether that is all of it; regular expressions are ours, and then so are order and page.</summary>
    /// <exception cref="ApiException">406: no such field, or a value that it cannot have.</exception>
    public static (ListFilter Filter, bool Whole) Of<T>(string model, IQueryCollection query)
        where T : Document, new()
    {
        var fields = Fields<T>.Kinds;
        var whole = true;
        var conditions = new List<IReadOnlyList<IReadOnlyList<FieldTest>>>();
        foreach (var (field, values) in query.Where(q => ListQuery.IsFilter(q.Key)))
        {
            if (!fields.TryGetValue(field, out var kind)) throw ListQuery.Refused(model, $"Filter not found: {field}");
            var any = values.Select(v => Alternatives(v ?? "", model, field, kind)).ToList();
            if (any.Contains(null)) whole = false;
            else conditions.Add([.. any.SelectMany(a => a!)]);
        }

        var sort = query["sort"].Select(f => (Field: f ?? "", Kind: fields.TryGetValue(f ?? "", out var kind) ? kind : throw ListQuery.Refused(model, $"Filter not found: {f}"))).ToList();
        whole &= !sort.Exists(s => s.Kind is FieldKind.List or FieldKind.Map);
        var filter = new ListFilter { Conditions = conditions };
        if (!whole) return (filter, false);
        return (filter with
        {
            Sort = sort,
            Reverse = query.ContainsKey("reverse"),
            Offset = ListQuery.Number(query, "offset", model) ?? 0,
            Limit = ListQuery.Number(query, "limit", model) ?? int.MaxValue,
        }, true);
    }

    /// <summary>What one value of the query asks for; null when the database cannot say.</summary>
    private static List<IReadOnlyList<FieldTest>>? Alternatives(string text, string model, string field, FieldKind kind)
    {
        var (function, arguments) = ListQuery.Parse(text);
        FieldTest Test(Comparison comparison, string value) => new(field, kind, comparison, Value(value, model, field, kind));
        var list = arguments.Split(',');
        var ordered = kind is not (FieldKind.List or FieldKind.Map);
        switch (function)
        {
            case "Eq": return [[Test(Comparison.Equal, arguments)]];
            case "Ne": return [[Test(Comparison.NotEqual, arguments)]];
            case "In": return [.. list.Select(v => new[] { Test(Comparison.Equal, v) })];
            case "Nin": return [[.. list.Select(v => Test(Comparison.NotEqual, v))]];
            case "Lt" when ordered: return [[Test(Comparison.Less, arguments)]];
            case "Lte" when ordered: return [[Test(Comparison.AtMost, arguments)]];
            case "Gt" when ordered: return [[Test(Comparison.More, arguments)]];
            case "Gte" when ordered: return [[Test(Comparison.AtLeast, arguments)]];
            case "Between" when ordered && list.Length == 2: return [[Test(Comparison.AtLeast, list[0]), Test(Comparison.AtMost, list[1])]];
            case "Except" when ordered && list.Length == 2: return [[Test(Comparison.Less, list[0])], [Test(Comparison.More, list[1])]];
            default: return null;
        }
    }

    private static object Value(string text, string model, string field, FieldKind kind) => kind switch
    {
        FieldKind.Truth => bool.TryParse(text, out var truth) ? truth : throw ListQuery.Refused(model, $"{field} must be true or false"),
        FieldKind.Number => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw ListQuery.Refused(model, $"{field} must be a number"),
        _ => text.Contains('\0', StringComparison.Ordinal) ? throw ListQuery.Refused(model, $"{field} cannot hold the character U+0000") : text,
    };

    /// <summary>Fields of a kind, read off an empty document.</summary>
    private static class Fields<T>
        where T : Document, new()
    {
        public static IReadOnlyDictionary<string, FieldKind> Kinds { get; } = ((JsonObject)JsonSerializer.SerializeToNode(new T(), Json.Options)!).ToDictionary(
            p => p.Key,
            p => p.Value switch
            {
                JsonArray => FieldKind.List,
                JsonObject => FieldKind.Map,
                _ => p.Value?.GetValueKind() switch { JsonValueKind.True or JsonValueKind.False => FieldKind.Truth, JsonValueKind.Number => FieldKind.Number, _ => FieldKind.Text },
            },
            StringComparer.Ordinal);
    }
}
