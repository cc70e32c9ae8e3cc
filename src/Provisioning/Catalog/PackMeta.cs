using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a content pack says of itself (DRP's ContentMetaData), as far as it decides anything here.</summary>
/// <param name="Name">Its name; its objects carry it in Bundle.</param>
public sealed record PackMeta(string Name)
{
    /// <summary>Names of the packs that it builds upon.</summary>
    public IReadOnlyList<string> Prerequisites { get; private init; } = [];

    /// <summary>Names of the features that it asks for.</summary>
    public IReadOnlyList<string> RequiredFeatures { get; private init; } = [];

    /// <summary>
    /// Of a folder: `._Name.meta` and its like hold a field each (DRP), `meta.yml` all of them. Where neither names the pack it has its
    /// folder's name.
    /// </summary>
    /// <exception cref="FormatException">meta.yml is not YAML, or has no place for what is said.</exception>
    public static PackMeta OfFolder(string folder, IReadOnlyList<ContentFile> files)
    {
        var fields = files.FirstOrDefault(f => f.Path is "meta.yml" or "meta.yaml") is { } all
            ? YamlText.Read(all.Text) as JsonObject : null;
        string Field(string name)
            => files.FirstOrDefault(f => f.Path == $"._{name}.meta")?.Text.Trim() is { Length: > 0 } own ? own : Text(fields?[name]);
        return Of(Field, folder);
    }

    /// <summary>Of a bundle's `meta`.</summary>
    public static PackMeta OfBundle(string file, JsonObject? meta) => Of(name => Text(meta?[name]), file);

    private static PackMeta Of(Func<string, string> field, string fallback) => new(field("Name") is { Length: > 0 } own ? own : fallback)
    {
        // A range of versions follows the name: a folder has none, so that the name alone counts.
        Prerequisites = [.. Words(field("Prerequisites")).Select(p => p.Split(':')[0].Trim()).Where(p => p.Length > 0)],
        RequiredFeatures = Words(field("RequiredFeatures")),
    };

    private static string Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>().Trim() : "";

    private static string[] Words(string text)
        => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
