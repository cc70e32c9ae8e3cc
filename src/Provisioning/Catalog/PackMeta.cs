using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a content pack says of itself (DRP's ContentMetaData), as far as it decides anything here.</summary>
/// <param name="Name">Its name; its objects carry it in Bundle.</param>
public sealed record PackMeta(string Name)
{
    /// <summary>All that it says.</summary>
    public ContentMeta About { get; private init; } = new() { Name = Name, Type = "default", Overwritable = true };

    /// <summary>Names of the packs that it builds upon: a range of versions is asked of packs that are uploaded.</summary>
    public IReadOnlyList<string> Prerequisites => [.. About.Needs.Select(p => p.Name)];

    /// <summary>Names of the features that it asks for.</summary>
    public IReadOnlyList<string> RequiredFeatures => About.Wanted;

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

    private static PackMeta Of(Func<string, string> field, string fallback)
    {
        var name = field("Name") is { Length: > 0 } own ? own : fallback;
        return new PackMeta(name)
        {
            About = new ContentMeta
            {
                Name = name,
                Version = field("Version"),
                Description = field("Description"),
                Source = field("Source"),
                Documentation = field("Documentation"),
                RequiredFeatures = field("RequiredFeatures"),
                Prerequisites = field("Prerequisites"),
                Color = field("Color"),
                Icon = field("Icon"),
                Author = field("Author"),
                DisplayName = field("DisplayName"),
                License = field("License"),
                Copyright = field("Copyright"),
                CodeSource = field("CodeSource"),
                Order = field("Order"),
                Tags = field("Tags"),
                DocUrl = field("DocUrl"),
                Type = "default",
                Overwritable = true,
            },
        };
    }

    private static string Text(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>().Trim(),
        // A version of two numbers is one number in YAML.
        JsonValueKind.Number => value.ToJsonString(),
        _ => "",
    };
}
