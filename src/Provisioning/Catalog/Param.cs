using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>The definition of a param: its schema and default (DRP's Param).</summary>
public sealed record Param : Document
{
    private static readonly JsonElement AnyValue = JsonElement.Parse("{}"u8);

    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>Values are kept encrypted.</summary>
    public bool Secure { get; init; }

    /// <summary>JSON schema; without one {}, which takes any value (DRP fills it so).</summary>
    public JsonElement Schema
    {
        get; init => field = value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
        ? AnyValue : value;
    } = AnyValue;

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "params";
}
