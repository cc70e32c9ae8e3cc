using System.Text.Json;
using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// A content pack that was uploaded, as it is stored: one document, so that it comes, changes and goes in one step. Its objects are read
/// out of it by each silo (<see cref="LoadedPack"/>).
/// </summary>
public sealed record StoredPack : Document
{
    /// <summary>The kind, as paths, rights and events name it (DRP).</summary>
    public const string Kind = "contents";

    /// <summary>What it says of itself.</summary>
    [JsonPropertyName("meta")]
    public ContentMeta About { get; init => field = value ?? new(); } = new();

    /// <summary>Its objects, by kind and key, as they were sent; what is secure is sealed.</summary>
    [JsonPropertyName("sections")]
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Sections { get; init => field = value ?? None; } = None;

    /// <inheritdoc/>
    public override string Key => About.Name;

    /// <inheritdoc/>
    public override string Prefix => Kind;

    private static Dictionary<string, IReadOnlyDictionary<string, JsonElement>> None => [];

    /// <summary>The pack without its objects, which a snapshot holds once, and read.</summary>
    public StoredPack Bare() => this with { Sections = None };
}
