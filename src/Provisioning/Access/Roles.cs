namespace Anvil.Provisioning.Access;

/// <summary>The roles that there are, and the rights of each (DRP: `superuser` is built in).</summary>
public static class Roles
{
    /// <summary>The role that may do everything.</summary>
    public const string Superuser = "superuser";

    /// <summary>True for a role that there is.</summary>
    public static bool Exists(string role) => role == Superuser;

    /// <summary>The rights of a role; none for one that there is not.</summary>
    public static IReadOnlyList<Claim> ClaimsOf(string role) => role == Superuser ? [Claim.All] : [];

    /// <summary>The rights of a user: those of its roles, and what everybody may do with its own name.</summary>
    public static IReadOnlyList<Claim> ClaimsOf(User user)
        => [.. user.Roles.SelectMany(ClaimsOf), new Claim("users", "get,token,password", user.Name), new Claim("info", "get", "*")];
}
