namespace Anvil.Provisioning.Access;

/// <summary>The role that is built in (DRP), and what bounds the others: each request looks through the rights of who asks.</summary>
public static class Roles
{
    /// <summary>The role that may do everything, whatever else is stored under its name.</summary>
    public const string Superuser = "superuser";

    /// <summary>Where the built-in role is said to come from (DRP's lowest layer).</summary>
    public const string BuiltInBundle = "BasicStore";

    /// <summary>Rights of one role.</summary>
    public const int MostClaims = 128;

    /// <summary>Characters of one role's rights together.</summary>
    public const int MostCharacters = 32 * 1024;

    /// <summary>Roles of one user, or of one task.</summary>
    public const int MostOfUser = 16;

    /// <summary>
    /// What of a role is beyond the bounds, in words; nothing where it is within them. It takes no longer than reading it.
    /// </summary>
    public static IReadOnlyList<string> Beyond(Role role) =>
    [
        .. role.Claims.Count > MostClaims
            ? [$"Claims: {role.Claims.Count} are more than the {MostClaims} that there may be"] : (string[])[],
        .. role.Claims.Sum(c => (long)c.Scope.Length + c.Action.Length + c.Specific.Length) > MostCharacters
            ? [$"Claims: they have at most {MostCharacters} characters together"] : (string[])[],
        .. PartsProblem("Claims", role.Rights),
    ];

    /// <summary>Why some rights name too much to be looked at one by one; nothing where they do not.</summary>
    /// <param name="field">Where they stand.</param>
    /// <param name="rights">The rights.</param>
    public static IEnumerable<string> PartsProblem(string field, IEnumerable<Claim> rights)
        => rights.Sum(right => (long)right.Parts) > Claim.MostParts
            ? [$"{field}: they name more than {Claim.MostParts} things, each kind with each action on each key: name them by *"] : [];

    /// <summary>The built-in role.</summary>
    public static Role BuiltIn { get; } = new()
    {
        Name = Superuser,
        Claims = [new RoleClaim { Scope = "*", Action = "*", Specific = "*" }],
        ReadOnly = true,
        Bundle = BuiltInBundle,
        Validated = true,
        Available = true,
    };

    /// <summary>What everybody may do with its own name.</summary>
    public static IReadOnlyList<Claim> Own(string user) => [new("users", "get,token,password", user), new("info", "get", "*")];
}
