using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>Keywords of objects (JSON Schema Core, section 10.3.2; Validation, section 6.5).</summary>
internal static class ObjectKeywords
{
    /// <summary>Adds the rules of a schema's keywords.</summary>
    public static void Add(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        Fields(compiler, node, schema, pointer);
        if (schema.TryGetProperty("minProperties", out var least))
            Size(node, "minProperties", ValueKeywords.Count(least, $"{pointer}/minProperties"), (n, bound) => n >= bound, "at least");
        if (schema.TryGetProperty("maxProperties", out var most))
            Size(node, "maxProperties", ValueKeywords.Count(most, $"{pointer}/maxProperties"), (n, bound) => n <= bound, "at most");
        if (schema.TryGetProperty("required", out var required)) Required(node, ValueKeywords.Texts(required, $"{pointer}/required"));
        if (schema.TryGetProperty("propertyNames", out var names)) Names(compiler.Node(names, $"{pointer}/propertyNames"), node);
        if (schema.TryGetProperty("dependencies", out var dependencies))
            Dependencies(compiler, node, dependencies, $"{pointer}/dependencies");
        if (schema.TryGetProperty("dependentRequired", out var needs)) Dependencies(compiler, node, needs, $"{pointer}/dependentRequired");
        if (schema.TryGetProperty("dependentSchemas", out var schemas))
            Dependencies(compiler, node, schemas, $"{pointer}/dependentSchemas");
    }

    private static void Fields(SchemaCompiler compiler, SchemaNode node, JsonElement schema, string pointer)
    {
        Dictionary<string, SchemaNode> declared = schema.TryGetProperty("properties", out var properties)
            ? compiler.NodesByName(properties, $"{pointer}/properties") : [];
        List<(SchemaPattern Pattern, SchemaNode Schema)> patterns = [];
        if (schema.TryGetProperty("patternProperties", out var byPattern))
            patterns = [.. compiler.NodesByName(byPattern, $"{pointer}/patternProperties")
                .Select(p => (SchemaPattern.Read(p.Key, $"{pointer}/patternProperties/{JsonPatch.Escape(p.Key)}"), p.Value))];
        var rest = schema.TryGetProperty("additionalProperties", out var more)
            ? compiler.Node(more, $"{pointer}/additionalProperties") : null;
        var restIsNone = more.ValueKind == JsonValueKind.False;
        if (declared.Count == 0 && patterns.Count == 0 && rest is null) return;
        node.Rules.Add((run, value, place) =>
        {
            if (value.ValueKind != JsonValueKind.Object) return true;
            var fits = true;
            foreach (var field in value.EnumerateObject())
            {
                var name = run.Name(field);
                var isKnown = declared.TryGetValue(name, out var one);
                var at = run.Into(place, name);
                if (isKnown) fits &= run.Check(one!, field.Value, at);
                foreach (var (pattern, each) in patterns)
                {
                    if (!run.Matches(pattern, name)) continue;
                    isKnown = true;
                    fits &= run.Check(each, field.Value, at);
                }

                if (!isKnown && restIsNone)
                    fits = run.Fail(place, "additionalProperties", () => $"Additional property {SchemaPlace.Shown(name)} is not allowed");
                else if (!isKnown && rest is not null) fits &= run.Check(rest, field.Value, at);
                if (!fits && run.IsQuiet) return false;
            }

            return fits;
        });
    }

    private static void Size(SchemaNode node, string keyword, long bound, Func<long, long, bool> holds, string words)
        => node.Rules.Add(
            (run, value, place) => value.ValueKind != JsonValueKind.Object || holds(value.GetPropertyCount(), bound)
                || run.Fail(place, keyword, () => $"Must have {words} {bound} properties"));

    private static void Required(SchemaNode node, List<string> names) => node.Rules.Add((run, value, place) =>
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var fits = true;
        foreach (var name in names.Where(n => !Has(run, value, n))) fits = run.Fail(place, "required", () => $"{name} is required");
        return fits;
    });

    private static void Names(SchemaNode each, SchemaNode node) => node.Rules.Add((run, value, place) =>
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        var fits = true;
        foreach (var field in value.EnumerateObject()
            .Where(f => !run.Fits(each, JsonSerializer.SerializeToElement(run.Name(f), Json.Options))))
            fits = run.Fail(place, "propertyNames", () => $"Property name of \"{SchemaPlace.Shown(field.Name)}\" does not match");
        return fits;
    });

    private static void Dependencies(SchemaCompiler compiler, SchemaNode node, JsonElement says, string pointer)
    {
        if (says.ValueKind != JsonValueKind.Object) throw new SchemaFault($"{pointer} must be an object");
        foreach (var dependency in says.EnumerateObject())
        {
            var (name, at) = (dependency.Name, $"{pointer}/{JsonPatch.Escape(dependency.Name)}");
            if (dependency.Value.ValueKind == JsonValueKind.Array)
            {
                var names = ValueKeywords.Texts(dependency.Value, at);
                node.Rules.Add((run, value, place) => value.ValueKind != JsonValueKind.Object || !Has(run, value, name)
                    || names.All(n => Has(run, value, n))
                    || run.Fail(place, "dependencies", () => $"{name} needs {string.Join(", ", names)}"));
                continue;
            }

            var schema = compiler.Node(dependency.Value, at);
            node.Beside.Add(schema);
            node.Rules.Add((run, value, place) => value.ValueKind != JsonValueKind.Object || !Has(run, value, name)
                || run.Check(schema, value, place));
        }
    }

    /// <summary>Looking for a name goes through the whole object.</summary>
    private static bool Has(SchemaRun run, JsonElement value, string name)
    {
        run.Step(value.GetPropertyCount() * 8L);
        return value.TryGetProperty(name, out _);
    }
}
