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
        Function.Of("fromJson", "text", a => Lenient(() => Read(a), null)),
        Function.Of("mustFromJson", "text", Read),
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

    private static object? Read(Arguments a)
    {
        var text = a.Text(0);
        // The reader keeps the text in UTF-8 and twelve octets for each token.
        a.Budget.MakeText(8L * text.Length);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = TemplateLimits.ValueDepth });
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
}
