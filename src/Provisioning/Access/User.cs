using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Access;

/// <summary>A person or program that uses the API (DRP's User). PasswordHash is never given out.</summary>
public sealed record User : Document
{
    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>Argon2id hash; write-only.</summary>
    public string PasswordHash { get; init => field = value ?? ""; } = "";

    /// <summary>Changing it revokes the user's tokens.</summary>
    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// The password was set by somebody without all rights: it ends when the user is given roles. The server writes it, and shows it to
    /// nobody.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SetByLess { get; init; }

    /// <summary>Roles; superuser may do everything.</summary>
    public IReadOnlyList<string> Roles { get; init => field = value ?? []; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "users";
}
