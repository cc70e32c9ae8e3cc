using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A named set of param values (DRP's Profile).</summary>
public sealed record Profile : Document, IParamHolder
{
    /// <summary>The profile that every machine has.</summary>
    public const string Global = "global";

    /// <summary>The global profile of a new site, as DRP's clients know it.</summary>
    public static Profile First { get; } = new()
    {
        Name = Global,
        Description = "Global profile attached automatically to all machines.",
        Meta = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["color"] = "blue",
            ["icon"] = "world",
            ["title"] = "Digital Rebar Provision",
        },
    };

    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Further profiles that whoever has it has too, below it (DRP v4).</summary>
    public IReadOnlyList<string> Profiles { get; init => field = value ?? []; } = [];

    /// <summary>The values.</summary>
    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>True when parts were left out of an answer.</summary>
    public bool Partial { get; init; }

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "profiles";

    /// <inheritdoc/>
    Document IParamHolder.WithParams(IReadOnlyDictionary<string, JsonElement> values) => this with { Params = values };
}
