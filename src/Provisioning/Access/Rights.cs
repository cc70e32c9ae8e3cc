namespace Anvil.Provisioning.Access;

/// <summary>The rights of a requester, as they go along with its change to where it is known what the change comes to.</summary>
public sealed record Rights
{
    /// <summary>What it may do.</summary>
    public IReadOnlyList<Claim> Claims { get; init => field = value ?? []; } = [];

    /// <summary>What its token is limited to; empty for no limit.</summary>
    public IReadOnlyList<Claim> Limits { get; init => field = value ?? []; } = [];

    /// <summary>Those of a requester; null for one that may do everything.</summary>
    public static Rights? Of(Principal principal)
        => principal.Has(Claim.All) ? null : new Rights { Claims = principal.Claims, Limits = principal.Limits };
}
