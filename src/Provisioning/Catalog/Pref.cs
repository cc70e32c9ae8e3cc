using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>A preference of the whole system (DRP's Pref).</summary>
public sealed record Pref : Document
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its value.</summary>
    public string Val { get; init => field = value ?? ""; } = "";

    /// <summary>A preference that somebody sets.</summary>
    public static Pref Of(string name, string value) => new() { Name = name, Val = value, Validated = true, Available = true };

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "prefs";
}
