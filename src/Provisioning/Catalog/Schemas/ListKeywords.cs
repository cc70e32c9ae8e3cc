using System.Globalization;
using System.Text.Json;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Keywords of lists (JSON Schema Core, section 10.3.1; Validation, section 6.4).</summary>
internal static class ListKeywords
{
    /// <summary>Adds the rules of a schema's keywords.</summary>
    public static void Add(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        Items(compiler, node, schema, pointer);
        if (schema.TryGetProperty("minItems", out var least))
            Length(node, "minItems", ValueKeywords.Count(least, $"{pointer}/minItems"), (n, bound) => n >= bound, "at least");
        if (schema.TryGetProperty("maxItems", out var most))
            Length(node, "maxItems", ValueKeywords.Count(most, $"{pointer}/maxItems"), (n, bound) => n <= bound, "at most");
        if (schema.TryGetProperty("contains", out var contains))
            Contains(compiler.Node(contains, $"{pointer}/contains"), node, schema, pointer);
        if (!schema.TryGetProperty("uniqueItems", out var unique)) return;
        if (unique.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            throw new SchemaFault($"{pointer}/uniqueItems must be true or false");
        if (unique.ValueKind == JsonValueKind.True)
            node.Rules.Add((run, value, place) => value.ValueKind != JsonValueKind.Array || AreUnique(run, value)
                || run.Fail(place, "uniqueItems", () => "array items must be unique"));
    }

    private static void Items(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        List<SchemaNode> first = [];
        SchemaNode? rest = null;
        if (schema.TryGetProperty("prefixItems", out var prefix)) first = compiler.Nodes(prefix, $"{pointer}/prefixItems");
        if (schema.TryGetProperty("items", out var items))
        {
            if (items.ValueKind != JsonValueKind.Array) rest = compiler.Node(items, $"{pointer}/items");
            else if (first.Count > 0) throw new SchemaFault($"{pointer}/items must be a schema beside prefixItems");
            else if (items.GetArrayLength() > 0) first = compiler.Nodes(items, $"{pointer}/items");
            // Until 2019-09 the rest is said by a keyword that means nothing without a list of items.
            if (items.ValueKind == JsonValueKind.Array && schema.TryGetProperty("additionalItems", out var more))
                rest = compiler.Node(more, $"{pointer}/additionalItems");
        }

        if (first.Count == 0 && rest is null) return;
        node.Rules.Add((run, value, place) =>
        {
            if (value.ValueKind != JsonValueKind.Array) return true;
            var fits = true;
            var at = 0;
            foreach (var item in value.EnumerateArray())
            {
                if ((at < first.Count ? first[at] : rest) is not { } each) break;
                fits &= run.Check(each, item, run.Into(place, at.ToString(CultureInfo.InvariantCulture)));
                if (!fits && run.IsQuiet) return false;
                at++;
            }

            return fits;
        });
    }

    private static void Length(SchemaNode node, string keyword, long bound, Func<long, long, bool> holds, string words)
        => node.Rules.Add(
            (run, value, place) => value.ValueKind != JsonValueKind.Array || holds(value.GetArrayLength(), bound)
                || run.Fail(place, keyword, () => $"Array must have {words} {bound} items"));

    private static void Contains(SchemaNode one, SchemaNode node, JsonElement schema, string pointer)
    {
        var least = schema.TryGetProperty("minContains", out var min) ? ValueKeywords.Count(min, $"{pointer}/minContains") : 1;
        var most = schema.TryGetProperty("maxContains", out var max) ? ValueKeywords.Count(max, $"{pointer}/maxContains") : int.MaxValue;
        node.Rules.Add((run, value, place) =>
        {
            if (value.ValueKind != JsonValueKind.Array) return true;
            var found = value.EnumerateArray().Count(item => run.Fits(one, item));
            return (found >= least && found <= most) || run.Fail(place, "contains", () => "too few or too many items match");
        });
    }

    private static bool AreUnique(SchemaRun run, JsonElement list)
    {
        var buckets = new Dictionary<int, List<JsonElement>>();
        foreach (var item in list.EnumerateArray())
        {
            var hash = Hash(run, item);
            if (!buckets.TryGetValue(hash, out var same)) buckets[hash] = [item];
            else if (same.Any(other => run.AreEqual(other, item))) return false;
            else same.Add(item);
        }

        return true;
    }

    /// <summary>The same for what is equal: numbers by value, objects whatever the order of their fields.</summary>
    private static int Hash(SchemaRun run, JsonElement value)
    {
        run.Step();
        switch (value.ValueKind)
        {
            case JsonValueKind.Number: return value.GetDouble().GetHashCode();
            case JsonValueKind.String: return run.Text(value).GetHashCode(StringComparison.Ordinal);
            case JsonValueKind.Array: return value.EnumerateArray().Aggregate(17, (hash, item) => HashCode.Combine(hash, Hash(run, item)));
            case JsonValueKind.Object:
                return value.EnumerateObject().Aggregate(19,
                    (hash, field) => hash ^ HashCode.Combine(run.Name(field), Hash(run, field.Value)));
            default: return (int)value.ValueKind;
        }
    }
}
