using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Access;

/// <summary>Rights under a name, which users and tasks are given (DRP's Role).</summary>
public sealed record Role : Document
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The rights.</summary>
    public IReadOnlyList<RoleClaim> Claims
    {
        get;
        init
        {
            field = value ?? [];
            // Every request of everybody who has the role looks at them.
            Rights = [.. field.Select(c => c.Right())];
        }
    } = [];

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>The rights, as they are asked for.</summary>
    [JsonIgnore]
    public IReadOnlyList<Claim> Rights { get; private init; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "roles";
}
