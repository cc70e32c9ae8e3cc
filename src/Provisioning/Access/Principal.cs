
namespace Anvil.Provisioning.Access;

/// <summary>Who makes a request.</summary>
public enum PrincipalKind
{
    /// <summary>A person or program with a user name.</summary>
    User,

    /// <summary>A known machine.</summary>
    Machine,

    /// <summary>A machine that is not known yet: may create one machine.</summary>
    Unknown,
}

/// <summary>An authenticated requester and its rights.</summary>
/// <param name="Name">User name, machine uuid, or the address of an unknown machine.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Claims">Its rights.</param>
public sealed record Principal(string Name, PrincipalKind Kind, IReadOnlyList<Claim> Claims)
{
    /// <summary>Id of the token that it came with; "" without one.</summary>
    public string TokenId { get; init; } = "";

    /// <summary>True when one of the claims covers the wanted right.</summary>
    public bool May(string scope, string action, string specific) => Claims.Any(c => c.Covers(scope, action, specific));
}
