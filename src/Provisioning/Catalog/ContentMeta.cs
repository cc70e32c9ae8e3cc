using System.Text;
using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Catalog;

/// <summary>What a content pack says of itself, in the fields and the order of DRP's ContentMetaData.</summary>
public sealed record ContentMeta
{
    /// <summary>Its name, one of a kind among all packs; its objects carry it in Bundle.</summary>
    public string Name { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Its version (semver; a v before it is passed over); "" counts as 0.0.0.</summary>
    public string Version { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>A line for people.</summary>
    public string Description { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Where it comes from (DRP: superseded by Author and CodeSource).</summary>
    public string Source { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>For people, long; kept as it is written.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Features that the server must have, with commas between (<see cref="Features"/>).</summary>
    public string RequiredFeatures { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Packs that must be there, with commas between: a name, or `name: range of versions` (<see cref="PackRange"/>).</summary>
    public string Prerequisites { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Color of its icon.</summary>
    public string Color { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Its icon.</summary>
    public string Icon { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Who wrote it.</summary>
    public string Author { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Its name for people.</summary>
    public string DisplayName { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Its license.</summary>
    public string License { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Whose it is.</summary>
    public string Copyright { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Where its source is.</summary>
    public string CodeSource { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Its place among packs that are shown.</summary>
    public string Order { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Words to find it by, with commas between.</summary>
    public string Tags { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>Where its documentation is.</summary>
    public string DocUrl { get; init => field = value?.Trim() ?? ""; } = "";

    /// <summary>
    /// What kind of layer it is: writable, local, dynamic (uploaded), default (a folder's), basic. It is never what a client says.
    /// </summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>True for the layer that the API writes to.</summary>
    public bool Writable { get; init; }

    /// <summary>True for layers whose objects others may stand in the place of.</summary>
    public bool Overwritable { get; init; }

    /// <summary>The features that it asks for.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Wanted => Words(RequiredFeatures);

    /// <summary>What it builds upon: names, each with its range of versions; "" for any version.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, string Range)> Needs =>
    [
        .. Words(Prerequisites).Select(p => p.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(p => p[0].Length > 0).Select(p => (p[0], p.Length > 1 ? p[1] : "")),
    ];

    /// <summary>What of it is longer than a pack may say, each by its JSON pointer; nothing where all is within bounds.</summary>
    public IEnumerable<string> Beyond()
    {
        (string Field, string Text)[] fields =
        [
            (nameof(Version), Version), (nameof(Description), Description), (nameof(Source), Source),
            (nameof(Documentation), Documentation), (nameof(RequiredFeatures), RequiredFeatures), (nameof(Prerequisites), Prerequisites),
            (nameof(Color), Color), (nameof(Icon), Icon), (nameof(Author), Author), (nameof(DisplayName), DisplayName),
            (nameof(License), License), (nameof(Copyright), Copyright), (nameof(CodeSource), CodeSource), (nameof(Order), Order),
            (nameof(Tags), Tags), (nameof(DocUrl), DocUrl),
        ];
        foreach (var (field, text) in fields)
        {
            var most = field == nameof(Documentation) ? PackBounds.Documentation : PackBounds.Field;
            if (Encoding.UTF8.GetByteCount(text) > most) yield return $"/meta/{field}: has more than {most} octets";
        }

        if (Wanted.Count > PackBounds.Needs) yield return $"/meta/{nameof(RequiredFeatures)}: has more than {PackBounds.Needs} names";
        if (Needs.Count > PackBounds.Needs) yield return $"/meta/{nameof(Prerequisites)}: has more than {PackBounds.Needs} names";
    }

    private static string[] Words(string text)
        => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
