using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Sprig's JSON functions; those without `must` give nothing where those with it fail.</summary>
internal static class JsonFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Own("toJson", "any", a => Lenient(() => ValueJson.Write(a[0], a.Budget), "")),
        Function.Own("mustToJson", "any", a => ValueJson.Write(a[0], a.Budget)),
        Function.Own("toPrettyJson", "any", a => Lenient(() => ValueJson.Write(a[0], a.Budget, isPretty: true), "")),
        Function.Own("mustToPrettyJson", "any", a => ValueJson.Write(a[0], a.Budget, isPretty: true)),
        .. Function.Named("toRawJson mustToRawJson",
            name => Function.Own(name, "any", a => ValueJson.Write(a[0], a.Budget, isHtml: false))),
        Function.Of("fromJson", "text", a => Lenient(() => Read(a, isStrict: false), null)),
        Function.Of("mustFromJson", "text", a => Read(a, isStrict: true)),
    ];

    private static object? Lenient(Func<object?> make, object? otherwise)
    {
        try
        {
            return make();
        }
        catch (TemplateFault e) when (e.Spent is null)
        {
            return otherwise;
        }
    }

    private static object? Read(Arguments a, bool isStrict)
    {
        var text = a.Text(0);
        // The reader keeps the text in UTF-8 and twelve octets for each token.
        a.Budget.MakeText(8L * text.Length);
        try
        {
            using var document = JsonDocument.Parse(Paired(text), new JsonDocumentOptions { MaxDepth = TemplateLimits.ValueDepth });
            if (isStrict && TooLarge(document.RootElement) is { } number)
                throw new TemplateFault($"json: cannot unmarshal number {number} into Go value of type float64");
            return ValueJson.Read(document.RootElement, a.Budget, isFloat: true);
        }
        catch (JsonException e)
        {
            throw new TemplateFault("not JSON: " + e.Message);
        }
        catch (InvalidOperationException e)
        {
            throw new TemplateFault("not JSON: " + e.Message);
        }
    }

    /// <summary>The first number that no float holds; null where there is none.</summary>
    private static string? TooLarge(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => double.IsFinite(element.GetDouble()) ? null : element.GetRawText() is var digits && digits.Length > 100
            ? digits[..100] + "..." : digits,
        JsonValueKind.Object => element.EnumerateObject().Select(p => TooLarge(p.Value)).FirstOrDefault(n => n is not null),
        JsonValueKind.Array => element.EnumerateArray().Select(TooLarge).FirstOrDefault(n => n is not null),
        _ => null,
    };

    /// <summary>JSON whose escaped halves of a character stand for U+FFFD where the other half is missing, as Go reads them.</summary>
    private static string Paired(string json)
    {
        if (!json.Contains(@"\ud", StringComparison.OrdinalIgnoreCase)) return json;
        var output = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length;)
        {
            var length = json[i] == '\\' && i + 1 < json.Length ? 2 : 1;
            if (Escaped(json, i) is { } unit)
            {
                length = 6;
                if (char.IsHighSurrogate(unit) && Escaped(json, i + 6) is { } other && char.IsLowSurrogate(other)) length = 12;
                else if (char.IsSurrogate(unit))
                {
                    output.Append(@"\ufffd");
                    i += length;
                    continue;
                }
            }

            output.Append(json, i, length);
            i += length;
        }

        return output.ToString();
    }

    /// <summary>The UTF-16 unit of an escape \uXXXX; null where there is none.</summary>
    private static char? Escaped(string json, int at)
        => at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit : null;
}
