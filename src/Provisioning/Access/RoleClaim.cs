using System.Text.Json.Serialization;

namespace Anvil.Provisioning.Access;

/// <summary>A right as a role holds it: DRP writes its three parts in small letters. Its meaning is <see cref="Claim"/>'s.</summary>
public sealed record RoleClaim
{
    /// <summary>Kinds of objects: `*` or a comma list.</summary>
    [JsonPropertyName("scope")]
    public string Scope { get; init => field = value ?? ""; } = "";

    /// <summary>What may be done: `*` or a comma list; a pointer may follow `update` (`update:/Params/x`).</summary>
    [JsonPropertyName("action")]
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>Keys of objects: `*` or a comma list.</summary>
    [JsonPropertyName("specific")]
    public string Specific { get; init => field = value ?? ""; } = "";

#pragma warning disable CA1044 // They are read from JSON alone: nothing is written twice.
    /// <summary>Scope as Anvil's tasks write it; Go's clients take either.</summary>
    [JsonPropertyName("Scope")]
    public string ScopeOfTasks { init => Scope = value; }

    /// <summary>Action as Anvil's tasks write it.</summary>
    [JsonPropertyName("Action")]
    public string ActionOfTasks { init => Action = value; }

    /// <summary>Specific as Anvil's tasks write it.</summary>
    [JsonPropertyName("Specific")]
    public string SpecificOfTasks { init => Specific = value; }
#pragma warning restore CA1044

    /// <summary>The right.</summary>
    public Claim Right() => new(Scope, Action, Specific);
}
