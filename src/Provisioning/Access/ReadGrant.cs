namespace Anvil.Provisioning.Access;

/// <summary>
/// What somebody might read when it had something done in its name later: of what it may read by then only that is read for it. So a
/// narrow token makes nothing that tells more than the token did, and rights that its user is given later are no rights of what was
/// made before.
/// </summary>
public sealed record ReadGrant
{
    /// <summary>Rights that are kept.</summary>
    public const int MostClaims = 512;

    /// <summary>Characters of them together.</summary>
    public const int MostCharacters = 64 << 10;

    private static readonly string[] Reading = ["get", "list"];

    /// <summary>What it might read.</summary>
    public IReadOnlyList<Claim> Claims { get; init => field = value ?? []; } = [];

    /// <summary>What its token was limited to; empty for no limit.</summary>
    public IReadOnlyList<Claim> Limits { get; init => field = value ?? []; } = [];

    /// <summary>The roles that the token was limited to, whose rights count as they are by now; empty for another token.</summary>
    public IReadOnlyList<string> Roles { get; init => field = value ?? []; } = [];

    /// <summary>The grant of who writes; null for who may do everything: what that is by then, its rights say.</summary>
    public static ReadGrant? Of(Signer by) => by.Rights is not { } rights ? null : new ReadGrant
    {
        Claims = Readable(rights.Claims),
        // A limit of which nothing is left would be none.
        Limits = rights.Limits.Count == 0 ? [] : Readable(rights.Limits) is { Count: > 0 } limits ? limits : [Claim.Nothing],
        Roles = by.Roles,
    };

    /// <summary>True for one that may be kept.</summary>
    public bool IsWithinBounds => Claims.Count + Limits.Count <= MostClaims
        && Claims.Concat(Limits).Sum(c => (long)c.Scope.Length + c.Specific.Length) <= MostCharacters;

    /// <summary>
    /// Somebody, limited to the grant: what it may read, each of these may read.
    /// </summary>
    /// <param name="now">Who it is by now.</param>
    /// <param name="claimsOf">The rights that a role has by now.</param>
    public IReadOnlyList<Principal> Limit(Principal now, Func<string, IReadOnlyList<Claim>> claimsOf)
    {
        var granted = now with { Limits = Claims.Count == 0 ? [Claim.Nothing] : Claims };
        if (Limits.Count == 0) return [granted];
        var left = Limits;
        if (Roles.Count > 0)
        {
            List<Claim> live = [.. Roles.SelectMany(claimsOf)];
            left = [.. Limits.Where(l => Claim.Cover(live, l))];
        }

        return [granted, now with { Limits = left.Count == 0 ? [Claim.Nothing] : left }];
    }

    private static List<Claim> Readable(IReadOnlyList<Claim> claims)
        => [.. claims.Select(c => c with { Action = ActionsOf(c) }).Where(c => c.Action.Length > 0).Distinct()];

    private static string ActionsOf(Claim claim)
        => claim.Action == "*" ? string.Join(',', Reading)
            : string.Join(',', claim.Action.Split(',').Intersect(Reading, StringComparer.Ordinal));
}
