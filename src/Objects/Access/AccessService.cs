using System.Net;
using System.Security.Cryptography;
using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Objects.Access;

/// <summary>Makes tokens, and tells who holds one or has a password.</summary>
public sealed partial class AccessService(GrainFinder grains, ICatalog catalog, PasswordDesk desk, TimeProvider time,
    ILogger<AccessService> logger) : ITokens
{
    private readonly ProvenPasswords _proven = new();
    private readonly Tokens _tokens = new(time);
    private readonly ReadTokens _read = new(time);

    private Prefs Prefs => catalog.Current.Prefs;

    /// <summary>The signing secret. Without one nothing is signed, and nobody proves anything.</summary>
    private string Key => Prefs["baseTokenSecret"] is { Length: > 0 } key ? key
        : throw new ApiException(new ApiError("preferences", "baseTokenSecret", "AUTH",
            ["the stored baseTokenSecret cannot be used: set it, by a password, or start the silo anew, which makes one"], 503));

    /// <summary>A token for a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="life">How long it is good for.</param>
    /// <param name="limits">The rights of the user that it is limited to; none for no limit.</param>
    /// <param name="roles">Roles whose rights the limits are, as long as the roles have them; none for other limits.</param>
    /// <param name="id">The token's id.</param>
    public string ForUser(User user, TimeSpan life, IReadOnlyList<Claim> limits, IReadOnlyList<string> roles, string id)
        => _tokens.Issue(user.Name, PrincipalKind.User, life, new TokenExtras { Limits = limits, Roles = roles, Id = id }, Key,
            Prefs["systemGrantorSecret"], user.Secret);

    /// <summary>Who was let in, with what its tenants let it reach by now.</summary>
    public Principal Now(Principal principal)
        => principal.Kind == PrincipalKind.User ? principal with { Reach = catalog.Current.ReachOf(principal.Name) } : principal;

    /// <inheritdoc/>
    public async Task<BootTokens> ForBootAsync(Machine? machine, Stranger stranger)
    {
        var secrets = await SecretsAsync(machine);
        return new BootTokens(Source(secrets, stranger, ""),
            boot => Source(secrets is null ? null : secrets with { BootId = boot }, stranger, ""));
    }

    /// <inheritdoc/>
    public async Task<TokenSource> ForRenderingAsync(Machine? machine, Stranger? stranger = null, string job = "")
    {
        var secrets = await SecretsAsync(machine);
        // A core of the version before knows of no tokens of jobs, and a job that is over has none: the boot's then.
        return Source(secrets, stranger, secrets?.Job == job ? job : "");
    }

    /// <summary>The token of a running job (DRP v4: Job.Token), good until the job is over.</summary>
    public async Task<string> ForJobAsync(string machine, string job)
        => (await ForRenderingAsync(new Machine { Uuid = machine }, job: job))(machine, Prefs.Seconds("knownTokenTimeout"), "");

    /// <summary>Who holds a token; null when it is forged, expired or revoked.</summary>
    public async Task<Admission?> ByTokenAsync(string token)
    {
        if (await _read.ReadAsync(token, Key) is not { } claims) return null;
        var grantor = Prefs["systemGrantorSecret"];
        switch (claims.Kind)
        {
            case PrincipalKind.User:
                var now = catalog.Current;
                return now.Users.TryGetValue(claims.Subject, out var user) && Tokens.Proves(claims, grantor, user.Secret)
                    && user.Revoked?.ContainsKey(claims.TokenId) != true
                    ? new Admission(now.PrincipalOf(user) with
                    {
                        Limits = Limits(claims, now),
                        TokenId = claims.TokenId,
                        TokenRoles = claims.Roles,
                        TokenEnds = claims.Expires,
                    }, token, user) : null;
            case PrincipalKind.Machine:
                var secrets = await GrainCalls.AskAsync(() => grains.Machine(claims.Subject).Secrets());
                if (secrets is null || !Tokens.Proves(claims, [grantor, secrets.Secret, secrets.BootId, .. OfJob(claims.Job)]))
                    return null;
                if (claims.Job.Length > 0 && claims.Job != secrets.Job) return null;
                var machine = claims.Job.Length > 0 ? OfJob(claims, secrets)
                    : new Principal(claims.Subject, PrincipalKind.Machine, MachineClaims.Known(claims.Subject));
                if (claims.Profile.Length > 0 && secrets.IsTrusted
                    && (secrets.Profiles is null
                        || ProfileTokens.MayHave(claims.Profile, secrets.Profiles, secrets.Stage, catalog.Current)))
                    machine = machine with { Claims = [.. machine.Claims, .. MachineClaims.OfProfile(claims.Profile)] };
                return new Admission(machine with { IsUnapproved = !secrets.IsTrusted }, token, null);
            default:
                if (!Tokens.Proves(claims, grantor)) return null;
                var unknown = new Principal("unknown", PrincipalKind.Unknown, MachineClaims.Unknown)
                {
                    TokenId = claims.TokenId,
                    Mac = claims.Mac,
                    Address = claims.Address,
                };
                return new Admission(unknown, token, null);
        }
    }

    /// <summary>
    /// Who has this name and password. Whether there is such a user makes no difference to what a wrong password costs and is answered.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="password">The password.</param>
    /// <param name="source">Where it comes from; null for a local socket.</param>
    /// <param name="cancellation">The one who asks is gone.</param>
    public async Task<SignIn> ByPasswordAsync(string name, string password, IPAddress? source, CancellationToken cancellation)
    {
        // Nothing to look at, whoever it is for.
        if (password.Length is 0 or > Passwords.Longest || name.Length > NameRules.Longest) return SignIn.Denied;
        var user = catalog.Current.Users.GetValueOrDefault(name);
        var hash = user?.PasswordHash ?? "";
        var digest = _proven.DigestOf(name, hash, password);
        var now = time.GetUtcNow();
        if (user is not null && _proven.IsFresh(digest, now)) return Admitted(user);
        var (right, wait) = await desk.VerifyAsync(name, password, hash, digest, source, _proven.IsKnown(digest, now), cancellation);
        if (wait is not null) return new SignIn(null, wait);
        if (hash.Length > 0 && !Passwords.IsHash(hash)) LogNoHash(name);
        if (!right || user is null) return SignIn.Denied;
        _proven.Add(digest, time.GetUtcNow());
        return Admitted(user);
    }

    /// <summary>
    /// Why what somebody was let in by is good no longer: its time is over, it was revoked, the user is gone, or has another password or
    /// other rights. Null while it is.
    /// </summary>
    public async Task<string?> EndedAsync(Admission admission)
    {
        if (admission.User is { } then)
        {
            if (!catalog.Current.Users.TryGetValue(then.Name, out var now)) return "the user is gone";
            if (now.PasswordHash != then.PasswordHash || now.Secret != then.Secret) return "the user's password was changed";
            if (!now.Roles.SequenceEqual(then.Roles, StringComparer.Ordinal)) return "the user's roles were changed";
            if (!catalog.Current.PrincipalOf(now).Claims.SequenceEqual(admission.Principal.Claims))
                return "the user's rights were changed";
        }

        if (admission.Token.Length == 0) return null;
        try
        {
            if (await ByTokenAsync(admission.Token) is not { } fresh) return "the token has expired, or was revoked";
            return fresh.Principal.Claims.SequenceEqual(admission.Principal.Claims)
                && fresh.Principal.Limits.SequenceEqual(admission.Principal.Limits) ? null : "the rights that it gives were changed";
        }
        catch (Exception e) when (e is OrleansException || DatabaseFailure.Is(e))
        {
            // Nobody can say so at the moment; it is asked again.
            return null;
        }
    }

    private SignIn Admitted(User user) => new(new Admission(catalog.Current.PrincipalOf(user), "", user), null);

    private async Task<MachineSecrets?> SecretsAsync(Machine? machine)
        => machine is null ? null
            : await GrainCalls.AskAsync(() => grains.Machine(machine.Uuid).Secrets());

    private TokenSource Source(MachineSecrets? secrets, Stranger? stranger, string job) => (uuid, life, profile) => uuid is null
        ? _tokens.Issue("unknown", PrincipalKind.Unknown, life, Registration(stranger, life), Key,
            Prefs["systemGrantorSecret"])
        : secrets is null ? ""
            : _tokens.Issue(uuid, PrincipalKind.Machine, life, new TokenExtras { Job = job, Profile = profile }, Key,
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
        var id = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key),
            Encoding.UTF8.GetBytes($"registration {stranger.Mac} {turn}"));
        return extras with { Id = Convert.ToHexStringLower(id.AsSpan(0, 8)) };
    }

    /// <summary>The rights of a running job: those of its task where somebody with the right has decided what the machine runs.</summary>
    private Principal OfJob(TokenClaims claims, MachineSecrets secrets)
    {
        var rights = secrets.IsTrusted ? TaskGrants.RightsOf(secrets.Task, claims.Subject, catalog.Current)
            : MachineClaims.Known(claims.Subject);
        return new Principal(claims.Subject, PrincipalKind.Machine, rights)
        {
            Job = secrets.IsTrusted ? claims.Job : "",
            Task = secrets.IsTrusted ? secrets.Task : "",
        };
    }

    /// <summary>
    /// What a token is limited to. One that is limited to roles has no more than they have by now: without any of it, it has nothing.
    /// </summary>
    private static IReadOnlyList<Claim> Limits(TokenClaims claims, CatalogSnapshot catalog)
    {
        if (claims.Roles.Count == 0) return claims.Limits;
        var live = claims.Roles.SelectMany(catalog.ClaimsOf).ToList();
        return claims.Limits.Where(l => Claim.Cover(live, l)).ToList() is { Count: > 0 } left ? left : [Claim.Nothing];
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "user {User} cannot sign in by a password: what is stored as its hash is none; set a new password")]
    private partial void LogNoHash(string user);
}
