using Anvil.Provisioning.Access;

namespace Anvil.Objects.Access;

/// <summary>What came of a name and a password.</summary>
/// <param name="Admission">Who was let in; null for nobody.</param>
/// <param name="RetryAfter">Set when the password was not looked at: try again after so long.</param>
public sealed record SignIn(Admission? Admission, TimeSpan? RetryAfter)
{
    /// <summary>Nobody has this name and password.</summary>
    public static SignIn Denied { get; } = new(null, null);

    /// <summary>True for who may see Orleans' dashboard.</summary>
    public bool MaySeeDashboard => Admission?.Principal is { Reach.IsLimited: false } who && who.May("system", "get", "dashboard");

    /// <summary>Whole seconds for Retry-After (RFC 9110 section 10.2.3), at least 1.</summary>
    public static long Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
}

/// <summary>Who was let in, and by what: it may end while something still goes on.</summary>
/// <param name="Principal">Who, with its rights.</param>
/// <param name="Token">The token; "" for a password.</param>
/// <param name="User">The user as it was; null for a machine.</param>
public sealed record Admission(Principal Principal, string Token, User? User);
