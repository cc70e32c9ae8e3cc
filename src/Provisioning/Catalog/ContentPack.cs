using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Anvil.Provisioning.Catalog;

/// <summary>A file of a content pack: its path below the pack's folder, and its text.</summary>
public sealed record ContentFile(string Path, string Text);

/// <summary>
/// A content pack as a folder of files, in the layout that DRP bundles: `prefix/name.yml` is one object, a file in
/// `templates/` that is not YAML is a template of that name, and `meta.yml` describes the pack.
/// </summary>
public static class ContentPack
{
    /// <summary>Reads a pack. Its objects are read-only and carry the pack's name in Bundle.</summary>
    /// <exception cref="FormatException">A file is not what its place says; names the file.</exception>
    public static IReadOnlyList<Document> Read(string name, IEnumerable<ContentFile> files)
    {
        var documents = new List<Document>();
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            var parts = file.Path.Split('/');
            if (parts.Length < 2) continue;
            var isYaml = file.Path.EndsWith(".yml", StringComparison.Ordinal) || file.Path.EndsWith(".yaml", StringComparison.Ordinal);
            if (parts[0] == "templates" && !isYaml)
            {
                documents.Add(new Template { ID = string.Join('/', parts[1..]), Contents = file.Text, ReadOnly = true, Bundle = name, Validated = true, Available = true });
                continue;
            }

            if (!CatalogRules.Kinds.TryGetValue(parts[0], out var kind)) throw new FormatException($"{file.Path}: there is no kind {parts[0]}");
            try
            {
                var document = kind.Fill(kind.Read(Yaml(file.Text), "READ"));
                documents.Add(document with { ReadOnly = true, Bundle = name, Validated = true, Available = true });
            }
            catch (Exception e) when (e is YamlException or ApiException or FormatException)
            {
                throw new FormatException($"{file.Path}: {e.Message}", e);
            }
        }

        return documents;
    }

    /// <summary>Turns YAML into JSON by YAML's core schema: plain scalars become numbers, booleans or null.</summary>
    public static JsonNode Yaml(string text)
    {
        var value = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object?>(text);
        return Node(value, 0) ?? throw new FormatException("the file is empty");
    }

    private static JsonNode? Node(object? value, int depth)
    {
        if (depth > Json.MaxDepth) throw new FormatException("nested too deeply");
        return value switch
        {
            null => null,
            IDictionary<object, object?> map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key.ToString() ?? "", Node(p.Value, depth + 1)))),
            IEnumerable<object?> list => new JsonArray([.. list.Select(v => Node(v, depth + 1))]),
            bool b => b,
            string s => s,
            byte or short or int or long => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
            float or double => Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture),
            _ => value.ToString(),
        };
    }
}
