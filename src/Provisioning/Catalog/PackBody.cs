using System.Text.Json;
using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Catalog;

/// <summary>A content pack as a client sends it (DRP's Content): `meta` and `sections`.</summary>
public sealed record PackBody
{
    /// <summary>What it says of itself.</summary>
    [JsonPropertyName("meta")]
    public ContentMeta About { get; init => field = value ?? new(); } = new();

    /// <summary>Its objects, by kind and key.</summary>
    [JsonPropertyName("sections")]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Sections { get; init => field = value ?? None; } = None;

    private static Dictionary<string, IReadOnlyDictionary<string, JsonElement>> None => [];

    /// <summary>The pack as it may be stored. Which layer it is in is the server's to say (DRP: dynamic).</summary>
    public StoredPack ToStore() => new()
    {
        About = About with { Type = "dynamic", Writable = false, Overwritable = false },
        Sections = Sections,
        Validated = true,
        Available = true,
    };
}
