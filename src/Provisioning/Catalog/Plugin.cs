using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A plugin (DRP's Plugin). Anvil has none; clients ask for them all the same.</summary>
public sealed record Plugin : Document, IParamHolder
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Its settings.</summary>
    public IReadOnlyDictionary<string, JsonElement> Params { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>The program that it is run by.</summary>
    public string Provider { get; init => field = value ?? ""; } = "";

    /// <summary>Why it does not run.</summary>
    public IReadOnlyList<string> PluginErrors { get; init => field = value ?? []; } = [];

    /// <summary>True when parts were left out of an answer.</summary>
    public bool Partial { get; init; }

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "plugins";

    /// <inheritdoc/>
    Document IParamHolder.WithParams(IReadOnlyDictionary<string, JsonElement> values) => this with { Params = values };
}
