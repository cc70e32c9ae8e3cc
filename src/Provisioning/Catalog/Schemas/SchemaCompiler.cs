using System.Globalization;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>
/// Compiles a JSON schema: drafts 4, 6 and 7, and of 2019-09 and 2020-12 all but what needs notes from one keyword to another
/// (unevaluated…, dynamic and
/// recursive references). A reference leads only into the schema itself: no file is read and no address asked. What cannot be served is
/// refused.
/// </summary>
internal sealed class SchemaCompiler
{
    private static readonly string[] NotServed = ["unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef"];
    private readonly JsonElement _root;
    private readonly bool _refStandsAlone;
    private readonly string _id;
    private readonly Dictionary<string, SchemaNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _anchors = new(StringComparer.Ordinal);

    private long _pointers;

    private SchemaCompiler(JsonElement root)
    {
        _root = root;
        var version = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out var schema)
            && schema.ValueKind == JsonValueKind.String ? schema.GetString()! : "";
        // Until draft 7 a reference pushes everything beside it aside.
        _refStandsAlone = !version.Contains("2019-09", StringComparison.Ordinal) && !version.Contains("2020-12", StringComparison.Ordinal);
        _id = root.ValueKind == JsonValueKind.Object ? (Id(root) ?? "").TrimEnd('#') : "";
        Anchors(root, "");
    }

    /// <summary>Compiles a schema.</summary>
    /// <exception cref="SchemaFault">It cannot be used.</exception>
    public static SchemaNode Compile(JsonElement schema)
    {
        if (System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(schema).Length > SchemaLimits.Octets)
            throw new SchemaFault($"a schema has at most {SchemaLimits.Octets} octets");
        var compiler = new SchemaCompiler(schema.Clone());
        var root = compiler.Node(compiler._root, "");
        compiler.RefuseRings();
        return root;
    }

    /// <summary>The schema at a keyword.</summary>
    public SchemaNode Node(JsonElement schema, string pointer)
    {
        if (_nodes.TryGetValue(pointer, out var known)) return known;
        Point(pointer);
        if (pointer.Count(c => c == '/') > 2 * JsonLimits.Depth) throw new SchemaFault($"{pointer}: nested too deeply");
        var node = _nodes[pointer] = new SchemaNode();
        switch (schema.ValueKind)
        {
            case JsonValueKind.True:
                break;
            case JsonValueKind.False:
                node.Rules.Add((run, _, place) => run.Fail(place, "false", () => "No value is allowed"));
                break;
            case JsonValueKind.Object:
                Keywords(node, schema, pointer);
                break;
            default:
                throw new SchemaFault($"{(pointer.Length == 0 ? "a schema" : pointer)} must be an object, true or false");
        }

        return node;
    }

    /// <summary>The schemas of a list.</summary>
    public List<SchemaNode> Nodes(JsonElement list, string pointer)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw new SchemaFault($"{pointer} must be a list of schemas");
        return [.. list.EnumerateArray().Select((s, i) => Node(s, $"{pointer}/{i.ToString(CultureInfo.InvariantCulture)}"))];
    }

    /// <summary>The schemas of a map.</summary>
    public Dictionary<string, SchemaNode> NodesByName(JsonElement map, string pointer)
    {
        if (map.ValueKind != JsonValueKind.Object) throw new SchemaFault($"{pointer} must be an object of schemas");
        var nodes = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
        foreach (var (name, schema) in map.EnumerateObject().Select(p => (p.Name, p.Value)))
            nodes[name] = Node(schema, $"{pointer}/{JsonPatch.Escape(name)}");
        return nodes;
    }

    /// <summary>Counts a pointer that is made.</summary>
    private void Point(string pointer)
    {
        _pointers += pointer.Length;
        if (_pointers > SchemaLimits.Pointers)
            throw new SchemaFault($"the names within it, for all parts below them, come to more than {SchemaLimits.Pointers} characters");
    }

    private static string? Id(JsonElement schema)
        => (schema.TryGetProperty("$id", out var id) || schema.TryGetProperty("id", out id)) && id.ValueKind == JsonValueKind.String
            ? id.GetString() : null;

    private void Keywords(SchemaNode node, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var target = Target(reference, $"{pointer}/$ref");
            node.Beside.Add(target);
            node.Rules.Add((run, value, place) => run.Check(target, value, place));
            if (_refStandsAlone)
            {
                Definitions(schema, pointer);
                return;
            }
        }

        // Only a part of the whole schema may not have an id of its own: references below it would mean another document.
        if (pointer.Length > 0 && schema.TryGetProperty("$id", out var id)
            && !(id.ValueKind == JsonValueKind.String && id.GetString()!.StartsWith('#')))
            throw new SchemaFault($"{pointer}/$id: only the whole schema has an id");
        if (NotServed.FirstOrDefault(k => schema.TryGetProperty(k, out _)) is { } keyword)
            throw new SchemaFault($"{pointer}/{keyword} is not served");
        ValueKeywords.Add(node, schema, pointer);
        ListKeywords.Add(this, node, schema, pointer);
        ObjectKeywords.Add(this, node, schema, pointer);
        CombiningKeywords.Add(this, node, schema, pointer);
        Definitions(schema, pointer);
    }

    /// <summary>What is only defined is compiled too: its faults are told when the schema is made.</summary>
    private void Definitions(JsonElement schema, string pointer)
    {
        foreach (var name in (string[])["definitions", "$defs"])
        {
            if (schema.TryGetProperty(name, out var definitions)) NodesByName(definitions, $"{pointer}/{name}");
        }
    }

    private SchemaNode Target(JsonElement reference, string pointer)
    {
        if (reference.ValueKind != JsonValueKind.String) throw new SchemaFault($"{pointer} must be a text");
        var text = reference.GetString()!;
        var fragment = _id.Length > 0 && text.StartsWith(_id, StringComparison.Ordinal)
            && (text.Length == _id.Length || text[_id.Length] == '#') ? text[_id.Length..] : text;
        if (fragment.Length > 0 && fragment[0] != '#')
            throw new SchemaFault($"{pointer}: \"{text}\" leads out of the schema; no file is read and no address asked");
        var target = Uri.UnescapeDataString(fragment.TrimStart('#'));
        if (target.Length > 0 && target[0] != '/')
            target = _anchors.GetValueOrDefault(target) ?? throw new SchemaFault($"{pointer}: \"{text}\" is nowhere in the schema");
        var found = _root;
        foreach (var token in target.Split('/').Skip(1)
            .Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            var isThere = found.ValueKind switch
            {
                JsonValueKind.Object => found.TryGetProperty(token, out found),
                JsonValueKind.Array =>
                    int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < found.GetArrayLength()
                        && (found = found[at]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!isThere) throw new SchemaFault($"{pointer}: \"{text}\" is nowhere in the schema");
        }

        return Node(found, target);
    }

    private void Anchors(JsonElement element, string pointer)
    {
        Point(pointer);
        if (element.ValueKind == JsonValueKind.Array)
        {
            var at = 0;
            foreach (var item in element.EnumerateArray()) Anchors(item, $"{pointer}/{(at++).ToString(CultureInfo.InvariantCulture)}");
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("$anchor", out var anchor) && anchor.ValueKind == JsonValueKind.String)
                _anchors.TryAdd(anchor.GetString()!, pointer);
            if (Id(element) is ['#', ..] id) _anchors.TryAdd(id[1..], pointer);
            foreach (var part in element.EnumerateObject()) Anchors(part.Value, $"{pointer}/{JsonPatch.Escape(part.Name)}");
        }
    }

    private void RefuseRings()
    {
        var done = new HashSet<SchemaNode>();
        foreach (var (pointer, start) in _nodes)
        {
            // Depth first, without recursion: the second visit of a node ends it.
            var under = new HashSet<SchemaNode>();
            var open = new Stack<(SchemaNode Node, bool Ends)>([(start, false)]);
            while (open.TryPop(out var next))
            {
                if (next.Ends)
                {
                    under.Remove(next.Node);
                    done.Add(next.Node);
                }
                else if (under.Contains(next.Node))
                {
                    throw new SchemaFault($"{(pointer.Length == 0 ? "the schema" : pointer)} refers to itself without end");
                }
                else if (!done.Contains(next.Node))
                {
                    under.Add(next.Node);
                    open.Push((next.Node, true));
                    foreach (var beside in next.Node.Beside) open.Push((beside, false));
                }
            }
        }
    }
}
