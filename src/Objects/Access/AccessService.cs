using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Access;

/// <summary>Makes tokens, and tells who holds one. Passwords that were right are remembered for two minutes, as a keyed hash.</summary>
public sealed class AccessService(IGrainFactory grains, ICatalog catalog, TimeProvider time) : ITokens
{
    private static readonly TimeSpan PasswordMemory = TimeSpan.FromMinutes(2);
    private const int MostRemembered = 10_000;
    private readonly byte[] _memoryKey = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _remembered = new(StringComparer.Ordinal);
    private readonly Tokens _tokens = new(time);

    private Prefs Prefs => catalog.Current.Prefs;

    /// <summary>A token for a user, limited to some of its rights; none for no limit.</summary>
    public string ForUser(User user, TimeSpan life, IReadOnlyList<Claim> limits)
        => _tokens.Issue(user.Name, PrincipalKind.User, life, limits, Prefs["baseTokenSecret"], Prefs["systemGrantorSecret"], user.Secret);

    /// <inheritdoc/>
    public async Task<TokenSource> ForRenderingAsync(Machine? machine)
    {
        var secrets = machine is null ? null
            : await GrainCalls.AskAsync(() => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(machine.Uuid)).Secrets());
        return (uuid, life) => uuid is null
            ? _tokens.Issue("unknown", PrincipalKind.Unknown, life, Prefs["baseTokenSecret"], Prefs["systemGrantorSecret"])
            : secrets is null ? ""
                : _tokens.Issue(uuid, PrincipalKind.Machine, life, Prefs["baseTokenSecret"], Prefs["systemGrantorSecret"], secrets.Secret,
                    secrets.BootId);
    }

    /// <summary>Who holds a token; null when it is forged, expired or revoked.</summary>
    public async Task<Principal?> ByTokenAsync(string token)
    {
        if (await _tokens.ReadAsync(token, Prefs["baseTokenSecret"]) is not { } claims) return null;
        var grantor = Prefs["systemGrantorSecret"];
        switch (claims.Kind)
        {
            case PrincipalKind.User:
                return catalog.Current.Users.TryGetValue(claims.Subject, out var user) && Tokens.Proves(claims, grantor, user.Secret)
                    ? Of(user) with { Limits = claims.Limits, TokenId = claims.TokenId } : null;
            case PrincipalKind.Machine:
                var secrets = await GrainCalls.AskAsync(() => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(claims.Subject)).Secrets());
                return secrets is not null && Tokens.Proves(claims, grantor, secrets.Secret, secrets.BootId)
                    ? new Principal(claims.Subject, PrincipalKind.Machine, MachineClaims.Known(claims.Subject)) : null;
            default:
                return Tokens.Proves(claims, grantor)
                    ? new Principal("unknown", PrincipalKind.Unknown, MachineClaims.Unknown) { TokenId = claims.TokenId } : null;
        }
    }

    /// <summary>Who has this name and password; null when nobody has.</summary>
    public Principal? ByPassword(string name, string password)
    {
        if (!catalog.Current.Users.TryGetValue(name, out var user) || user.PasswordHash.Length == 0) return null;
        var memory = Convert.ToHexString(
            HMACSHA256.HashData(_memoryKey, Encoding.UTF8.GetBytes($"{user.Name}\0{user.PasswordHash}\0{password}")));
        var now = time.GetUtcNow();
        if (_remembered.TryGetValue(memory, out var until) && until > now) return Of(user);
        if (!Passwords.Verify(password, user.PasswordHash)) return null;
        if (_remembered.Count > MostRemembered) _remembered.Clear();
        _remembered[memory] = now + PasswordMemory;
        return Of(user);
    }

    private static Principal Of(User user) => new(user.Name, PrincipalKind.User, Roles.ClaimsOf(user));
}
