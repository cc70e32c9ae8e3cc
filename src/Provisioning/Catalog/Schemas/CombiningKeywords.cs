using System.Text.Json;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Keywords that combine schemas (JSON Schema Core, section 10.2).</summary>
internal static class CombiningKeywords
{
    /// <summary>Adds the rules of a schema's keywords.</summary>
    public static void Add(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("allOf", out var all)) All(Beside(node, compiler.Nodes(all, $"{pointer}/allOf")), node);
        if (schema.TryGetProperty("anyOf", out var any))
        {
            var some = Beside(node, compiler.Nodes(any, $"{pointer}/anyOf"));
            node.Rules.Add((run, value, place) => some.Any(s => run.Fits(s, value))
                || run.Fail(place, "anyOf", () => "Must validate at least one schema (anyOf)"));
        }

        if (schema.TryGetProperty("oneOf", out var one))
        {
            var some = Beside(node, compiler.Nodes(one, $"{pointer}/oneOf"));
            node.Rules.Add((run, value, place) => some.Count(s => run.Fits(s, value)) == 1
                || run.Fail(place, "oneOf", () => "Must validate one and only one schema (oneOf)"));
        }

        if (schema.TryGetProperty("not", out var not))
        {
            var none = Beside(node, [compiler.Node(not, $"{pointer}/not")])[0];
            node.Rules.Add((run, value, place) => !run.Fits(none, value)
                || run.Fail(place, "not", () => "Must not validate the schema (not)"));
        }

        Condition(compiler, node, schema, pointer);
    }

    private static void All(List<SchemaNode> all, SchemaNode node) => node.Rules.Add((run, value, place) =>
    {
        var fits = true;
        foreach (var schema in all)
        {
            fits &= run.Check(schema, value, place);
            if (!fits && run.IsQuiet) return false;
        }

        return fits;
    });

    private static void Condition(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        var then = schema.TryGetProperty("then", out var thenSays) ? compiler.Node(thenSays, $"{pointer}/then") : null;
        var otherwise = schema.TryGetProperty("else", out var elseSays) ? compiler.Node(elseSays, $"{pointer}/else") : null;
        if (!schema.TryGetProperty("if", out var says)) return;
        var condition = compiler.Node(says, $"{pointer}/if");
        Beside(node, [condition, .. then is null ? Array.Empty<SchemaNode>() : [then],
            .. otherwise is null ? Array.Empty<SchemaNode>() : [otherwise]]);
        node.Rules.Add((run, value, place) => (run.Fits(condition, value) ? then : otherwise) is not { } next
            || run.Check(next, value, place));
    }

    private static List<SchemaNode> Beside(SchemaNode node, List<SchemaNode> schemas)
    {
        node.Beside.AddRange(schemas);
        return schemas;
    }
}
