using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A text that others call by its ID (DRP's Template).</summary>
public sealed record Template : Document
{
    /// <summary>Unique name.</summary>
    public string ID { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>Go text/template.</summary>
    public string Contents { get; init => field = value ?? ""; } = "";

    /// <inheritdoc/>
    public override string Key => ID;

    /// <inheritdoc/>
    public override string Prefix => "templates";
}
