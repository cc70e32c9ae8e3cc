using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Access;

/// <summary>A person or program that uses the API (DRP's User). PasswordHash is never given out.</summary>
public sealed record User : Document
{
    /// <summary>Tokens of a user that are revoked one by one.</summary>
    public const int MostRevoked = 1_000;

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

    /// <summary>
    /// Tokens that were revoked by their id, with the Unix time (seconds) when each would have ended. The server writes it, and shows it
    /// to nobody; another <see cref="Secret"/> ends all tokens, and needs none of them.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyDictionary<string, long>? Revoked { get; init; }

    /// <summary>Roles; superuser may do everything.</summary>
    public IReadOnlyList<string> Roles { get; init => field = value ?? []; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "users";

    /// <summary>The user with one of its tokens revoked; those that have ended meanwhile are forgotten.</summary>
    /// <param name="token">The token's id.</param>
    /// <param name="ends">Unix time when it ends.</param>
    /// <param name="now">Unix time.</param>
    /// <exception cref="ApiException">422: so many are revoked that another Secret has to end all.</exception>
    public User Without(string token, long ends, long now)
    {
        var revoked = (Revoked ?? new Dictionary<string, long>()).Where(r => r.Value > now)
            .ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
        revoked[token] = ends;
        return revoked.Count <= MostRevoked ? this with { Revoked = revoked }
            : throw new ApiException(ApiError.Invalid(Prefix, Name,
                $"{MostRevoked} tokens of {Name} are revoked one by one: another Secret ends all"));
    }
}
