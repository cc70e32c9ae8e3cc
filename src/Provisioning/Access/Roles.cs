namespace Anvil.Provisioning.Access;

/// <summary>The role that is built in (DRP), and what bounds the others: each request looks through the rights of who asks.</summary>
public static class Roles
{
    /// <summary>The role that may do everything, whatever else is stored under its name.</summary>
    public const string Superuser = "superuser";

    /// <summary>Where the built-in role is said to come from (DRP's lowest layer).</summary>
    public const string BuiltInBundle = "BasicStore";

    /// <summary>Rights of one role.</summary>
    public const int MostClaims = 256;

    /// <summary>Characters of one role's rights together.</summary>
    public const int MostCharacters = 32 * 1024;

    /// <summary>Roles of one user.</summary>
    public const int MostOfUser = 32;

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
