using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>DRP's list language: filters by field, functions of them, sort, reverse, offset, limit, slim and params.</summary>
internal static partial class ListQuery
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal) { "offset", "limit", "sort", "reverse", "slim", "params", "decode", "token", "force", "aggregate", "noproxy" };

    /// <summary>Applies a query to documents in key order.</summary>
    /// <exception cref="ApiException">406: no such field, or a value that it cannot have.</exception>
    public static List<JsonObject> Apply(IReadOnlyList<Document> documents, string model, IQueryCollection query)
    {
        var rows = documents.Select(d => (JsonObject)JsonSerializer.SerializeToNode(d, d.GetType(), Json.Options)!).ToList();
        foreach (var (field, values) in query.Where(q => IsFilter(q.Key)))
        {
            Check(rows, model, field);
            var tests = values.Select(v => Test(v ?? "", model, field)).ToList();
            rows = [.. rows.Where(r => tests.Any(t => t(r[field])))];
        }

        foreach (var field in query["sort"].Reverse())
        {
            Check(rows, model, field ?? "");
            rows = [.. rows.OrderBy(r => r[field!], NodeComparer.Instance)];
        }

        if (query.ContainsKey("reverse")) rows.Reverse();
        var offset = Number(query, "offset", model) ?? 0;
        var limit = Number(query, "limit", model) ?? int.MaxValue;
        rows = [.. rows.Skip(offset).Take(limit)];
        foreach (var row in rows) Trim(row, query);
        return rows;
    }

    /// <summary>Documents as rows, with what `slim` and `params` say left out.</summary>
    public static List<JsonObject> Rows(IReadOnlyList<Document> documents, IQueryCollection query)
    {
        var rows = documents.Select(d => (JsonObject)JsonSerializer.SerializeToNode(d, d.GetType(), Json.Options)!).ToList();
        foreach (var row in rows) Trim(row, query);
        return rows;
    }

    /// <summary>True for a query's name that is a field to filter by.</summary>
    public static bool IsFilter(string name) => !Words.Contains(name) && name is not ("Valid" or "Key");

    /// <summary>A filter's function and its arguments; plain text is Eq.</summary>
    public static (string Function, string Arguments) Parse(string text)
    {
        var match = Function().Match(text);
        return match.Success ? (match.Groups["name"].Value, match.Groups["arguments"].Value) : ("Eq", text);
    }

    /// <summary>Leaves out what `slim` and `params` say.</summary>
    public static void Trim(JsonObject row, IQueryCollection query)
    {
        foreach (var part in query["slim"].SelectMany(s => (s ?? "").Split(',')))
        {
            if (part is not ("Meta" or "Params") || !row.ContainsKey(part)) continue;
            row[part] = new JsonObject();
            row["Partial"] = true;
        }

        if (query["params"].ToString() is not { Length: > 0 } wanted || row["Params"] is not JsonObject values) return;
        var names = wanted.Split(',').ToHashSet(StringComparer.Ordinal);
        foreach (var name in values.Select(p => p.Key).Where(k => !names.Contains(k)).ToList()) values.Remove(name);
        row["Partial"] = true;
    }

    private static void Check(List<JsonObject> rows, string model, string field)
    {
        if (rows.Count > 0 && !rows[0].ContainsKey(field)) throw Refused(model, $"Filter not found: {field}");
    }

    private static Func<JsonNode?, bool> Test(string text, string model, string field)
    {
        var (function, arguments) = Parse(text);
        var list = arguments.Split(',');
        switch (function)
        {
            case "Eq": return n => Compare(n, arguments, model, field) == 0;
            case "Ne": return n => Compare(n, arguments, model, field) != 0;
            case "Lt": return n => Compare(n, arguments, model, field) < 0;
            case "Lte": return n => Compare(n, arguments, model, field) <= 0;
            case "Gt": return n => Compare(n, arguments, model, field) > 0;
            case "Gte": return n => Compare(n, arguments, model, field) >= 0;
            case "In": return n => list.Any(a => Compare(n, a, model, field) == 0);
            case "Nin": return n => list.All(a => Compare(n, a, model, field) != 0);
            case "Between" or "Except":
                if (list.Length != 2) throw Refused(model, $"{function} needs two values");
                return n => (Compare(n, list[0], model, field) >= 0 && Compare(n, list[1], model, field) <= 0) == (function == "Between");
            case "Re":
                try
                {
                    var regex = new Regex(arguments, RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(200));
                    return n => n?.GetValueKind() == JsonValueKind.String && regex.IsMatch(n.GetValue<string>());
                }
                catch (ArgumentException e)
                {
                    throw Refused(model, $"{field}: {e.Message}");
                }

            default: return n => Compare(n, text, model, field) == 0;
        }
    }

    private static int Compare(JsonNode? node, string value, string model, string field) => node switch
    {
        null => value.Length == 0 ? 0 : -1,
        JsonArray list => list.Any(i => i is not null && i.ToString() == value) ? 0 : 1,
        JsonObject map => map.ContainsKey(value) ? 0 : 1,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => bool.TryParse(value, out var wanted) ? node.GetValue<bool>().CompareTo(wanted) : throw Refused(model, $"{field} must be true or false"),
            JsonValueKind.Number => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? node.GetValue<double>().CompareTo(number) : throw Refused(model, $"{field} must be a number"),
            _ => string.CompareOrdinal(node.ToString(), value),
        },
    };

    internal static int? Number(IQueryCollection query, string name, string model)
    {
        if (!query.TryGetValue(name, out var values)) return null;
        if (!int.TryParse(values.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)) throw Refused(model, $"{name} must be a number");
        return n >= 0 ? n : throw Refused(model, $"{char.ToUpperInvariant(name[0])}{name[1..]} cannot be negative");
    }

    internal static ApiException Refused(string model, string message) => new(new ApiError(model, "", "GET", [message], 406));

    [GeneratedRegex(@"^(?<name>Eq|Ne|Lt|Lte|Gt|Gte|In|Nin|Between|Except|Re)\((?<arguments>.*)\)$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex Function();

    private sealed class NodeComparer : IComparer<JsonNode?>
    {
        public static NodeComparer Instance { get; } = new();

        public int Compare(JsonNode? x, JsonNode? y) => x?.GetValueKind() == JsonValueKind.Number && y?.GetValueKind() == JsonValueKind.Number
            ? x.GetValue<double>().CompareTo(y.GetValue<double>())
            : string.CompareOrdinal(x?.ToString(), y?.ToString());
    }
}
