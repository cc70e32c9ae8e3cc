using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>Stages in order (DRP's Workflow).</summary>
public sealed record Workflow : Document
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Stages to go through.</summary>
    public IReadOnlyList<string> Stages { get; init => field = value ?? []; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "workflows";
}
