using System.Globalization;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>What users have beside the verbs of every kind: tokens and passwords.</summary>
public sealed class UserVerbs(ObjectFloor floor, ICatalog catalog, AccessService access, PasswordDesk passwords, GrainFinder grains,
    ChangeAllowance allowance, TimeProvider time)
{
    /// <summary>Longest life of a token, in seconds: a year.</summary>
    public const int LongestLife = 31_536_000;

    private const int DefaultLife = 3600;
    private static readonly string[] ClaimWords = ["scope", "action", "specific"];

    /// <summary>Words of a token: its life, and what limits it.</summary>
    public static VerbWords TokenWords { get; } = new(["ttl", "roles", .. ClaimWords]);

    /// <summary>Words of a revocation: the token's id.</summary>
    public static VerbWords RevokeWords { get; } = new("id");

    /// <summary>
    /// A token for a user: with all its rights, or (DRP's words) no more than those of some `roles`, all of whose rights the user has, or
    /// of one claim of `scope`, `action` and `specific`. Who asks with a limited token gets one with its limits, or with narrower ones,
    /// which follows the same roles.
    /// </summary>
    /// <exception cref="ApiException">
    /// 400: a role that there is not or whose rights the user does not have, or no such life; 403: more than the requester's token is good
    /// for.
    /// </exception>
    /// <returns>The token, and its id, by which it can be revoked.</returns>
    public (string Token, string Id) Token(string name, ObjectRequest request)
    {
        request.Require("users", "token", name);
        var current = catalog.Current;
        if (!current.Users.TryGetValue(name, out var user)) throw new ApiException(ApiError.NotFound("users", name));
        ApiException Refused(string message) => new(ApiError.BadRequest("users", name, "GET", message));
        // Of oneself there is a token as long as it says no more than the one that asks.
        if (!IsOneself(name, request) && !GrantRules.MayActAs(request.Principal, user, current)) throw More(name, request);
        var ttl = DefaultLife;
        if (request.Word("ttl") is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ttl) || ttl is < 1 or > LongestLife))
            throw Refused($"ttl is a number of seconds up to {LongestLife} (a year), not {text}");
        var roles = request.Query.GetValueOrDefault("roles", [])
            .SelectMany(r => r.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal).ToList();
        // A limit that says nothing is none, and would leave the token all rights.
        if (ClaimWords.Append("roles").FirstOrDefault(w => request.Query.ContainsKey(w) && (w == "roles" ? roles.Count == 0
            : request.Word(w).Length == 0)) is { } empty)
            throw Refused($"{empty} says nothing; leave it out, or say what the token is for");
        foreach (var role in roles)
        {
            if (!current.HasRole(role)) throw Refused($"there is no role {role}");
            if (!user.Roles.Contains(role, StringComparer.Ordinal)
                && !current.ClaimsOf(role).All(c => Claim.Cover([.. current.GivenTo(user)], c)))
                throw Refused($"user {name} does not have the role {role}");
        }

        // What follows roles makes nothing that does not follow them.
        var followed = request.Principal.TokenRoles;
        if (followed.Count > 0 && roles.Find(r => !followed.Contains(r, StringComparer.Ordinal)) is { } other)
            throw new ApiException(new ApiError("users", name, "AUTH",
                [$"Cannot access {request.Place}", $"Requires: a token that is not limited to roles, or to {other} as well"], 403));
        var claims = roles.SelectMany(current.ClaimsOf).Distinct().ToList();
        // A limit of which nothing is left is none, and would leave the token all rights.
        if (roles.Count > 0 && claims.Count == 0) claims = [Claim.Nothing];
        if (ClaimWords.Any(request.Query.ContainsKey))
        {
            string Part(string word) => request.Word(word) is { Length: > 0 } part ? part : "*";
            claims = [new Claim(Part("scope"), Part("action"), Part("specific"))];
            if (roles.Count > 0) throw Refused("a token is limited by roles, or by scope, action and specific, not by both");
        }

        // What a job takes is no more than the job, whatever the user is given later.
        var own = request.Principal is { Kind: PrincipalKind.Machine } job && !job.Has(Claim.All) ? job.Claims : request.Principal.Limits;
        // So it is with whoever makes another's, or has a password that somebody without all rights has set.
        if (own.Count == 0 && claims.Count == 0 && !request.Principal.Has(Claim.All) && (!IsOneself(name, request) || user.SetByLess))
            claims = [.. current.PrincipalOf(user).Claims];
        if (own.Count > 0 && claims.Count == 0) claims = [.. own];
        if (own.Count > 0 && claims.Find(c => !own.Any(o => o.CoversAll(c))) is { } more)
            throw request.Refusal(more.Scope, more.Action, more.Specific);
        var id = Tokens.NewId();
        var token = access.ForUser(user, TimeSpan.FromSeconds(ttl), claims, roles.Count > 0 ? roles : followed, id);
        return token.Length <= Tokens.Longest ? (token, id)
            : throw Refused($"a token that is limited to so many rights is longer than {Tokens.Longest} characters: ask for one of them "
                + "(scope, action, specific)");
    }

    /// <summary>Sets a user's password, which revokes its tokens.</summary>
    /// <exception cref="ApiException">400: no password; 429: too many are being set.</exception>
    public async Task<ObjectAnswer> SetPasswordAsync(string name, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        var found = await floor.RequireAsync("users", name, "password", "PUT", request, cancellation);
        ObjectFloor.CheckConditions(found, "users", "PUT", request);
        name = found.Document.Key;
        var wanted = body.IsEmpty ? new PasswordBody() : DocumentReader.Read<PasswordBody>(body.Span, "users", "PUT", name);
        if (wanted.Password.Length == 0) throw new ApiException(ApiError.BadRequest("users", name, "PUT", "Password must not be empty"));
        if (wanted.Password.Length > Passwords.Longest)
            throw new ApiException(ApiError.BadRequest("users", name, "PUT", $"a password has at most {Passwords.Longest} characters"));
        if (catalog.Current.Users.TryGetValue(name, out var user) && !GrantRules.MayActAs(request.Principal, user, catalog.Current))
            throw More(name, request);
        allowance.Take(request.Principal, "users", name);
        var hash = await passwords.HashAsync(name, wanted.Password, cancellation)
            ?? throw new ApiException(new ApiError("users", name, "PUT", ["too many passwords are being set; try again"], 429));
        var patch = new JsonArray(
            new JsonObject { ["op"] = "replace", ["path"] = "/PasswordHash", ["value"] = hash },
            new JsonObject { ["op"] = "replace", ["path"] = "/Secret", ["value"] = Guid.NewGuid().ToString("N") });
        var change = new CatalogPatch("users", name, patch.ToJsonString(Json.Options), request.TermsOf(found));
        var answer = await GrainCalls.ActAsync(() => grains.Catalog.Amend(change));
        if (answer.Error is null) await catalog.AtLeastAsync(answer.Revision, cancellation);
        return floor.Answer(new ChangedObject(answer.Status, answer.Document, answer.Error, ""), request);
    }

    /// <summary>
    /// Revokes one token of a user by its id (the word `id`; without it the one that the request came with). Whoever may make such tokens
    /// may end them, and everybody the one that it has.
    /// </summary>
    /// <exception cref="ApiException">
    /// 400: no token's id; 403; 404: no such user; 422: so many are revoked one by one that the user's Secret has to be changed.
    /// </exception>
    public async Task<ObjectAnswer> RevokeAsync(string name, ObjectRequest request, CancellationToken cancellation)
    {
        var asked = request.Word("id");
        var own = IsOneself(name, request) ? request.Principal.TokenId : "";
        var isOwn = own.Length > 0 && (asked.Length == 0 || asked == own);
        if (!isOwn) request.Require("users", "token", name);
        var id = isOwn ? request.Principal.TokenId : asked;
        if (id.Length != Tokens.IdLength || !id.All(char.IsAsciiHexDigitLower))
            throw new ApiException(ApiError.BadRequest("users", name, "DELETE",
                $"id is that of a token: {Tokens.IdLength} digits, as X-Anvil-Token-Id told it (jti in the token)"));
        var current = catalog.Current;
        if (!current.Users.TryGetValue(name, out var user)) throw new ApiException(ApiError.NotFound("users", name, "DELETE"));
        if (!IsOneself(name, request) && !GrantRules.MayActAs(request.Principal, user, current)) throw More(name, request);
        allowance.Take(request.Principal, "users", name);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        // Of one that somebody else has, nobody knows how long it lives.
        var ends = isOwn ? request.Principal.TokenEnds.ToUnixTimeSeconds() + 1 : now + LongestLife;
        // A silo whose clock is behind takes it for so much longer, and may have made it later than it is here.
        ends += 2 * (long)Tokens.MostAhead.TotalSeconds;
        var answer = await GrainCalls.ActAsync(() => grains.Catalog.Revoke(new TokenRevocation(name, id, ends, now, request.Terms())));
        if (answer.Error is { } error) throw new ApiException(error);
        await catalog.AtLeastAsync(answer.Revision, cancellation);
        return ObjectAnswer.Empty;
    }

    private static bool IsOneself(string name, ObjectRequest request)
        => request.Principal.Kind == PrincipalKind.User && request.Principal.Name == name;

    private static ApiException More(string name, ObjectRequest request)
        => new(new ApiError("users", name, "AUTH",
            [$"Cannot access {request.Place}",
                "Requires: every right that the user has, since who sets its password or has its token has them"], 403));

    /// <summary>The body of a change of a password.</summary>
    private sealed record PasswordBody
    {
        /// <summary>The new password.</summary>
        public string Password { get; init => field = value ?? ""; } = "";
    }
}
