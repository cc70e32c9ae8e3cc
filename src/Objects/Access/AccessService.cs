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
        => _tokens.Issue(user.Name, PrincipalKind.User, life, new TokenExtras { Limits = limits }, Prefs["baseTokenSecret"],
            Prefs["systemGrantorSecret"], user.Secret);

    /// <inheritdoc/>
    public async Task<BootTokens> ForBootAsync(Machine? machine, Stranger stranger)
    {
        var secrets = await SecretsAsync(machine);
        return new BootTokens(Source(secrets, stranger, ""),
            boot => Source(secrets is null ? null : secrets with { BootId = boot }, stranger, ""));
    }

    /// <inheritdoc/>
    public async Task<TokenSource> ForRenderingAsync(Machine? machine, Stranger? stranger = null, string job = "")
        => Source(await SecretsAsync(machine), stranger, job);

    /// <summary>The token of a running job (DRP v4: Job.Token), good until the job is over.</summary>
    public async Task<string> ForJobAsync(string machine, string job)
        => (await ForRenderingAsync(new Machine { Uuid = machine }, job: job))(machine, Prefs.Seconds("knownTokenTimeout"));

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
                if (secrets is null || !Tokens.Proves(claims, [grantor, secrets.Secret, secrets.BootId, .. OfJob(claims.Job)]))
                    return null;
                if (claims.Job.Length == 0)
                    return new Principal(claims.Subject, PrincipalKind.Machine, MachineClaims.Known(claims.Subject));
                return claims.Job == secrets.Job ? OfJob(claims, secrets) : null;
            default:
                return Tokens.Proves(claims, grantor)
                    ? new Principal("unknown", PrincipalKind.Unknown, MachineClaims.Unknown)
                    {
                        TokenId = claims.TokenId,
                        Mac = claims.Mac,
                        Address = claims.Address,
                    } : null;
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

    private async Task<MachineSecrets?> SecretsAsync(Machine? machine)
        => machine is null ? null
            : await GrainCalls.AskAsync(() => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(machine.Uuid)).Secrets());

    private TokenSource Source(MachineSecrets? secrets, Stranger? stranger, string job) => (uuid, life) => uuid is null
        ? _tokens.Issue("unknown", PrincipalKind.Unknown, life, Registration(stranger, life), Prefs["baseTokenSecret"],
            Prefs["systemGrantorSecret"])
        : secrets is null ? ""
            : _tokens.Issue(uuid, PrincipalKind.Machine, life, new TokenExtras { Job = job }, Prefs["baseTokenSecret"],
                [Prefs["systemGrantorSecret"], secrets.Secret, secrets.BootId, .. OfJob(job)]);

    /// <summary>A job's token is no boot's: its proof says so.</summary>
    private static string[] OfJob(string job) => job.Length == 0 ? [] : ["job " + job];

    /// <summary>
    /// One live token for each card: within its life a card's registrations have one id, and so make one machine, however often it asks.
    /// </summary>
    private TokenExtras Registration(Stranger? stranger, TimeSpan life)
    {
        if (stranger is null) return TokenExtras.None;
        var extras = new TokenExtras { Mac = stranger.Mac, Address = stranger.Address };
        if (stranger.Mac.Length == 0) return extras;
        var turn = time.GetUtcNow().ToUnixTimeSeconds() / Math.Max(1, (long)life.TotalSeconds);
        var id = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Prefs["baseTokenSecret"]),
            Encoding.UTF8.GetBytes($"registration {stranger.Mac} {turn}"));
        return extras with { Id = Convert.ToHexStringLower(id.AsSpan(0, 8)) };
    }

    /// <summary>The rights of a running job: those of its task where somebody with the right has decided what the machine runs.</summary>
    private Principal OfJob(TokenClaims claims, MachineSecrets secrets)
    {
        var task = catalog.Current.Tasks.GetValueOrDefault(secrets.Task);
        var rights = secrets.IsTrusted && task is not null
            ? MachineClaims.Task(claims.Subject, task.ExtraClaims, task.ExtraRoles, Prefs["defaultTaskRights"])
            : MachineClaims.Known(claims.Subject);
        return new Principal(claims.Subject, PrincipalKind.Machine, rights) { Job = secrets.IsTrusted ? claims.Job : "" };
    }

    private static Principal Of(User user) => new(user.Name, PrincipalKind.User, Roles.ClaimsOf(user));
}
