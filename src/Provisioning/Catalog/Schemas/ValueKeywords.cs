using System.Globalization;
using System.Text.Json;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Keywords of any value, of numbers and of texts (JSON Schema Validation, sections 6.1 to 6.3 and 7).</summary>
internal static class ValueKeywords
{
    /// <summary>Values of a list of those that are allowed that are told one by one.</summary>
    private const int MostShown = 10;

    private static readonly string[] Types = ["null", "boolean", "object", "array", "number", "integer", "string"];

    /// <summary>Adds the rules of a schema's keywords.</summary>
    public static void Add(SchemaNode node, JsonElement schema, string pointer)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            if (Rule(keyword.Name, keyword.Value, schema, $"{pointer}/{keyword.Name}") is { } rule) node.Rules.Add(rule);
        }
    }

    /// <summary>The name of a value's type; a number without a fraction is an integer.</summary>
    public static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => IsWhole(value) ? "integer" : "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };

    /// <summary>A count, as keywords such as maxItems have.</summary>
    public static long Count(JsonElement value, string pointer)
        => value.ValueKind == JsonValueKind.Number && IsWhole(value) && value.GetDouble() is >= 0 and var count
            ? (long)Math.Min(count, int.MaxValue) : throw new SchemaFault($"{pointer} must be a whole number from 0");

    /// <summary>A list of texts.</summary>
    public static List<string> Texts(JsonElement value, string pointer)
        => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(t => t.GetString()!)] : throw new SchemaFault($"{pointer} must be a list of texts");

    private static SchemaRule? Rule(string keyword, JsonElement says, JsonElement schema, string pointer)
    {
        switch (keyword)
        {
            case "type": return Type(says, pointer);
            case "enum":
                if (says.ValueKind != JsonValueKind.Array) throw new SchemaFault($"{pointer} must be a list");
                var all = says.EnumerateArray().ToList();
                return (run, value, place) => all.Any(one => run.AreEqual(one, value))
                    || run.Fail(place, keyword, () => $"must be one of the following: {Listed(all)}");
            case "const":
                return (run, value, place) => run.AreEqual(says, value) || run.Fail(place, keyword, () => $"must be {Shown(says)}");
            case "minimum":
                return says.ValueKind == JsonValueKind.Number && IsTrue(schema, "exclusiveMinimum")
                    ? Number(keyword, says, pointer, c => c > 0, "greater than")
                        : Number(keyword, says, pointer, c => c >= 0, "greater than or equal to");
            case "maximum":
                return says.ValueKind == JsonValueKind.Number && IsTrue(schema, "exclusiveMaximum")
                    ? Number(keyword, says, pointer, c => c < 0, "less than")
                        : Number(keyword, says, pointer, c => c <= 0, "less than or equal to");
            case "exclusiveMinimum":
                return says.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? null : Number(keyword, says, pointer, c => c > 0, "greater than");
            case "exclusiveMaximum":
                return says.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? null : Number(keyword, says, pointer, c => c < 0, "less than");
            case "multipleOf":
                if (says.ValueKind != JsonValueKind.Number || says.GetDouble() <= 0)
                    throw new SchemaFault($"{pointer} must be a number above 0");
                return (run, value, place) => value.ValueKind != JsonValueKind.Number || IsMultiple(value, says)
                    || run.Fail(place, keyword, () => $"Must be a multiple of {says.GetRawText()}");
            case "minLength":
                var least = Count(says, pointer);
                return (run, value, place) => value.ValueKind != JsonValueKind.String || Length(run, value) >= least
                    || run.Fail(place, keyword, () => $"String length must be greater than or equal to {least}");
            case "maxLength":
                var most = Count(says, pointer);
                return (run, value, place) => value.ValueKind != JsonValueKind.String || Length(run, value) <= most
                    || run.Fail(place, keyword, () => $"String length must be less than or equal to {most}");
            case "pattern":
                if (says.ValueKind != JsonValueKind.String) throw new SchemaFault($"{pointer} must be a text");
                var pattern = SchemaPattern.Read(says.GetString()!, pointer);
                return (run, value, place) => value.ValueKind != JsonValueKind.String || run.Matches(pattern, run.Text(value))
                    || run.Fail(place, keyword, () => $"Does not match pattern '{says.GetString()}'");
            case "format":
                if (says.ValueKind != JsonValueKind.String) throw new SchemaFault($"{pointer} must be a text");
                var format = says.GetString()!;
                return (run, value, place) => value.ValueKind != JsonValueKind.String || SchemaFormats.Fits(format, run.Text(value))
                    || run.Fail(place, keyword, () => $"Does not match format '{format}'");
            default: return null;
        }
    }

    private static SchemaRule Type(JsonElement says, string pointer)
    {
        List<string> types = says.ValueKind == JsonValueKind.String
            ? [says.GetString()!]
                : says.ValueKind == JsonValueKind.Array && says.GetArrayLength() > 0
                    ? Texts(says, pointer) : throw new SchemaFault($"{pointer} must be the name of a type, or a list of them");
        if (types.FirstOrDefault(t => !Types.Contains(t, StringComparer.Ordinal)) is { } unknown)
            throw new SchemaFault($"{pointer}: there is no type {unknown}; types are {string.Join(", ", Types)}");
        // Looked through for each value.
        types = [.. types.Distinct(StringComparer.Ordinal)];
        return (run, value, place) =>
        {
            var given = TypeOf(value);
            return types.Contains(given, StringComparer.Ordinal)
                || (given == "integer" && types.Contains("number", StringComparer.Ordinal))
                || run.Fail(place, "type", () => $"Invalid type. Expected: {string.Join(", ", types)}, given: {given}");
        };
    }

    private static SchemaRule Number(string keyword, JsonElement says, string pointer, Func<int, bool> holds, string words)
    {
        if (says.ValueKind != JsonValueKind.Number) throw new SchemaFault($"{pointer} must be a number");
        return (run, value, place) => value.ValueKind != JsonValueKind.Number || holds(Compare(value, says))
            || run.Fail(place, keyword, () => $"Must be {words} {says.GetRawText()}");
    }

    private static bool IsTrue(JsonElement schema, string name)
        => schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static int Compare(JsonElement one, JsonElement other)
        => one.TryGetDecimal(out var a) && other.TryGetDecimal(out var b) ? a.CompareTo(b) : one.GetDouble().CompareTo(other.GetDouble());

    private static bool IsWhole(JsonElement number)
        => System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(number).IndexOfAny(".eE"u8) < 0
            || (number.TryGetDecimal(out var exact) ? decimal.Truncate(exact) == exact
                : Math.Truncate(number.GetDouble()) == number.GetDouble());

    private static bool IsMultiple(JsonElement value, JsonElement of)
    {
        if (value.TryGetDecimal(out var exact) && of.TryGetDecimal(out var step) && step != 0) return exact % step == 0;
        return Math.IEEERemainder(value.GetDouble(), of.GetDouble()) == 0;
    }

    private static long Length(SchemaRun run, JsonElement text)
    {
        var value = run.Text(text);
        var length = 0L;
        foreach (var _ in value.EnumerateRunes()) length++;
        return length;
    }

    private static string Listed(List<JsonElement> values)
        => string.Join(", ", values.Take(MostShown).Select(Shown)) + (values.Count > MostShown ? $", … ({values.Count} in all)" : "");

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 40 ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..40]}…");
    }
}
