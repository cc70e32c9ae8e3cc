using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Anvil.Provisioning.Access;

/// <summary>What a token says. <paramref name="Proof"/> is a hash over the secrets that revoke it.</summary>
public sealed record TokenClaims(string Subject, PrincipalKind Kind, string Proof, string TokenId, DateTimeOffset Expires)
{
    /// <summary>What the token is limited to; empty for no limit.</summary>
    public IReadOnlyList<Claim> Limits { get; init; } = [];

    /// <summary>Roles whose rights the limits are, for as long as they have them; none for other limits.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Uuid of the job that it was made for; "" for none.</summary>
    public string Job { get; init; } = "";

    /// <summary>Profile whose params it may set beside its subject's rights; "" for none.</summary>
    public string Profile { get; init; } = "";

    /// <summary>MAC address that a registration's token was given to; "" for none.</summary>
    public string Mac { get; init; } = "";

    /// <summary>IPv4 address that a registration's token was given to; "" for none.</summary>
    public string Address { get; init; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset Issued { get; init; }
}

/// <summary>What a token says beside its subject.</summary>
public sealed record TokenExtras
{
    /// <summary>Nothing.</summary>
    public static TokenExtras None { get; } = new();

    /// <summary>The rights of its subject that it is limited to; none for all.</summary>
    public IReadOnlyList<Claim> Limits { get; init; } = [];

    /// <summary>Roles whose rights the limits are; none for other limits.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Uuid of the job that it is made for; "" for none.</summary>
    public string Job { get; init; } = "";

    /// <summary>Profile whose params it may set beside its subject's rights; "" for none.</summary>
    public string Profile { get; init; } = "";

    /// <summary>MAC address that a registration's token is given to; "" for none.</summary>
    public string Mac { get; init; } = "";

    /// <summary>IPv4 address that a registration's token is given to; "" for none.</summary>
    public string Address { get; init; } = "";

    /// <summary>Its id; "" for a new one.</summary>
    public string Id { get; init; } = "";
}

/// <summary>
/// Makes and reads tokens: JWT, HMAC-SHA256, keyed by the preference baseTokenSecret. A token is revoked by changing a secret
/// that its proof covers: the user's or machine's Secret, systemGrantorSecret, or the machine's boot id.
/// </summary>
public sealed class Tokens(TimeProvider time)
{
    /// <summary>Most characters of a token.</summary>
    public const int Longest = 8192;

    /// <summary>Hexadecimal digits of a token's id.</summary>
    public const int IdLength = 16;

    private const string Issuer = "anvil";
    private const string LimitsClaim = "limits";
    private const string RolesClaim = "roles";
    private const string JobClaim = "job";
    private const string ProfileClaim = "profile";
    private const string MacClaim = "mac";
    private const string AddressClaim = "addr";

    /// <summary>So much may the clocks of silos differ.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromMinutes(5);

    /// <summary>Makes a token.</summary>
    /// <param name="subject">User name, machine uuid, or address.</param>
    /// <param name="kind">What the subject is.</param>
    /// <param name="life">How long it is good for.</param>
    /// <param name="key">The signing secret.</param>
    /// <param name="secrets">Secrets whose change revokes it.</param>
    public string Issue(string subject, PrincipalKind kind, TimeSpan life, string key, params IEnumerable<string> secrets)
        => Issue(subject, kind, life, TokenExtras.None, key, secrets);

    /// <summary>Makes a token that says more than its subject.</summary>
    /// <param name="subject">User name, machine uuid, or address.</param>
    /// <param name="kind">What the subject is.</param>
    /// <param name="life">How long it is good for.</param>
    /// <param name="extras">What else it says.</param>
    /// <param name="key">The signing secret.</param>
    /// <param name="secrets">Secrets whose change revokes it.</param>
    public string Issue(string subject, PrincipalKind kind, TimeSpan life, TokenExtras extras, string key,
        params IEnumerable<string> secrets)
    {
        var now = time.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["sub"] = subject,
            ["kind"] = kind.ToString(),
            ["proof"] = Proof(secrets),
            ["jti"] = extras.Id.Length > 0 ? extras.Id : NewId(),
        };
        if (extras.Limits.Count > 0) claims[LimitsClaim] = JsonSerializer.Serialize(extras.Limits);
        // Beside the limits: a silo of the version before goes by those alone.
        if (extras.Roles.Count > 0) claims[RolesClaim] = JsonSerializer.Serialize(extras.Roles);
        if (extras.Job.Length > 0) claims[JobClaim] = extras.Job;
        if (extras.Profile.Length > 0) claims[ProfileClaim] = extras.Profile;
        if (extras.Mac.Length > 0) claims[MacClaim] = extras.Mac;
        if (extras.Address.Length > 0) claims[AddressClaim] = extras.Address;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            IssuedAt = now.UtcDateTime,
            Expires = (now + life).UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(Key(key), SecurityAlgorithms.HmacSha256),
        });
    }

    /// <summary>The id of a new token.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(IdLength, lowercase: true);

    /// <summary>Reads a token; null when it is malformed, forged or expired. The caller still compares the proof.</summary>
    public async Task<TokenClaims?> ReadAsync(string token, string key)
    {
        if (token.Length > Longest) return null;
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidateAudience = false,
            IssuerSigningKey = Key(key),
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            LifetimeValidator = (_, expires, _, _) => expires is { } end && end > time.GetUtcNow().UtcDateTime,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt) return null;
        if (!jwt.TryGetPayloadValue<string>("kind", out var kindText) || !Enum.TryParse<PrincipalKind>(kindText, out var kind))
            return null;
        if (!jwt.TryGetPayloadValue<string>("proof", out var proof)) return null;
        IReadOnlyList<Claim> limits = jwt.TryGetPayloadValue<string>(LimitsClaim, out var text)
            ? JsonSerializer.Deserialize<List<Claim>>(text)! : [];
        var claims = new TokenClaims(jwt.Subject, kind, proof, jwt.Id, Utc(jwt.ValidTo))
        {
            Issued = Utc(jwt.IssuedAt),
            Limits = limits,
            Roles = jwt.TryGetPayloadValue<string>(RolesClaim, out var roles) ? JsonSerializer.Deserialize<List<string>>(roles)! : [],
            Job = Text(jwt, JobClaim),
            Profile = Text(jwt, ProfileClaim),
            Mac = Text(jwt, MacClaim),
            Address = Text(jwt, AddressClaim),
        };
        return IsInTime(claims) ? claims : null;
    }

    /// <summary>True while what a token said counts.</summary>
    public bool IsInTime(TokenClaims claims)
    {
        var now = time.GetUtcNow();
        // Of a person, one that was made while a clock was far ahead would be good for so much longer. A machine's ends with its boot.
        return claims.Expires > now && (claims.Kind != PrincipalKind.User || claims.Issued <= now + MostAhead);
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static string Text(JsonWebToken token, string claim)
        => token.TryGetPayloadValue<string>(claim, out var text) ? text : "";

    /// <summary>The hash that a token carries of the secrets that revoke it.</summary>
    public static string Proof(params IEnumerable<string> secrets)
        => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(secrets.ToArray()))[..16]);

    /// <summary>True when a token's proof is that of these secrets.</summary>
    public static bool Proves(TokenClaims claims, params IEnumerable<string> secrets)
        => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(claims.Proof), Encoding.ASCII.GetBytes(Proof(secrets)));

    private static SymmetricSecurityKey Key(string secret) => new(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
